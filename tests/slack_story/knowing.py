"""Knowledge is written, read by a second person, and answers; entries are kept, ended, settled with their files."""

from tests.slack_story.before import CLASHING
from tests.slack_story.stage import Teller
from tests.slack_story.words import SIGNS, in_days

OFFICE, ROOM = "事務局", "電子申請"
TITLE = f"避難訓練アプリの体験会 {SIGNS}"
SHOWN = "避難訓練アプリの体験会"
ASKED = "避難訓練アプリの体験会はいつありますか"
WORDINGS = """訓練アプリの体験会はいつ
体験会の申込みはいつまで
訓練アプリを試したい
体験会 場所
合同の体験会"""
MAIL = f"""1 募集の概要
共同調達に参加する市町を募集します。負担金は1市町あたり30万円です。 {SIGNS}

2 締切
12月18日までに申込書を出してください。
"""


def write(t: Teller) -> None:
    """A new entry: a mistake at its field, asked for, sent back, written again, published in the field's room."""
    t.press_at_home("hayashi", "知識を書く")
    t.opens("hayashi", "質問の言い方")
    said = {"題名": TITLE, "答え": f"12月18日に県庁で開きます。{SIGNS}", "分野": ROOM}
    t.fill("hayashi", {**said, "質問の言い方": "一つだけ", "有効期限": in_days(200)})
    t.opens("hayashi", "5つ以上")
    t.fill("hayashi", {"質問の言い方": WORDINGS, "出典": f"開催のお知らせ|2 日時|{SIGNS}"})
    t.sees("hayashi", "下書きにしました")
    t.sees("hayashi", SHOWN, OFFICE)
    t.press("hayashi", "確認を頼む", OFFICE)
    t.sees("fujii", "確認待ち", OFFICE)
    t.press("fujii", "差し戻す", OFFICE)
    t.sees("hayashi", "差し戻されました")
    t.press("hayashi", "書き直す")
    t.opens("hayashi", "下書きを書き直す")
    t.fill("hayashi", {"答え": f"12月25日に県庁で開きます。{SIGNS}"})
    t.press("hayashi", "確認を頼む")
    t.sees("mori", "12月25日に県庁で", ROOM)
    t.press("mori", "公開する", ROOM)
    t.sees("hayashi", "確かめました")
    t.say("ueda", ASKED)
    t.sees("ueda", "12月25日に県庁で")


def write_from_a_consultation(t: Teller, number: str) -> None:
    """What was answered once is written for everybody."""
    thread = f"{ROOM}/{number}"
    t.press("mori", "FAQにする", thread)
    t.opens("mori", "質問の言い方")
    t.fill("mori", {"題名": "途中参加", "質問の言い方": WORDINGS})
    t.sees("mori", "下書きにしました", thread)
    t.press("mori", "確認を頼む", thread)
    t.sees("fujii", "途中参加", OFFICE)


def write_from_a_document(t: Teller) -> None:
    """Pasted text becomes two drafts; one is looked at and taken back."""
    t.press_at_home("hayashi", "文書から下書き")
    t.opens("hayashi", "メールや文書の文")
    t.fill("hayashi", {"メールや文書の文": MAIL})
    t.sees("hayashi", "2件の下書きにしました")
    t.press("hayashi", "募集の概要")
    t.opens("hayashi", "30万円【要確認】")
    t.press("hayashi", "取り下げる")
    t.opens("hayashi", "➖取り下げ")
    t.close("hayashi")


def change(t: Teller) -> None:
    """An entry is found, looked at with its versions, taken out and back, and written again."""
    t.press_at_home("hayashi", "知識を直す")
    t.opens("hayashi", "どの項目")
    t.fill("hayashi", {"どの項目": "どこにもない言葉"})
    t.sees("hayashi", "当てはまる項目がありません")
    t.press_at_home("hayashi", "知識を直す")
    t.fill("hayashi", {"どの項目": SHOWN})
    t.sees("hayashi", "見つかった項目")
    t.press("hayashi", "いまと履歴を見る")
    t.opens("hayashi", "公開中")
    t.press("hayashi", "公開をやめる")
    t.opens("hayashi", "公開をやめています")
    t.press("hayashi", "版の履歴を見る")
    t.opens("hayashi", "第2版")
    t.press("hayashi", "第2版で変わったところ")
    t.opens("hayashi", "－ はなくなった行")
    t.close("hayashi")
    t.press("hayashi", "戻す")
    t.sees("hayashi", "公開に戻しました")

    t.press("hayashi", "この項目を直す")
    t.opens("hayashi", "知識を直す")
    t.fill("hayashi", {})
    t.opens("hayashi", "何も変わっていません")
    t.fill("hayashi", {"答え": f"12月25日の13時からです。{SIGNS}"})
    t.sees("hayashi", "下書きにしました")


def keep(t: Teller) -> None:
    """Asked whether three entries are still true: kept longer, ended, written again."""
    t.press("mori", "期限をのばす", ROOM)
    t.opens("mori", "新しい有効期限")
    t.fill("mori", {"新しい有効期限": in_days(1)})
    t.opens("mori", "いまの期限よりあと")
    t.fill("mori", {"新しい有効期限": in_days(120)})
    t.sees("mori", "までのばしました", ROOM)
    t.press("mori", "期限どおり終える", ROOM)
    t.sees("mori", "終えると決めました", ROOM)
    t.press("mori", "書き直す", ROOM)
    t.opens("mori", "知識を直す")
    t.close("mori")


def settle(t: Teller) -> None:
    """Edited here and in their files: one way and the other."""
    t.command("hayashi", "/soudan")
    t.opens("hayashi", "できることを選んでください")
    t.press("hayashi", "食い違い")
    t.opens("hayashi", CLASHING[0])
    t.press("hayashi", "（2）ファイルの方を使う")
    t.until(lambda: "（2）" not in t.read("hayashi"), "one is left")
    t.press("hayashi", "データベースの方を残す")
    t.opens("hayashi", "いま食い違いはありません")
    t.close("hayashi")


def look(t: Teller) -> None:
    """The lists of what is written and of what ends."""
    for label, words in (("知識の下書き", "途中参加"), ("期限の近い知識", "まで・電子申請")):
        t.command("hayashi", "/soudan")
        t.press("hayashi", label)
        t.opens("hayashi", words)
        t.close("hayashi")


def learn(t: Teller) -> None:
    """The week's wordings: put off, taken up again, one by one, the rest at once, one taken back."""
    t.press("fujii", "今週は見送る", OFFICE)
    t.sees("fujii", "次の月曜日にまたまとめます", OFFICE)
    t.press("fujii", "取り消す", OFFICE)
    t.press("fujii", "1つずつ見る", OFFICE)
    t.sees("fujii", "次の項目で答えてよいですか", OFFICE)
    t.press("fujii", "採用しない", OFFICE)
    t.sees("fujii", "→採用しない", OFFICE)
    t.press("fujii", "取り消す", OFFICE)
    t.press("fujii", "採用", OFFICE)
    t.sees("fujii", "→採用", OFFICE)
    t.press("fujii", "すべて採用", OFFICE)
    t.sees("fujii", "決定済", OFFICE)
    t.command("hayashi", "/soudan")
    t.press("hayashi", "学んだ言い方")
    t.opens("hayashi", "採用した言い方は3件")
    t.press("hayashi", "を取り消す")
    t.opens("hayashi", "採用した言い方は2件")
    t.close("hayashi")


def be_careful(t: Teller) -> None:
    """慎重さ: what each step would have meant, one of them, and back."""
    t.command("hayashi", "/soudan")
    t.press("hayashi", "慎重さ")
    t.opens("hayashi", "慎重さは「ふつう」です")
    t.press("hayashi", "「慎重」にする")
    t.opens("hayashi", "慎重さは「慎重」です")
    t.close("hayashi")
    t.sees("hayashi", "慎重さを「慎重」にしました")
    t.press("hayashi", "取り消す")
    t.sees("hayashi", "慎重さを「ふつう」にしました")


def mean_the_same(t: Teller) -> None:
    """Words that mean one thing: added, taken back, brought back, and taken back from the list."""
    t.command("hayashi", "/soudan")
    t.press("hayashi", "言い換えを足す")
    t.opens("hayashi", "同じ意味の言葉")
    t.fill("hayashi", {"同じ意味の言葉": "罹災証明・り災のあかし"})
    t.sees("hayashi", "言い換えを足しました")
    t.press("hayashi", "取り消す")
    t.sees("hayashi", "言い換えを取り消しました")
    t.press("hayashi", "元に戻す")
    t.command("hayashi", "/soudan")
    t.press("hayashi", "言い換え")
    t.opens("hayashi", "事務局が足した言い換えは1組")
    t.press("hayashi", "を取り消す")
    t.opens("hayashi", "事務局が足した言い換えは0組")
    t.close("hayashi")
