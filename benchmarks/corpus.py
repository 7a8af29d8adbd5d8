"""Made-up programmes in any number, and questions about them as people type: seeded, so the same everywhere.

After the generator behind SEARCH_PERF: a place, a topic and an aspect, each asked in one of several patterns; an
entry keeps some patterns of its aspect, and most questions use one it does not keep. A smaller corpus is the
beginning of a larger one.
"""

import random
from collections.abc import Iterator

from knowledge.entries import FIELDS, Entry

SEED = 7
TOPICS = [
    "空き家",
    "子育て",
    "保育",
    "介護",
    "防災",
    "避難所",
    "地域通貨",
    "電子申請",
    "電子契約",
    "統計",
    "オープンデータ",
    "マイナンバー",
    "書かない窓口",
    "生成AI",
    "議事録",
    "研修",
    "人材派遣",
    "セキュリティ",
    "テレワーク",
    "校務支援",
    "給食",
    "図書館",
    "公共施設",
    "水道",
    "下水道",
    "道路",
    "除雪",
    "農業",
    "林業",
    "漁業",
    "観光",
    "移住",
    "定住",
    "創業",
    "商店街",
    "健康診断",
    "予防接種",
    "母子手帳",
    "高齢者見守り",
    "タクシー",
    "デマンドバス",
    "自転車",
    "公園",
    "ごみ収集",
    "リサイクル",
    "太陽光",
    "蓄電池",
    "断熱",
    "森林環境",
    "文化財",
    "スポーツ",
    "部活動",
    "外国人相談",
    "日本語教室",
    "消費生活",
    "人権",
    "男女共同",
    "広報",
    "公聴",
    "ふるさと応援",
    "税務",
    "固定資産",
    "住民票",
    "戸籍",
    "印鑑登録",
    "国民健康保険",
    "年金",
    "生活保護",
    "障害福祉",
    "手話通訳",
    "ひとり親",
    "不登校",
    "通学路",
    "学童",
    "奨学金",
]
SCHEMES = [
    "補助金",
    "助成金",
    "モデル事業",
    "共同調達",
    "相談窓口",
    "アドバイザー派遣",
    "実証事業",
    "説明会",
    "研修会",
    "システム",
    "登録制度",
    "推進計画",
]
SYLLABLES = [
    "あ",
    "い",
    "か",
    "き",
    "く",
    "さ",
    "し",
    "た",
    "つ",
    "な",
    "に",
    "は",
    "ふ",
    "ま",
    "み",
    "や",
    "よ",
    "ら",
    "わ",
]
KANJI = [
    "山",
    "川",
    "田",
    "野",
    "原",
    "島",
    "浜",
    "松",
    "竹",
    "梅",
    "北",
    "南",
    "東",
    "西",
    "上",
    "下",
    "中",
    "大",
    "小",
    "新",
    "古",
    "青",
    "赤",
    "白",
    "黒",
    "金",
    "石",
    "木",
    "花",
    "月",
]
ASPECTS = {
    "締切": "{t}の締切はいつですか|{t}はいつまで|{t}の申込期限を知りたい|{t} 期限|{t}っていつまでに出せばいい|{t}の受付は何日まで|{t} 〆切 いつ|{t}はもう締め切られましたか",
    "上限": "{t}の上限額はいくらですか|{t}はいくらまで出る|{t} 上限|{t}で最大いくらもらえますか|{t}の限度額|{t}なんぼまで出るん|{t} 補助 最高額|{t}の金額の上限を教えて",
    "補助率": "{t}の補助率は|{t}は何割出ますか|{t} 補助率 何分の一|{t}の負担割合|{t}は何パーセント補助される|{t}の率を知りたい|{t} 自己負担 割合|{t}って半分出るんですか",
    "対象": "{t}の対象は誰ですか|{t}はうちでも使えますか|{t} 対象者|{t}の要件|{t}に応募できるのはどこ|{t}の条件を教えて|{t} 誰が使える|{t}はどんな団体が対象か",
    "書類": "{t}に必要な書類は|{t} 様式|{t}の申請書はどこ|{t}で出す書類を教えて|{t} 提出物|{t}の申込用紙|{t}には何を添付する|{t}の書き方",
    "窓口": "{t}の問い合わせ先は|{t}の担当課|{t}はどこに聞けばいい|{t} 連絡先|{t}の電話番号|{t}って誰に相談するん|{t} 所管|{t}の窓口を教えて",
    "開始": "{t}はいつから始まりますか|{t} 開始時期|{t}のスタートはいつ|{t}はもう始まっている|{t}の開始日|{t} いつから|{t}は来月からか|{t}が使えるようになる時期",
    "事例": "{t}の事例を知りたい|{t}を使った市町|{t} 先進事例|{t}をやった所はある|{t}のうまくいった例|{t} よその町|{t}の活用例を教えて|{t}の導入団体",
    "費用": "{t}の費用はいくら|{t} 料金|{t}は有料ですか|{t}にお金はかかる|{t}の利用料|{t} 月額|{t}の値段を教えて|{t}ってただで使えるん",
    "目的": "{t}の目的は|{t}は何のためですか|{t} ねらい|{t}で何が良くなる|{t}の効果|{t}をやる意味|{t} 期待される成果|{t}の趣旨を教えて",
    "方法": "{t}の申込方法|{t}はどうやって申し込む|{t} 手続き|{t}の流れ|{t}を始めるには|{t} 参加したい|{t}の手順を教えて|{t}にエントリーする方法",
    "日程": "{t}の日程|{t}はいつ開かれる|{t} スケジュール|{t}の開催日|{t}の予定を知りたい|{t} 何月何日|{t}は今年いつある|{t}の日時を教えて",
}
CHATTY = ("", "", "", "お疲れ様です。", "すみません、", "教えてください、")


def programmes(count: int) -> Iterator[tuple[Entry, str]]:
    """So many entries, each with a question about it that its entry does not hold."""
    for number in range(count):
        chance = random.Random(f"{SEED}-{number}")
        place = f"{chance.choice(KANJI)}{chance.choice(KANJI)}{chance.choice('市町')}"
        topic = TOPICS[min(len(TOPICS) - 1, int(chance.paretovariate(0.6)) - 1)]
        mark = chance.choice(KANJI) + chance.choice(SYLLABLES) + chance.choice(SYLLABLES)
        name = f"{place}{topic}{mark}{chance.choice(SCHEMES)}"
        aspect = chance.choice(list(ASPECTS))
        patterns = ASPECTS[aspect].split("|")
        chance.shuffle(patterns)
        kept = chance.randint(4, 6)
        wordings = [pattern.format(t=name) for pattern in patterns]
        entry = Entry(
            id=f"p{number:07}", title=wordings[0], questions=tuple(wordings[1:kept]),
            answer=f"{name}の{aspect}は、{chance.randint(1, 12)}月{chance.randint(1, 28)}日のお知らせのとおりです。",
            field=chance.choice(FIELDS), fiscal_year=8, aliases=(topic,),
        )  # fmt: skip
        asked = chance.choice(wordings[kept:])
        yield entry, _noisy(chance.choice(CHATTY) + asked, chance)


def _noisy(text: str, chance: random.Random) -> str:
    """One letter in three questions is left out or doubled."""
    if chance.random() > 1 / 3 or len(text) < 8:
        return text
    at = chance.randrange(1, len(text) - 1)
    return text[:at] + text[at + 1 :] if chance.random() < 0.5 else text[:at] + text[at] + text[at:]
