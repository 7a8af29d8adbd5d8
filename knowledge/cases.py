"""Finding towns that did something: by theme, by size on a log scale, by place."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from knowledge.codes import CORE, OWN, WORD, code
from knowledge.derived import statements
from knowledge.documents import wordings
from knowledge.entries import Entry
from knowledge.evidence import LIGHT
from knowledge.normal import clean
from knowledge.search import Index
from knowledge.text import Tokens, Word, Words
from knowledge.values import POPULATION, PREFECTURES, asked, places, sentences, sizes, stated

TOWNS = r"(?:市町村|市町|自治体|団体|市役所|役場|市|町|村|まち|ところ|とこ|所)"
EXAMPLE = re.compile(
    r"事例(?!集)|先進(?:地|例|自治体|団体|市町|的)|先行(?:例|自治体|団体|市町|市)|実践例|取組例|導入例|成功例|実例"
    r"|(?<![条特事慣比前用凡])例(?:を|は|って|が|ある|ない|教え|知り|$)"
)
DID = re.compile(
    r"(?:た|だ|ている|てる|とる|でいる)(?:市町村|市町|自治体|団体|市|町|村|まち)(?![民長内])"
    r"|(?:した|やった|やってる|やっている|やっとる|やらはった|してる|している|しとる|取り組んだ|取り組んでいる|取り組んでる|入れた|始めた|進めた"
    r"|進めている|使った|使っている|使ってる|置いた|作った|つくった|整えた|うまくいった)(?:ところ|とこ|所|役場)(?!、)"
)
"""A town that did it. Alone it is no sign: it takes a size, a town to be like or a region beside it."""
LIKE = re.compile(
    r"(?:似た|近い|同じ(?:くらいの|ような|程度の)?|同程度の)(?:人口)?(?:規模|大きさ|サイズ)(?:の|で)?|同規模(?:の|で)?|規模が(?:近い|似た|同じ)|人口が(?:近い|似た|同じ(?:くらい)?)の?"
)
AS_TOWN = r"(?:みたいな|のような|ぐらいの|くらいの|と同じくらいの|と似た|に似た|と同規模の|に近い|と同じ規模の)"
SMALL = re.compile(
    rf"(?:小さい|小さな|小規模な?|人口の?少ない){TOWNS}|(?:うち|当市|当町|本市|本町)(?:みたいな|のような|くらいの|と同じくらいの)"
)
VALUES_ASKED = frozenset(
    ("amount", "rate", "date", "count", "contact", "document", "task", "own", "condition")
)
SHARE = 0.6
"""How much of a theme's words a case has to have, by weight, where its field is not the one named."""
FEW = 2
"""Words of a theme up to which a question without size and place looks for several cases, not for one."""
LONGEST = 80  # characters: a longer one tells a story of its own and is searched for
MOST = 5
FAR = math.log(3)
GENERIC = frozenset(
    [
        "dx",
        "デジタル",
        "市町",
        "市町村",
        "自治体",
        "団体",
        "取組",
        "取り組む",
        "事例",
        "例",
        "規模",
        "人口",
        "町",
        "市",
        "村",
        "県",
        "県内",
        "国内",
        "全国",
        "小さい",
        "役場",
        "先進",
        "先行",
        "紹介",
        "近い",
        "似る",
        "同じ",
        "作る",
        "進める",
        "導入",
        "ところ",
        "程度",
        "地域",
    ]
)
FIELD_WORDS = {
    "窓口DX": r"窓口|フロントヤード|書かない",
    "防災DX": r"防災|災害|避難|備蓄",
    "生成AI": r"生成ai|チャットgpt|chatgpt",
    "教育DX": r"教育|学校|校務|gigaスクール",
    "人材育成": r"人材|研修|職員の育成|リーダー|外部人材",
    "データ利活用": r"データ|オープンデータ|bi",
    "セキュリティ": r"セキュリティ",
    "標準化": r"標準化|ガバメントクラウド|ガバクラ",
    "電子申請": r"電子申請|オンライン申請|オンライン手続",
    "共同利用": r"共同利用|共同調達|共同化",
    "財源制度": r"財源|補助金|交付税",
}
FIELD_RULES = {name: re.compile(rule) for name, rule in FIELD_WORDS.items()}
OUTCOME = re.compile(
    r"成果|効果|実証しました|広が|整え|整備しました|なりました|できました|減り|増え"
)
LABEL = re.compile(
    r"^(?:[^、]{0,8}の)?(?:成果は|成果として|ポイントは|ポイントの一つは|ねらいは)、"
)
"""What the card says before it already."""
POINT = re.compile(r"ポイント|大切|重要|工夫|コツ|重視|きっかけ|ねらい")


@dataclass(frozen=True)
class Town:
    """A municipality of the directory."""

    name: str
    population: int
    region: str


@dataclass(frozen=True)
class Wish:
    """What sort of case is looked for. `near`: the population it should be like; `like`: the town that has it;
    `own`: of the asker's size, which is not known here."""

    theme: str
    fields: frozenset[str]
    near: int | None = None
    like: str = ""
    own: bool = False
    regions: frozenset[str] = frozenset()
    prefectures: frozenset[str] = frozenset()
    bare: bool = False
    """Nothing but a theme: then a sure answer is better than a list."""

    @property
    def subject(self) -> str:
        """The theme as one reads it."""
        return re.sub(
            r"^[のでをにはが\s]+|(?:[をに]?(?:やっ|し|取り組ん|入れ|進め|使っ|始め|置い|作っ))?[のでをにはが?\s]*$",
            "",
            self.theme,
        )


@dataclass(frozen=True)
class Case:
    """A case as a person compares it with others. `did`: its first sentence; outcome and point where it tells them."""

    entry: Entry
    towns: tuple[str, ...]
    population: int | None
    what: str
    did: str
    outcome: str
    point: str
    far: bool = False


def may_be(text: str) -> bool:
    """Could it ask for a town that did something? Cheap, since every question is asked this."""
    return len(text) <= LONGEST and bool(EXAMPLE.search(text) or DID.search(text))


def wish(text: str, towns: Sequence[Town], regions: Sequence[str], own: Town | None) -> Wish | None:
    """In: a question, the directory's towns and regions, the asker's town. Out: what is looked for, or None
    where the question asks something else."""
    cleaned = clean(text)
    if not may_be(cleaned) or asked(cleaned) & VALUES_ASKED:
        return None
    example = EXAMPLE.search(cleaned) is not None
    like = _like(cleaned, towns)
    size = next(iter(sizes(cleaned)), None)
    of_own = like is None and bool(LIKE.search(cleaned) or SMALL.search(cleaned))
    named = {place for place in places(cleaned) if not re.fullmatch(PREFECTURES, place)}
    if named - ({like.name} if like else set()):
        return None  # that town's own case is an answer, not a list
    by_region = frozenset(name for name in regions if _names_region(name, cleaned))
    prefectures = frozenset(re.findall(PREFECTURES, cleaned)) - {"兵庫県"}
    by_size = like is not None or size is not None or of_own
    if not by_size and not by_region and not example:
        return None
    theme = _theme(cleaned, like, by_region)
    near = like or (own if of_own else None)
    return Wish(
        theme,
        frozenset(name for name, rule in FIELD_RULES.items() if rule.search(theme)),
        size or (near.population if near else None),
        near.name if near and size is None else "",
        of_own and own is None and size is None,
        by_region,
        prefectures,
        not (by_size or by_region or prefectures),
    )


def _like(cleaned: str, towns: Sequence[Town]) -> Town | None:
    for town in towns:
        short = town.name[:-1] if len(town.name) > 2 else town.name  # noqa: PLR2004  as people say it
        if re.search(rf"{short}(?:市|町|さん)?{AS_TOWN}", cleaned):
            return town
    return None


def _names_region(name: str, cleaned: str) -> bool:
    """但馬 is 但馬, and 播磨 all four of its parts."""
    whole = re.sub(r"^[東西中北](?=播磨)|(?<=阪神)[南北]$", "", name)
    end = "(?:地域|圏域|管内|地方)?(?:の|で|に|内)"
    return re.search(rf"(?:{name}|(?<![東西中北]){whole}){end}", cleaned) is not None


def _theme(cleaned: str, like: Town | None, regions: frozenset[str]) -> str:
    """What is left of the question when size, place and the asking are taken off."""
    left = cleaned
    if like:
        left = re.sub(
            rf"{like.name[:-1]}(?:市|町|さん)?{AS_TOWN}{TOWNS}?(?:の|で|は|に)?", " ", left
        )
    for rule in (POPULATION, LIKE, SMALL, EXAMPLE):
        left = rule.sub(" ", left)
    left = re.sub("|".join([PREFECTURES, *sorted(regions), "播磨|阪神"]), " ", left)
    left = DID.sub(" ", left)
    return " ".join(
        re.sub(r"人口|規模|くらい|ぐらい|程度|県内|全国|ほかの?|他の?", " ", left).split()
    )


def find(index: Index, looked_for: Wish, towns: Sequence[Town], at: date) -> list[Case]:
    """Up to five, the nearest in size first; by how well they fit where no size was asked."""
    known = {town.name: town for town in towns}
    held = held_cases(index)
    fits = _by_theme(index, looked_for, held, at)
    found = [(_case(held[name], looked_for, known, sizes_of(index)), fit) for name, fit in fits]
    chosen = [(case, fit) for case, fit in found if _is_there(case, looked_for, known)]
    if looked_for.near is not None or looked_for.own:
        chosen = [pair for pair in chosen if pair[0].towns or pair[0].population]
    if looked_for.near is not None:
        chosen.sort(key=lambda pair: (_distance(pair[0], looked_for.near or 1), -pair[1]))
    once: dict[tuple[str, ...], Case] = {}
    for case, _ in chosen:
        once.setdefault(case.towns or (case.entry.id,), case)
    return list(once.values())[:MOST]


@lru_cache(maxsize=2)
def held_cases(index: Index) -> Mapping[str, Entry]:
    """The cases of an index, which never changes."""
    every = (entry for shelf in index.shelves for entry in shelf.entries if entry.kind == "case")
    return {entry.id: entry for entry in every if index.get(entry.id) is entry}


@lru_cache(maxsize=2)
def sizes_of(index: Index) -> Mapping[str, int]:
    """The population of each town that a case's facts state one of."""
    found: dict[str, int] = {}
    for entry in held_cases(index).values():
        text = clean(f"{statements(entry)}。{entry.answer}").replace("(同約", "(人口約")
        for name in _towns(entry):
            said = re.search(rf"{name}(?:は|\()(?:人口)?約?(\d{{4,7}})人", text)
            if said:
                found.setdefault(name, int(said[1]))
    return found


def _towns(entry: Entry) -> tuple[str, ...]:
    """The towns a case is of: those its title names, else those it holds."""
    in_title = [p for p in sorted(places(clean(entry.title))) if not re.fullmatch(PREFECTURES, p)]
    held = [value.removeprefix("where:") for value in entry.holds if value.startswith("where:")]
    nameless = re.match(r"[A-Z]市町", entry.title)  # a document that gives no name
    return (
        (nameless[0],)
        if nameless
        else tuple(in_title) or tuple(p for p in held if not re.fullmatch(PREFECTURES, p))
    )


def _by_theme(
    index: Index, looked_for: Wish, held: Mapping[str, Entry], at: date
) -> list[tuple[str, float]]:
    """The cases about the theme, best first; all of them where none was named."""
    looked = index.look(looked_for.theme, at=at, kept=len(index))
    words = {word: word.weight for word in _subjects(looked.question.tokens)}
    if not words:
        return [(name, 0.0) for name in held]
    about: list[tuple[str, float]] = []
    beside: list[tuple[str, float]] = []
    for number, fit in looked.order:
        entry = index.entry(number)
        if entry.id not in held:
            continue
        have = index.matched(looked, number)
        groups = [
            (group.start, group.end)
            for channel, some in ((OWN, looked.question.own), (CORE, looked.question.tokens.groups))
            for group in some
            if code(channel, group.name) in have
        ]
        met = sum(
            weight
            for word, weight in words.items()
            if code(WORD, word.term) in have
            or any(start < word.end and word.start < end for start, end in groups)
        )
        enough = met >= SHARE * sum(words.values())
        said = clean("。".join(wordings(entry)))
        named = enough and all(word.surface in said for word in words)
        if named or entry.field in looked_for.fields:
            about.append((entry.id, fit))
        elif enough:
            beside.append((entry.id, fit))
    return about or beside


def _subjects(tokens: Tokens) -> list[Word]:
    """The words of a theme that tell one from another."""
    return [
        word
        for word in tokens.words
        if word.term not in GENERIC and word.surface not in GENERIC and word.weight > LIGHT
    ]


def is_list(looked_for: Wish, words: Words) -> bool:
    """Does it want several? A theme told at length means one case, which the search finds better."""
    return not looked_for.bare or len(_subjects(words.tokens(looked_for.theme))) <= FEW


def _case(
    entry: Entry, looked_for: Wish, known: Mapping[str, Town], stated_sizes: Mapping[str, int]
) -> Case:
    towns = _towns(entry)
    peopled = [
        known[name].population if name in known else stated_sizes[name]
        for name in towns
        if name in known or name in stated_sizes
    ]
    nameless = re.search(r"人口約?(\d+(?:\.\d+)?)千人", entry.answer) if not towns else None
    if nameless:
        peopled = [round(float(nameless[1]) * 1000)]
    near = looked_for.near
    size = min(peopled, key=lambda one: abs(math.log(one / near))) if near and peopled else None
    size = size or (peopled[0] if peopled else None)
    said = sentences(stated(entry.answer))
    did = said[0] if said else ""
    outcome = next((one for one in said if OUTCOME.search(one)), "")
    point = next((one for one in said if POINT.search(one) and one != outcome), "")
    far = bool(near and size and abs(math.log(size / near)) > FAR)
    return Case(
        entry, towns, size, re.sub(r"（[^）]*）$", "", entry.title),
        did, LABEL.sub("", outcome), LABEL.sub("", point), far,
    )  # fmt: skip


def _is_there(case: Case, looked_for: Wish, known: Mapping[str, Town]) -> bool:
    """Is it where it was asked for? Nothing is everywhere; the like town itself is no example for itself."""
    if looked_for.like and case.towns == (looked_for.like,):
        return False
    if looked_for.regions:
        return any(
            name in known and known[name].region in looked_for.regions for name in case.towns
        )
    if looked_for.prefectures:
        text = f"{case.entry.title}{''.join(case.entry.holds)}"
        return any(name in text for name in looked_for.prefectures)
    return True


def _distance(case: Case, near: int) -> float:
    return abs(math.log(case.population / near)) if case.population else math.inf
