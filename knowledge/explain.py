"""Why the desk answered as it did, in sentences an editor can act on: `ask --explain` and `knowledge why`."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from knowledge.codes import CORE, OWN, WORD, code
from knowledge.entries import Entry
from knowledge.evidence import Known, outside
from knowledge.question import Question
from knowledge.search import Index, Looked
from knowledge.values import NAMES

SHARES = {
    "fit": "合い方", "share": "ほかの候補との差", "among": "上位3件との差", "likeness": "言葉のつながり", "worded": "質問の語を含む割合",
    "named": "題名が質問に出てくる割合", "heard": "読みの一致", "exact": "登録した聞き方と同じ", "unknown": "知らない語",
    "words": "質問の詳しさ", "asks": "値を聞いている", "met": "聞かれた値がある", "unmet": "聞かれた値がない",
    "unmet_value": "聞かれた値が1つもない", "said_unknown": "「資料にない」と書いてある値", "task": "作業の依頼",
    "own": "自分の団体の記録", "place": "ほかの地名", "other_year": "年度が違う", "size": "人口規模が違う", "past": "過去の項目",
}  # fmt: skip
HOLDINGS = {
    "unstated": "この項目は「資料にない」と書いています",
    "partly": "この項目にあります（一部は「資料にない」と書いています）",
    "held": "この項目にあります",
    "absent": "この項目にありません",
}
LEAST = 0.1
"""Log-odds below which a piece of evidence is not worth a line."""
LISTED = 8


@dataclass(frozen=True)
class Grounds:
    """What speaks for an entry and what does not, in the words of the question.

    `asked`: each kind of value asked for, and whether the entry holds it ("held", "absent"), says that no
    document does ("unstated"), or both ("partly"). `only_first`: words that the first entry has and this one has not.
    """

    entry: Entry
    same: tuple[str, ...]
    alike: tuple[str, ...]
    missing: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    other_year: bool
    other_size: bool
    only_first: tuple[str, ...] = ()


def grounds(index: Index, looked: Looked, entry_id: str) -> Grounds | None:
    """In: a search and an entry. Out: what speaks for it; None where the search did not come upon it."""
    numbers = (number for number, _ in looked.order if index.entry(number).id == entry_id)
    number = next(numbers, None)
    if number is None:
        return None
    question, known = looked.question, index.known(number)
    have = index.matched(looked, number)
    same, alike = _same(question, have), _alike(question, have)
    return Grounds(
        index.entry(number),
        same,
        alike,
        tuple(_missing(question, have)),
        tuple((kind, _holding(kind, known)) for kind in sorted(question.asked)),
        tuple(sorted(known.years)),
        bool(question.years and known.years and not question.years & known.years),
        outside(question.sizes, known.bounds),
        _only_first(index, looked, number),
    )


def _holding(kind: str, known: Known) -> str:
    if kind in known.unknown:
        return "partly" if kind in known.kinds else "unstated"
    return "held" if kind in known.kinds else "absent"


def explained(
    index: Index,
    text: str,
    at: date,
    top: int,
    population: int | None = None,
    home: Collection[str] = (),
) -> Iterator[str]:
    """In: as `explain`, and how many candidates. Out: a line for each candidate, then the explanation."""
    found = index.search(text, at=at, top=top, population=population, home=home, why=True)
    for one in found.candidates:
        yield f"{one.score:.2f}  {one.entry.id}  {'、'.join(one.why)}"
    yield from explain(index, text, at, population, home)


def explain(
    index: Index,
    text: str,
    at: date,
    population: int | None = None,
    home: Collection[str] = (),
) -> Iterator[str]:
    """In: a question, and where known the size, name and region of who asks. Out: what was understood, what spoke for
    the first entry, and why not the second."""
    looked = index.look(text, at=at, population=population, home=home)
    yield from _understood(looked.question)
    if not looked.order:
        return
    first = looked.order[0][0]
    yield f"1位：{index.entry(first).id}「{index.entry(first).title}」 正しい見込み{index.chance(looked):.0%}"
    yield from _matched(index, looked, first)
    yield from _held(looked.question, index.known(first))
    parts = sorted(index.parts(looked).items(), key=lambda part: -abs(part[1]))
    told = [
        f"{SHARES.get(name, name)} {value:+.1f}" for name, value in parts if abs(value) >= LEAST
    ]
    yield f"見込みの内訳：{'、'.join(told[:LISTED])}"
    if len(looked.order) > 1:
        second, fit = looked.order[1]
        yield f"2位：{index.entry(second).id}「{index.entry(second).title}」"
        yield from _behind(index, looked, second, looked.order[0][1] - fit)


def why(index: Index, text: str, entry_id: str, at: date) -> Iterator[str]:
    """In: a question and the entry an editor expected. Out: where it stands, and what it lacks."""
    entry = index.get(entry_id)
    if entry is None:
        yield f"{entry_id} という項目はありません"
        return
    looked = index.look(text, at=at, kept=len(index))
    yield from _understood(looked.question)
    place = next(
        n for n, (number, _) in enumerate(looked.order, 1) if index.entry(number).id == entry_id
    )
    number, fit = looked.order[place - 1]
    yield f"{entry_id}「{entry.title}」は{len(looked.order)}件中{place}位です"
    yield from _matched(index, looked, number)
    yield from _held(looked.question, index.known(number))
    yield from _advice(index, looked, number, entry)
    if place > 1:
        first, best = looked.order[0]
        yield f"1位は {index.entry(first).id}「{index.entry(first).title}」です"
        yield from _behind(index, looked, number, best - fit)


def _understood(question: Question) -> Iterator[str]:
    yield f"読み取った質問：{question.text}"
    if question.years:
        yield f"年度：{'、'.join(f'令和{year}年度' for year in sorted(question.years))}"
    if question.asked:
        yield f"聞かれている値：{'、'.join(NAMES[kind] for kind in sorted(question.asked))}"
    if question.sizes:
        yield f"人口：{'、'.join(f'{size:,}人' for size in question.sizes)}"


def _words(question: Question) -> Mapping[int, str]:
    """The words of a question that carry a subject, by code."""
    return {code(WORD, word.term): word.surface for word in question.tokens.words}


def _matched(index: Index, looked: Looked, number: int) -> Iterator[str]:
    have = index.matched(looked, number)
    if same := _same(looked.question, have):
        yield f"　一致した語：{'・'.join(same)}"
    if alike := _alike(looked.question, have):
        yield f"　言い換えで一致：{'・'.join(alike)}"
    if missing := _missing(looked.question, have):
        yield f"　この項目にない語：{'・'.join(missing)}"


def _same(question: Question, have: frozenset[int]) -> tuple[str, ...]:
    return tuple(surface for key, surface in _words(question).items() if key in have)


def _alike(question: Question, have: frozenset[int]) -> tuple[str, ...]:
    """Groups of words that mean the same, by one of which the entry matches."""
    same = _same(question, have)
    names = (group.name for group in question.own if code(OWN, group.name) in have)
    return tuple(dict.fromkeys(name for name in names if name not in same))


def _missing(question: Question, have: frozenset[int]) -> list[str]:
    """Words of the question the entry has neither itself nor by a synonym."""
    spans = [
        (group.start, group.end)
        for channel, groups in ((OWN, question.own), (CORE, question.tokens.groups))
        for group in groups
        if code(channel, group.name) in have
    ]
    return list(dict.fromkeys(
        word.surface
        for word in question.tokens.words
        if code(WORD, word.term) not in have
        and not any(start < word.end and word.start < end for start, end in spans)
    ))  # fmt: skip


def _held(question: Question, known: Known) -> Iterator[str]:
    for kind in sorted(question.asked):
        yield f"　{NAMES[kind]}：{HOLDINGS[_holding(kind, known)]}"
    if question.years and known.years and not question.years & known.years:
        yield f"　年度：この項目は{'、'.join(f'令和{year}年度' for year in sorted(known.years))}のものです"


def _behind(index: Index, looked: Looked, number: int, gap: float) -> Iterator[str]:
    """Why an entry stands behind the first."""
    words = _only_first(index, looked, number)
    reason = (
        f"1位だけにある語：{'・'.join(words)}"
        if words
        else "同じ語が、1位ではより短い題名や聞き方の中にあります"
    )
    yield f"　1位との差{gap:.1f}。{reason}"


def _only_first(index: Index, looked: Looked, number: int) -> tuple[str, ...]:
    first = looked.order[0][0]
    more = index.matched(looked, first) - index.matched(looked, number)
    return tuple(surface for key, surface in _words(looked.question).items() if key in more)


def _advice(index: Index, looked: Looked, number: int, entry: Entry) -> Iterator[str]:
    missing = _missing(looked.question, index.matched(looked, number))
    if missing:
        yield f"　直し方：聞き方（questions）か別名（aliases）に「{'・'.join(missing)}」を使った言い方を足してください"
    if entry.replaced_by:
        yield f"　この項目は {entry.replaced_by} に置き換えられています"
    for kind in sorted(looked.question.asked & index.known(number).unknown):
        yield f"　直し方：{NAMES[kind]}が分かったら、答えに書いて「書かれていません」の行を消してください"
