"""A person asks, in private and among others; what is not to be sent is stopped."""

from tests.slack_fake import BOT, dm_of
from tests.slack_story.stage import HELP, Teller
from tests.slack_story.words import FEE, LUNCH, MANY, MY_NUMBER, PHONE, SIGNS, WIDE


def ask(t: Teller) -> None:
    """An answer, and all that can be done with it."""
    t.say("yamada", FEE)
    t.sees("yamada", "12,500円")
    t.press("yamada", "開く")  # its source
    t.opens("yamada", "出典")
    t.close("yamada")
    t.press("yamada", "なぜこの回答？")
    t.sees("yamada", "この回答を選んだわけ")
    t.press("yamada", "起案用にコピー")
    t.sees("yamada", "起案用の文です")
    t.press("yamada", "内容が古い・誤り")
    t.sees("yamada", "この項目の担当へ伝えました")
    t.sees("mori", "古い・誤りではないか", "電子申請")
    t.press("mori", "いまの答えを見る", "電子申請")

    t.say("ueda", FEE)
    t.press("ueda", "聞きたいことと違う")
    t.sees("ueda", "言い方を変えるか")
    t.press("ueda", "e-ひょうご")  # a related entry
    t.press("ueda", "解決した")
    t.sees("ueda", "「解決した」を受け取りました")


def choose(t: Teller) -> None:
    """Several could be meant: a typed number, a button, none of these; and what nobody knows."""
    t.say("okuda", MANY)
    t.sees("okuda", "どれについて知りたいですか")
    t.press("okuda", "なぜこの回答？")
    t.sees("okuda", "候補を並べたわけ")
    t.say("okuda", "2")
    t.press("okuda", "解決した")
    t.sees("okuda", "「解決した」を受け取りました")

    t.say("okuda", WIDE)
    t.press("okuda", "① ")
    t.sees("okuda", "聞きたいことと違う")
    t.say("okuda", WIDE)
    t.press("okuda", "どれでもない")
    t.sees("okuda", "手元の資料に書かれていません")

    t.say("okuda", LUNCH)
    t.say("okuda", "お世話になっております")
    t.sees("okuda", "こんにちは")
    t.press_at_home("okuda", "使い方")
    t.sees("okuda", "できること")


def ask_among_others(t: Teller) -> None:
    """Called by name in a channel: one answer, in the thread, however often Slack tells of it."""
    ts = t.writes("nakamura", f"<@{BOT}> {FEE} <!here> <@U1> を呼んで")
    t.fake.send("app_mention", user="UNAKAMURA", channel=HELP, text=FEE, ts=ts)
    t.until(lambda: t.answers(HELP, ts), "an answer in the thread")
    t.writes("nakamura", f"<@{BOT}> {LUNCH}", thread=ts)
    t.until(lambda: len(t.answers(HELP, ts)) > 1, "the next answer there")
    assert len(t.answers(HELP, ts)) == 2


def be_stopped(t: Teller) -> None:
    """Numbers of people: not sent, not kept, shown to who wrote them alone."""
    t.say("yamada", f"マイナンバー {MY_NUMBER} の人の期限は {SIGNS}")
    t.sees("yamada", "送っていません。保存もしていません")
    ts = t.writes("yamada", f"<@{BOT}> マイナンバー {MY_NUMBER} の人は")
    t.until(lambda: t.fake.calls("chat.postEphemeral")[-1]["arguments"]["channel"] == HELP, "it")
    assert not t.answers(HELP, ts)

    t.say("ueda", f"{PHONE} に電話すれば標準化の期限がわかりますか {SIGNS}")
    heard = len(t.answers(dm_of("UUEDA")))
    t.press("ueda", "このまま送る")  # its words are read from Slack
    t.until(lambda: len(t.answers(dm_of("UUEDA"))) > heard, "the answer")
    assert t.fake.calls("conversations.history")
    root = t.writes("ueda", "窓口の電話はどこですか")
    t.writes("ueda", f"<@{BOT}> {PHONE} で合っていますか", thread=root)
    shown = t.fake.ephemerals_for("UUEDA")
    t.until(lambda: len(t.fake.ephemerals_for("UUEDA")) > len(shown) - 1, "the question")
    _send_anyway(t, "ueda")
    t.until(lambda: t.answers(HELP, root), "the answer in the thread")

    t.say("okuda", "長い文です。" * 900)
    t.sees("okuda", "5,000字までにしてください")


def _send_anyway(t: Teller, who: str) -> None:
    """On what this person alone was shown in a channel."""
    user = f"U{who.upper()}"

    def asked() -> list[str]:
        return [
            e["action_id"]
            for e in t.fake.ephemerals_for(user)[-1]["blocks"][-1].get("elements", ())
            if "send_anyway" in str(e.get("action_id"))
        ]

    t.until(lambda: t.fake.ephemerals_for(user)[-1]["channel"] == HELP and asked(), "the question")
    t.fake.press(user, t.fake.ephemerals_for(user)[-1], asked()[0])
    t.pressed.add("send_anyway")


def enter_the_page(t: Teller) -> None:
    t.say("yamada", "ページを開く")
    t.sees("yamada", "ページの入口です")
    t.press("yamada", "すべての画面から出る")
    t.sees("yamada", "入っていた画面をすべて閉じました")
    t.press_at_home("yamada", "ページを開く")
    assert dm_of("UYAMADA") in {c["arguments"]["channel"] for c in t.fake.calls("chat.postMessage")}
