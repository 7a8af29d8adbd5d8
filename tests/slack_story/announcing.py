"""The office writes, a second person approves, municipalities confirm, the board says who has."""

from tests.slack_story.stage import Teller
from tests.slack_story.words import PHONE, SIGNS, in_days, long_text

TITLE = f"12月に共有します {SIGNS}"
SHOWN = "12月に共有します"
TOWNS = ["神戸市", "姫路市", "多可町"]
SAFE = "個人の番号ではないので、このまま送る"
OFFICE = "事務局"


def write(t: Teller) -> None:
    """To chosen municipalities, at a time: it comes back, is written again, approved, and goes out."""
    t.command("hayashi", "/oshirase")
    t.opens("hayashi", "送る時刻")
    body = {"題名": TITLE, "本文": f"窓口は {PHONE} です。{long_text(1900)}"}
    chosen = {"あて先": "市町を選ぶ", "市町": TOWNS, "送る日": in_days(1), "送る時刻（時）": "9"}
    t.fill("hayashi", {**body, **chosen})
    t.opens("hayashi", "電話番号のような数字")
    t.fill("hayashi", {"電話番号のような数字": SAFE})
    t.opens("hayashi", "届け先")
    t.confirm("hayashi")
    t.sees("hayashi", "承認を依頼しました")

    t.press("fujii", "差し戻す", OFFICE)
    t.press("hayashi", "書き直す", OFFICE)
    t.opens("hayashi", "送る時刻")
    t.fill("hayashi", {"本文": f"日程は追ってお知らせします。{SIGNS}"})
    t.opens("hayashi", "届け先")
    t.fix("hayashi")
    t.opens("hayashi", "送る時刻")
    t.fill("hayashi", {"題名": TITLE})
    t.opens("hayashi", "届け先")
    t.confirm("hayashi")
    t.press("fujii", "承認する", OFFICE)
    t.sees("fujii", SHOWN, OFFICE)


def confirm(t: Teller) -> None:
    """By a person from /oshirase, by another below the notice, by a shared account with a name."""
    t.sees("sec-kobe", SHOWN)
    t.press("sec-kobe", "確認しました")
    t.opens("sec-kobe", "お名前")
    t.fill("sec-kobe", {"お名前": f"港 {SIGNS}"})
    t.sees("sec-kobe", "さんが")

    t.command("yamada", "/oshirase")
    t.opens("yamada", "確認が必要なお知らせ")
    t.press("yamada", "「12月")  # a long title stands in full above its button
    t.opens("yamada", "いま確認が必要なお知らせはありません")
    t.close("yamada")

    t.sees("nakamura", SHOWN)  # found by the address that the directory lists
    t.press("nakamura", "確認しました")
    t.sees("nakamura", "中村 拓さんが")


def look(t: Teller) -> None:
    """The board and the lists, each in a modal over the last."""
    t.press("hayashi", "進み具合を見る", OFFICE)
    t.opens("hayashi", "市町ごとの進み具合")
    t.close("hayashi")
    t.press_at_home("fujii", "開く")
    t.opens("fujii", SHOWN)
    t.close("fujii")


def take_back(t: Teller) -> None:
    """One that waits for its day is withdrawn; its author may not approve it."""
    t.press_at_home("fujii", "お知らせを書く")
    t.opens("fujii", "送る時刻")
    when = {"送る日": in_days(1), "送る時刻（時）": "9"}
    region = {"あて先": "圏域を選ぶ", "圏域": ["北播磨", "淡路"], "確認": "求めない"}
    t.fill("fujii", {"題名": "取り消すもの", "本文": SIGNS, **when, **region})
    t.opens("fujii", "届け先")
    t.confirm("fujii")
    t.sees("fujii", "取り消すもの", OFFICE)
    t.press("fujii", "承認する", OFFICE)
    t.until(lambda: "使えません" in t.alone("fujii"), "the refusal")
    t.press("fujii", "取り消す", OFFICE)
    t.sees("fujii", "➖", OFFICE)
