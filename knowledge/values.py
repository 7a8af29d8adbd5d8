"""The kinds of value a question can ask for, and which of them a text holds: `holds:` of an entry.

What a text holds is derived by rule (`values_of`); `tools/holds.py` writes it into the pack and
`knowledge check` compares. A held value is written `kind:value` (`amount:12500円`, `date:2026-12`).
"""

import re
from collections.abc import Iterable, Iterator

from knowledge.figures import figures
from knowledge.normal import clean, fold

NAMES = {
    "amount": "金額", "rate": "割合・率", "date": "日付・期間", "count": "数", "who": "だれ・どの組織",
    "where": "どこ", "size": "人口規模", "year": "年度", "condition": "対象・条件", "contact": "連絡先",
    "document": "様式・資料", "name": "名前", "which": "どこ・どの団体", "initial": "初期費用", "task": "作業の代行", "own": "自分の団体の記録",
}  # fmt: skip
"""The kinds with their names as people read them. The last two are asked, never held; a place or an organisation
answers どこ, which asks for either."""

PREFECTURES = (
    "北海道|青森県|岩手県|宮城県|秋田県|山形県|福島県|茨城県|栃木県|群馬県|埼玉県|千葉県|東京都|神奈川県|新潟県|富山県"
    "|石川県|福井県|山梨県|長野県|岐阜県|静岡県|愛知県|三重県|滋賀県|京都府|大阪府|奈良県|和歌山県|鳥取県|島根県|岡山県"
    "|広島県|山口県|徳島県|香川県|愛媛県|高知県|福岡県|佐賀県|長崎県|熊本県|大分県|宮崎県|鹿児島県|沖縄県"
)
PLACE = re.compile(
    rf"({PREFECTURES})|(?<![一-龠ァ-ヶ])([一-龠ァ-ヶ][一-龠ァ-ヶの]{{0,4}}?[一-龠ァ-ヶ])(?:市(?![町民内長区立])|町(?![民内長村立])|村(?![民内長立]))"
)
NO_PLACE = re.compile(
    r"市町|各市|全市|同市|本市|当市|他市|貴市|両市|政令|中核|大都|都市|地方|先進|[0-9]"
)
SIZE = re.compile(r"(?:人口)?(?:約)?(\d{4,7}(?:\.\d+)?)人?(未満|以上|以下|超|を超え|から|~|より)?")
WHO = re.compile(
    r"\(株\)|株式会社|有限会社|\(同\)|協議会|事務局|[一-龠]{1,8}課|[一-龠]{2,8}(省|庁)|大学|高専|研究所|専門官|センター|機構|財団|ntt|日本電気|富士通|専門家|リエゾン|事業者"
)
CONDITION = re.compile(r"対象|要件|条件|資格|に限|できます|できません|必要です|未満|以上")
PHONE = re.compile(r"\d{2,4}-\d{2,4}-\d{3,4}|@[a-z]|内線\d")
DATE_WORD = re.compile(
    r"随時|通年|毎年|毎月|年\d回|上旬|中旬|下旬|月頃|当初|年度末|年度内|曜日|\d時(?!点)|(r\d+|令和\d+|20\d\d)(年度?)?(から|まで)"
)
AMOUNT_WORD = re.compile(r"無料|無償|費用はかかりません|負担はありません|全額")
RATE_WORD = re.compile(r"分の\d|\d/\d|\d割|\d%|半額|半分|全額|定額")
NUMBER_WORD = re.compile(r"[一二三四五六七八九]つ|全市町|全団体|すべての市町")
FRACTION = re.compile(r"(?<![\d/])[1-9]/[1-9](?![\d/月日])")
INITIAL = re.compile(
    r"初期(?:の)?(?:費用|投資|経費)|導入(?:時)?の?(?:費用|経費|費)|イニシャルコスト"
)
"""What is paid once at the beginning: another value than what is paid each month."""
DOCUMENT = re.compile(r"様式|書式|テンプレート|ひな形|ダウンロード|https?:|ポータル|ページに")

UNSTATED = re.compile(
    r"書かれていません|示されていません|書いていません|決まっていません|載っていません|分かりません|わかりません|確認できません|記載なし|未定です"
)
REFERRAL = re.compile(
    r"リエゾン(に|へ|が)[^。]*(ください|どうぞ|でき|答え)|(お問い?合わ?せ|相談して|聞いて)[^。]*(ください|どうぞ)"
)

NAMED = r"(?:市町|県|町|市|村|団体|自治体|本部|地区|学校|地域)の?名[前称]?(?![一-龠])"
"""The names of towns and organisations: what an answer may leave out and a question ask for."""
NOT_WHICH = re.compile(
    r"(様式|書|資料|マニュアル|画面|ボタン|欄|原因|ポイント|先|窓口)(は|って|が|の|て)?どこ"
)
"""Where a paper, a button or a counter is asks for no town."""
ASKED = {
    "amount": r"いくら|幾ら|何円|何万|金額|料金|利用料|使用料|費用|値段|単価|月額|年額|総額|予算額|上限|限度額|負担額|負担金|コスト|価格|お金(は|って|が)?(いる|かかる|要る)|どんだけ払|おかね|きんがく|りょうきん|ひよう|じょうげん|げつがく",
    "rate": r"何割|何%|何パーセント|何分の|補助率|充当率|措置率|算入率|割合|比率|導入率|割引率|率は|ほじょりつ|わりあい|なんわり|なんぱーせんと|じゅうとうりつ",
    "date": r"いつ|何月|何日|何年(?!間|延|分)|何時|締切|締め切り|しめきり|〆切|期限|期日|公募期間|募集期間|日程|日時|日取り|日にち|(開始|終了|集合)時刻|何曜|開催日|スケジュール|時期|itsu|しめきり|きげん|にってい|なんがつ|なんにち|なんねん",
    "count": r"いくつ|何(市町|市|町|団体|人|名|件|回|社|台|箇所|か所|ヶ所|業務|校|課|本部|サービス|種類|つ|キロ|km|メートル|時間|分間|歳|冊|本|枚|点|日間|か月|週間|システム|コース|グループ)|距離|(?:の|[一-龠])(?<![複手多少半関無有算端画指小奇偶])数(?=[はっお?、。 ]|$|を(?:教|知|お|示)|が(?:知|分|わ))|人数|件数|団体数|市町数|何倍|回数|本部数|なん(しちょう|だんたい|にん|けん|かい|しゃ)|にんずう|けんすう",
    "contact": r"電話|内線|携帯|メールアドレス|メアド|めあど|アドレス|連絡先|fax|でんわ|れんらくさき|ないせん",
    "who": r"誰|だれ|どの(会社|業者|事業者|部署|課)|どこの(会社|業者|課|部署|組織|大学)|業者名|会社名|企業名|事業者名|委託先|講師(は|名)|担当者名|氏名|何課|どの業者|どのかいしゃ|どこのかいしゃ|じぎょうしゃは|ぎょうしゃは",
    "where": rf"どこの(県|市|町|村|自治体|団体)|どの(県|市|町|自治体|団体)|何県(の|で|が|は|です|や|か|？|\?|$)|{NAMED}|(市|町|団体|市町|自治体)の一覧|(市|町|団体|自治体)(は|って|て|とは)?どこ|会場|場所|(?<!こう)かいじょう(?![けほ])|どこの(けん|まち|し|しちょう)|どの(けん|まち|しちょう)",
    "which": r"どこ(?=[とやだが?。、]|です|でし|なん|か(教|知|分)|$)(?!が(違|ちが|変わ|問題|だめ|大事|ええ|いい|良|便利|すご|新し))|どこの(?!部署|課|会社|業者|組織|大学|画面|ページ|予算|会議)",
    "name": r"(どの|どこの|何の)(メーカー|ブランド|製品|ソフト)|メーカー(名|は)|名前|名称|製品名|(何|なん)(という|ていう|て言う)|正式名|ソフト名|(ソフト|製品|システム|サービス)は何|一覧|内訳|なまえ|めいしょう",
    "document": r"様式|書式|テンプレ|ひな形|雛形|申請書|仕様書|契約書|配布資料|スライド|pdf|url|リンク|議事録を|データを(くだ|送|もら)|本文",
    "condition": r"対象(は|に|と)|条件|要件|資格|誰が使え|使えますか|入れますか|参加できますか|出せますか|もらえますか",
    "initial": INITIAL.pattern,
    "task": r"(書い|作っ|つくっ|作成し|要約し|翻訳し|計算し|直し|考え|調べ|判定し|予約し|登録し|申し込ん|申込ん|申し込みし|届出|手続し|押さえ|送っ|出し|調整し|代わりに|やっ)(て|と|で)(おい|と)?(い|も)?(て)?(ください|下さい|くれ|ほしい|欲しい|もらえ|もらう|いただけ|頂け|よ$|$|な$)|代行|書いといて|しといて|申し込んど|やっといて|いただくことはできますか|ていただけませんか|しといて|かいといて|つくって(くだ|もら|く)",
    "own": r"(うち|当市|当町|本市|本町|わたし|私|自分|貴課|そちら)(の(市|町|とこ)?|は|って)?(の)?(パスワード|アカウント|残高|契約|回答|申請|担当|相談|予約|id)",
}
"""How each kind is asked for, in cleaned text."""
ASKED_RULES = {kind: re.compile(pattern) for kind, pattern in ASKED.items()}


HAS_WORDS = re.compile(r"[ぁ-ん一-龠]")
NOUNS = {
    "amount": r"額|予算|経費|見積|負担|給与|金",
    "rate": r"率|割合",
    "date": r"[一-龠]日(?!本)|の日|日にち|時期|年月",
    "count": r"[一-龠の]数|規模|人口",
    "who": r"担当者|事業者|会社|講師|組織",
    "where": r"参加(市町|団体)(?!数|の数)|場所",
    "name": r"名(?=[、はと])|名前|名称",
    "contact": r"連絡先|電話|メール",
    "document": r"様式|置き場所|アドレス|書類",
    "condition": r"要件|条件|対象",
}
"""How an answer names the kinds of value it says are in no document."""
PLACE_NAMES = re.compile(NAMED)
"""An answer that does not name the towns or organisations may name everything else."""
NOUN_RULES = {kind: re.compile(pattern) for kind, pattern in NOUNS.items()}


def asked(cleaned: str) -> frozenset[str]:
    """In: a cleaned question. Out: the kinds of value it asks for."""
    found = {
        kind for text in _ways(cleaned) for kind, sign in ASKED_RULES.items() if sign.search(text)
    }
    if "where" in found or NOT_WHICH.search(cleaned):
        found.discard("which")
    if "where" in found and not ASKED_RULES["name"].search(PLACE_NAMES.sub("", cleaned)):
        found.discard("name")  # of the towns, not of a thing
    return frozenset(found)


def _ways(cleaned: str) -> tuple[str, ...]:
    """A text, and where it is katakana alone as hiragana too: イクラ asks what いくら does, コスト is コスト."""
    return (cleaned,) if HAS_WORDS.search(cleaned) else (cleaned, fold(cleaned))


UNITS = {
    "人": "人名員", "市": "市町団自全村県", "件": "件", "回": "回", "社": "社", "校": "校", "台": "台",
    "業務": "業", "サービス": "サ", "キロ": "キkm", "メートル": "メm", "時間": "時", "課": "課", "種類": "種つ個", "日間": "日",
    "か月": "か月", "本": "本", "システム": "シ", "コース": "コ", "グループ": "グ", "冊": "冊", "枚": "枚", "歳": "歳才",
}  # fmt: skip
"""What is counted, and with which first character a held count of it goes on (41市, 3回, 20名)."""
COUNTED = {
    "人": r"何(人|名)|人数|なん(にん|めい)|にんずう",
    "市": r"何(市町|市|町|団体)|(団体|市町|自治体)数|なん(しちょう|だんたい)",
    "件": r"何件|件数|なんけん|けんすう", "回": r"何回|回数|なんかい", "社": r"何社|社数|なんしゃ",
    "校": r"何校|校数", "台": r"何台|台数", "業務": r"何業務|業務数", "サービス": r"何サービス|サービス数",
    "キロ": r"何(キロ|km)|距離", "メートル": r"何メートル", "時間": r"何時間", "課": r"何課", "種類": r"何種類|種類数",
    "日間": r"何日間", "本": r"何本", "システム": r"何システム", "コース": r"何コース", "グループ": r"何グループ", "か月": r"何か月", "冊": r"何冊|冊数", "枚": r"何枚|枚数", "歳": r"何歳",
}  # fmt: skip
COUNTED_RULES = {unit: re.compile(pattern) for unit, pattern in COUNTED.items()}


def counted(cleaned: str) -> frozenset[str]:
    """In: a cleaned question. Out: what it wants counted: people, towns, times."""
    ways = _ways(cleaned)
    return frozenset(
        unit for unit, sign in COUNTED_RULES.items() if any(sign.search(text) for text in ways)
    )


def units(holds: Iterable[str]) -> frozenset[str]:
    """In: held values. Out: what their counts are of."""
    said = (
        value.partition(":")[2].lstrip("0123456789.,")[:1]
        for value in holds
        if value.startswith("count:")
    )
    first = {sign for sign in said if sign}
    return frozenset(unit for unit, signs in UNITS.items() if first & set(signs))


def sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[。\n]", text) if part.strip()]


def stated(answer: str) -> str:
    """In: an answer. Out: what it says of its matter, without what it says it cannot say or whom to ask."""
    return "。".join(
        part
        for part in sentences(answer)
        if not UNSTATED.search(part) and not REFERRAL.search(part)
    )


def unstated(text: str) -> str:
    """In: an answer or a title. Out: what it says is not known (費用、開催日)."""
    parts = [part for part in sentences(text) if UNSTATED.search(part)]
    return "。".join(UNSTATED.sub("", part).replace("手元の資料に", "") for part in parts)


def values_of(title: str, answer: str, year: int | None = None) -> tuple[str, ...]:
    """What a text holds, typed, in the order of kinds; what it says is unknown is `unknown:`."""
    text = clean(f"{title}。{stated(answer)}")
    found = [*_figures(text), *_words(text)]
    found.extend(f"where:{place}" for place in places(text))
    if year is not None:
        found.append(f"year:R{year}")
    found.extend(f"unknown:{kind}" for kind in sorted(unknown_kinds(title, answer)))
    return tuple(sorted(dict.fromkeys(found)))


def unknown_kinds(title: str, answer: str) -> frozenset[str]:
    """The kinds of value that a text says are not in the documents."""
    silent = clean(unstated(f"{title}\n{answer}"))
    found = set[str]()
    for sign, said in ((INITIAL, {"initial"}), (PLACE_NAMES, {"where", "which"})):
        rest = sign.sub("", silent)
        found |= said if rest != silent else set()
        silent = rest
    found |= {kind for kind, noun in NOUN_RULES.items() if noun.search(silent)}
    return frozenset(found | asked(silent))


def _figures(text: str) -> Iterator[str]:
    for figure in sorted(figures(FRACTION.sub(" ", text))):
        if figure.startswith("FY"):
            yield f"year:R{figure[2:]}"
        elif re.fullmatch(r"(20\d\d)?(-\d\d)*", figure):
            yield f"date:{figure}"
        elif figure.endswith("円"):
            yield f"amount:{figure}"
        elif figure.endswith("%"):
            yield f"rate:{figure}"
        elif figure.endswith("人") and len(figure) > len("9999人"):
            yield f"size:{figure}"
        elif not figure[-1].isdigit() or not figure.isdigit():
            yield f"count:{figure}"


def _words(text: str) -> Iterator[str]:
    for kind, sign in (
        ("amount", AMOUNT_WORD), ("rate", RATE_WORD), ("date", DATE_WORD), ("count", NUMBER_WORD),
        ("who", WHO), ("condition", CONDITION), ("contact", PHONE), ("document", DOCUMENT), ("initial", INITIAL),
    ):  # fmt: skip
        if match := sign.search(text):
            yield f"{kind}:{match.group()}"


def places(cleaned: str) -> frozenset[str]:
    """The prefectures, cities, towns and villages a cleaned text names."""
    found = (match.group() for match in PLACE.finditer(cleaned))
    return frozenset(place for place in found if not NO_PLACE.search(place))


def kinds(holds: Iterable[str]) -> frozenset[str]:
    """The kinds among held values; a place or an organisation answers for its name too."""
    have = {value.partition(":")[0] for value in holds}
    if have & {"where", "who"}:
        have |= {"name", "which"}
    return frozenset(have - {"unknown"})


POPULATION = re.compile(
    r"(?:人口(?:が|は|規模)?(?:約|およそ)?)?(\d{4,7})"
    r"(?=人|ぐらい|くらい|ちょい|ほど|程度|規模|の[市町]|以上|未満|以下|を超|超|や|だ|(?:に|も)(?:も|は)?(?:満た|届か|達し|い(?:ない|ません)|おら)|$)(?:人)?(未満|以下|以上|を?超|(?:に)?(?:も)?(?:は)?"
    r"(?:い(?:ない|ません)|おら(?:へん|ん|ない)|おりません|満たない|満たん|届か(?:ない|ん|へん)|達しない|足りない|足らん)|を(?:切|下回)|弱)?"
)
LESS = re.compile(r"未満|以下|ない|ません|へん|ん$|切|下回|弱")


def sizes(cleaned: str) -> tuple[int, ...]:
    """The populations a cleaned question names: 人口3万の町 → 30000, 5万人未満 or 5万人もいない → 49999."""
    found = POPULATION.findall(cleaned)
    return tuple(
        int(n) - bool(LESS.search(how)) + (how in {"以上", "超", "を超"}) for n, how in found
    )
