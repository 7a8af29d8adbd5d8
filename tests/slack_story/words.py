"""What people write, with everything in it that Slack could take for its own."""

from datetime import date, timedelta

SIGNS = "<!channel> *太字* <@U1> <#C1|help> & <b>"
"""Typed letter by letter: it is to be read so, and must call nobody."""
FEE = "e-ひょうごの利用料は月いくらですか。人口5万人未満の町です"
LUNCH = f"きょうの昼ごはんのおすすめは {SIGNS}"
MANY = "補助金はいくら"
WIDE = "研修"
PHONE = "078-341-7711"
MY_NUMBER = "1234 5678 9018"
RULE = "標準化の期限は令和7年度末です。"


def in_days(days: int) -> str:
    return (date.today() + timedelta(days=days)).isoformat()  # noqa: DTZ011  as people count


def long_text(length: int) -> str:
    """That many characters, as people write a long one: sentence after sentence, with signs in it."""
    sentence = "受付の手順と必要な書類を、窓口ごとに書き出しました。"
    one = f"{sentence * 5}{SIGNS}\n"
    return (one * (length // len(one) + 1))[:length]


def consultation(subject: str, **more: str | list[str]) -> dict[str, str | list[str]]:
    return {
        "件名": subject,
        "内容": f"令和9年1月から5件ほどを受け付けたいです。{SIGNS}",
        "分野": "電子申請",
        **more,
    }
