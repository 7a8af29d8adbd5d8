"""Some municipalities are in talks that no process reaches: the office carries, out of its own talk in Slack."""

from tests.slack_story.stage import Teller
from tests.slack_story.words import FEE, SIGNS, consultation

TOWNS = ["豊岡市", "相生市", "赤穂市", "芦屋市"]
TOYOOKA = "豊岡市　企画課（共用）（企画課）"
TITLE = "中継するお知らせ"


def carry_an_answer(t: Teller) -> None:
    """Pasted, answered, posted, taken back, sent as a mail; then left out."""
    t.press_at_home("hayashi", "届いた言葉を貼り付ける")
    t.opens("hayashi", "だれの言葉ですか")
    t.fill("hayashi", {"だれの言葉ですか": TOYOOKA, "届いた言葉": f"{FEE} {SIGNS}"})
    t.sees("hayashi", "「豊岡市連絡」に貼る文")
    t.press("hayashi", "投稿しました")
    t.sees("hayashi", "「豊岡市連絡」を投稿済みにしました")
    t.press("hayashi", "まだでした")
    t.sees("hayashi", "「豊岡市連絡」を中継待ちに戻しました")
    t.press("hayashi", "メールで送る文を見る")
    t.opens("hayashi", "件名：")
    t.press("hayashi", "メールで送りました")
    t.close("hayashi")
    t.sees("hayashi", "「豊岡市連絡」をメール済みにしました")


def carry_a_consultation(t: Teller) -> None:
    """Filed for who wrote the words; what says so is left out."""
    t.press_at_home("hayashi", "届いた言葉を貼り付ける")
    t.opens("hayashi", "だれの言葉ですか")
    asks = {"届いた言葉": f"相談です {SIGNS}", "どう受け取りますか": "相談として受ける"}
    t.fill("hayashi", {"だれの言葉ですか": TOYOOKA, **asks})
    t.opens("hayashi", "見える範囲")
    t.fill("hayashi", consultation("手で届いた相談"))
    t.sees("hayashi", "を受け付けました")
    t.press("hayashi", "中継しない")
    t.opens("hayashi", "わけ")
    t.fill("hayashi", {"わけ": "相手がもう読む必要がない"})
    t.sees("hayashi", "「豊岡市連絡」を中継しないことにしました")


def carry_an_announcement(t: Teller) -> None:
    """One text into four talks, and their confirmations on one screen."""
    t.press_at_home("hayashi", "お知らせを書く")
    t.opens("hayashi", "送る時刻")
    body = {"題名": TITLE, "本文": f"写して届けます。{SIGNS}"}
    t.fill("hayashi", {**body, "あて先": "市町を選ぶ", "市町": TOWNS})
    t.opens("hayashi", "届け先")
    t.confirm("hayashi")
    t.sees("fujii", TITLE, "事務局")
    t.press("fujii", "承認する", "事務局")
    t.until(lambda: t.waits("relay/", TITLE) == len(TOWNS), "four posts that wait")
    t.press_at_home("hayashi", f"「芦屋市連絡」ほか3トーク {TITLE}（きょうから）")
    t.opens("hayashi", "トークごとの状態")
    t.press("hayashi", "投稿したトークを選ぶ")
    t.opens("hayashi", "投稿したトーク")
    t.fill("hayashi", {"投稿したトーク": [f"ここにある{len(TOWNS)}トークすべて"]})
    t.until(lambda: t.waits("relay/", TITLE) == 0, "four posts that are posted")
    t.close("hayashi")
    t.press_at_home("hayashi", f"投稿済み：「芦屋市連絡」ほか3トーク {TITLE}")
    t.opens("hayashi", "トークごとの状態")
    t.press("hayashi", "「確認」の返信を入れる")
    t.opens("hayashi", "届いた返信")
    t.fill("hayashi", {"届いた返信": f"{SIGNS}\n相生市　確認しました", "確認した市町": ["赤穂市"]})
    t.opens("hayashi", "読み取れない行")
    t.confirm("hayashi")
    t.close("hayashi")
    t.sees("hayashi", "2市町を確認済みにしました")
