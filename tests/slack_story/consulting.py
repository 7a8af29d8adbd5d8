"""A person consults, by every way there is; the prefecture takes it, answers, moves it, closes it."""

from bot.platforms.slack.texts import escaped
from tests.slack_fake import BOT
from tests.slack_story.stage import HELP, PATIENCE, STRANGER, Teller
from tests.slack_story.words import (
    LUNCH,
    MY_NUMBER,
    PHONE,
    SIGNS,
    consultation,
    in_days,
    long_text,
)

MEMOS = 48
SAFE = "個人の番号ではないので、このまま送る"


def consult_by_command(t: Teller) -> str:
    """/soudan with words: a day that is over comes back with a sentence at its field."""
    t.command("yamada", "/soudan", f"年度の途中から入れますか {SIGNS}")
    assert "年度の途中から入れますか" in str(t.opens("yamada", "急ぎ度"))
    t.fill("yamada", consultation("年度途中の参加 <!here>", 希望期限=in_days(-9)))
    t.opens("yamada", "今日からあとの日付を選んでください")
    assert t.errors("yamada")
    number = t.sends("yamada", {"希望期限": in_days(40)})
    t.sees("yamada", "<!here>", number)
    t.sees("kishimoto", "<!here>", "地域リエゾン")
    return number


def be_answered(t: Teller, number: str) -> None:
    """Taken, a memo, a reply with its preview, more words, told by phone, closed, opened again."""
    thread = f"電子申請/{number}"
    t.press("mori", "担当になる", thread)
    t.sees("mori", "森 佳奈さんが担当になりました", thread)
    t.sees("yamada", "森 佳奈", number)
    t.say("mori", f"運営会社に確認中です {SIGNS}", thread)

    t.press("mori", "多可町へ返信", thread)
    t.opens("mori", "次の画面で")
    t.fill("mori", {"返信": f"できます。 {SIGNS}"})
    t.opens("mori", "このとおり届きます")
    t.fix("mori")
    t.opens("mori", "次の画面で")
    t.fill("mori", {"返信": f"申込みから2か月ほどです。 {SIGNS}"})
    t.opens("mori", "申込みから2か月ほどです")
    t.confirm("mori")
    t.sees("yamada", "申込みから2か月ほどです", number)
    t.sees("mori", "送信済", thread)

    t.say("yamada", f"来月中に申し込みます {SIGNS}", number)
    t.sees("mori", "来月中に申し込みます", thread)
    t.press("mori", "電話・対面・メールで答えた", thread)
    t.opens("mori", "どうやって")
    t.fill("mori", {"どうやって": "電話", "答えた内容（1行）": f"参加できます {SIGNS}"})
    t.sees("yamada", "電話でお答えしたことの控え", number)

    t.press("mori", "完了にする", thread)
    t.sees("yamada", "完了しました", number)
    t.say("yamada", f"もう一つ聞かせてください {SIGNS}", number)
    t.sees("mori", "完了した相談の続きです", thread)
    t.press("yamada", "解決した", number)
    t.sees("mori", "相談した人が「解決した」を押しました", thread)
    t.close("mori")


def consult_with_numbers(t: Teller) -> None:
    """From the shortcut: a My Number and a phone number in the form come back with what to do."""
    t.shortcut("ueda")
    t.opens("ueda", "急ぎ度")
    t.fill("ueda", consultation("番号", 内容=f"マイナンバー {MY_NUMBER} です {SIGNS}"))
    t.opens("ueda", "保存もしていません")
    t.fill("ueda", {"内容": f"窓口は {PHONE} です {SIGNS}"})
    t.opens("ueda", "電話番号のような数字")
    number = t.sends("ueda", {"電話番号のような数字": SAFE, "分野": "わからない"})
    t.sees("kishimoto", "窓口は", f"地域リエゾン/{number}")


def consult_from_an_answer(t: Teller) -> None:
    """相談する below what nobody knows, for the person in charge alone."""
    t.say("kobe1", LUNCH)
    t.press("kobe1", "相談する")
    t.opens("kobe1", "急ぎ度")
    number = t.sends("kobe1", consultation("内密", 扱い=["担当だけで扱う"], 急ぎ度="至急"))
    thread = f"電子申請/{number}"
    t.press("mori", "担当になる", thread)
    t.press("mori", "市町へ返信", thread)
    t.opens("mori", "次の画面で")
    t.fill("mori", {"返信": f"承知しました {SIGNS}"})
    t.opens("mori", "このとおり届きます")
    t.confirm("mori")
    t.sees("kobe1", "承知しました", number)
    t.say("kobe1", f"ありがとう {SIGNS}", number)
    t.sees("mori", "市町から届きました", thread)
    t.press("mori", "内容とやりとりを見る", thread)
    t.opens("mori", "承知しました")
    t.close("mori")


def consult_as_a_stranger(t: Teller) -> str:
    """Somebody the directory does not know says who he is first."""
    t.say(STRANGER, "ヘルプ")
    t.press(STRANGER, "相談する")
    t.opens(STRANGER, "課の名前")
    who = {"市町": "洲本市", "課の名前": "企画課 <!here>", "お名前": "田中 <@U1>"}
    number = t.sends(STRANGER, {**who, **consultation("はじめて", 分野="窓口DX")})
    t.sees("mori", "本人の申告・名簿で未確認", f"窓口DX/{number}")
    return number


def consult_at_length(t: Teller) -> None:
    """Made of somebody's long message; it is talked about at length, looked at, and moves."""
    ts = t.writes("nakamura", escaped(f"窓口は {PHONE} です。{long_text(4900)}"))
    t.make_it_one("nakamura", ts)
    t.opens("nakamura", "内容（つづき）")
    t.fill("nakamura", {"件名": "長い相談", "分野": "標準化"})
    t.opens("nakamura", "電話番号のような数字")  # too much for an acknowledgement
    number = t.sends("nakamura", {"電話番号のような数字": SAFE})
    thread = f"標準化/{number}"
    t.sees("sakamoto", "つづきは、この下にあります", thread)
    for n in range(MEMOS):
        t.say("sakamoto", f"{n + 1}件目。{long_text(270)}", thread)

    t.press("sakamoto", "内容とやりとりを見る", thread)
    t.opens("sakamoto", "つづきを見る")
    t.press("sakamoto", "つづきを見る")
    t.opens("sakamoto", f"{MEMOS}件目。")
    t.close("sakamoto")

    t.press("sakamoto", "分野を変える", thread)
    t.opens("sakamoto", "新しい分野")
    t.fill("sakamoto", {"新しい分野": "財源制度"})
    t.sees("nishida", f"{MEMOS}件目。", f"財源制度/{number}")
    t.sees("sakamoto", "財源制度の部屋へ移りました", "標準化")
    t.say("sakamoto", "ここに書いても届きません", thread)
    t.until(lambda: "別の部屋へ移りました" in t.alone("sakamoto"), "it is said so")
    reply_at_length(t, f"財源制度/{number}", number)


def reply_at_length(t: Teller, thread: str, number: str) -> None:
    """A letter as long as it may be: its preview is more than fits a frame of the socket."""
    t.press("nishida", "姫路市へ返信", thread)
    t.opens("nishida", "次の画面で")
    t.fill("nishida", {"返信": long_text(3000)})
    t.opens("nishida", "このとおり届きます")
    t.confirm("nishida")
    t.sees("nakamura", "返信がありました", number)
    t.close("nishida")


def consult_again(t: Teller, subject: str) -> str:
    t.shortcut("okuda")
    t.opens("okuda", "急ぎ度")
    return t.sends("okuda", consultation(subject))


def come_too_late(t: Teller) -> None:
    """The trigger has died: the form is offered in the own talk."""
    t.fake.trigger_life = 0.0
    t.shortcut("okuda")
    t.sees("okuda", "用紙を開けませんでした")
    t.fake.trigger_life = PATIENCE
    t.press("okuda", "用紙を開く")
    t.opens("okuda", "急ぎ度")
    view = t.fake.modal_of("UOKUDA") or {}
    t.sends("okuda", consultation("おそくなりました"))
    t.fake.screens.push("UOKUDA", view)  # the same form, left open on another device
    t.fill("okuda", consultation("もう一度"))
    t.opens("okuda", "もう送られたか閉じています")
    t.close("okuda")


def lose_answers(t: Teller) -> tuple[str, str]:
    """Slack takes two messages and its answers get lost: in a talk, and in a thread."""
    t.until(t.all_is_sent, "the ledger is empty")
    t.fake.fault("chat.postMessage", times=2, drop="after")
    t.say("iwata", "ヘルプ")
    t.sees("iwata", "できること")
    root = t.writes("iwata", "ちょっと聞いてみます")
    t.writes("iwata", f"<@{BOT}> ヘルプ", thread=root)
    t.until(lambda: t.answers(HELP, root), "it stands in the thread")
    return "DIWATA", root


def find_them_again(t: Teller, talk: str, root: str) -> None:
    """The desk has looked before it posted again: each stands there once."""

    def read_again(method: str, channel: str) -> bool:
        return any(
            call["arguments"].get("include_all_metadata")
            and call["arguments"]["channel"] == channel
            for call in t.fake.calls(method)
        )

    t.until(lambda: read_again("conversations.history", talk), "a look into the talk")
    t.until(lambda: read_again("conversations.replies", HELP), "a look into the thread")
    t.say("iwata", "ありがとう")
    t.sees("iwata", "お役に立ててよかったです")
    assert t.read("iwata").count("できること") == 1
    assert len(t.answers(HELP, root)) == 1
