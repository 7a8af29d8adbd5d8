"""Towns that did something, side by side."""

from dataclasses import dataclass

from bot.cards.talk import consult_button
from bot.chat import Button, Card, Row

ROUND = 100  # documents state populations in hundreds and more


@dataclass(frozen=True)
class Shown:
    """One case. `population` is None where no document states it; `far`: of quite another size."""

    entry_id: str
    towns: tuple[str, ...]
    population: int | None
    what: str
    did: str
    outcome: str
    point: str
    far: bool


def found(shown: tuple[Shown, ...], asked: str, question_id: int, *, inside: bool) -> Card:
    """Up to five. `asked`: what was looked for, as it was understood."""
    return Card(
        f"事例が{len(shown)}件あります" if len(shown) > 1 else "事例が1件あります",
        (asked,),
        rows=tuple(Row(_who(one), _told(one)) for one in shown),
        buttons=(
            *(Button("entry", one.what, one.entry_id, style="pick", hint=one.did) for one in shown),
            *(() if inside else (consult_button(str(question_id)),)),
        ),
        frame="choices",
    )


def nothing(asked: str, question_id: int, *, inside: bool) -> Card:
    """No case fits: said plainly, with the way on."""
    return Card(
        "合う事例は、手元の資料にありません",
        (asked, *(() if inside else ("相談すると、リエゾンがほかの市町に心当たりを聞けます。",))),
        buttons=() if inside else (consult_button(str(question_id)),),
        frame="unknown",
    )


def understood(theme: str, near: int | None, like: str, places: str, *, size_unknown: bool) -> str:
    """探したもの：防災、人口17,346人（多可町）に近い順"""
    size = f"人口{near:,}人" + (f"（{like}）" if like else "") + "に近い順" if near else ""
    parts = "、".join(part for part in (theme, places, size) if part)
    unknown = "規模を比べる市町がわからないので、規模では並べていません。" if size_unknown else ""
    return f"探したもの：{parts or 'すべての事例'}。{unknown}"


def _who(one: Shown) -> str:
    name = "・".join(one.towns) or "市町名は資料に記載なし"
    about = "約" if one.population and one.population % ROUND == 0 else ""
    size = f"人口{about}{one.population:,}人" if one.population else "人口は資料に記載なし"
    return f"{name}（{size}{'、規模は離れています' if one.far else ''}）"


def _told(one: Shown) -> str:
    outcome = f"成果：{one.outcome}" if one.outcome else one.did
    parts = (one.what, outcome, f"ポイント：{one.point}" if one.point else "")
    return "。".join(part for part in parts if part)
