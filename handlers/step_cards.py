"""The cards of a form that is asked step by step. Long lists come in parts, as a select stamp of
LoGoチャット holds nine options of 64 characters."""

from dataclasses import replace

from bot.chat import Button, Card, Cell, Chip, Field, FormValue, Option, Row, Table
from bot.days import WEEKDAYS, in_full
from handlers.step_stand import (
    ACTION,
    SEVERAL,
    Stand,
    button_value,
    chosen_values,
    seal_of,
    table_rows,
    why_wrong,
)
from handlers.step_words import cut, iso_day

ROOM = 9
LONGEST_LABEL = 64
LONGEST_FACT = 40
LONGEST_CURRENT = 400


def card_for(stand: Stand) -> Card:
    field = stand.asked
    if field is None:
        return _last_card(stand)
    value = stand.value(field)
    error = stand.wrong or (field.error if value == field.value and field.name else "")
    if not error and field.name in stand.todo:
        error = why_wrong(stand, field, value)
    new = stand.step == 0 and not stand.values and not stand.mending
    rows = facts_of(stand, but=field.name)
    if value and field.kind != "table" and field.name:
        rows = (*rows, Row("いまの内容", cut(_told(field, value), LONGEST_CURRENT)))
    return Card(
        title=field.label,
        paragraphs=tuple(
            filter(None, (error, stand.form.intro if new else "", field.hint, _too_long(stand)))
        ),
        rows=rows,
        table=_sheet(stand, field) if field.kind == "table" and value else None,
        buttons=buttons_for(stand),
        frame="step",
        topic=topic_of(stand),
        chips=_chips(field, error),
        note=_how(stand, field),
        awaits=True,
    )


def _last_card(stand: Stand) -> Card:
    """The preview with what can be done about it, or everything filled in where there is none."""
    preview = stand.form.preview
    if preview is None or not stand.previewed:
        rows = facts_of(stand, longest=LONGEST_CURRENT)
        preview = Card(stand.form.title, rows=rows)
    wrong = (stand.wrong,) if stand.wrong else ()
    return replace(
        preview,
        topic=preview.topic or topic_of(stand),
        paragraphs=(*wrong, *preview.paragraphs),
        buttons=buttons_for(stand),
        frame="step",
        opens="",
        state="",
        note=preview.note or f"「{stand.form.submit}」を選ぶまで送りません",
        awaits=True,
    )


def buttons_for(stand: Stand) -> tuple[Button, ...]:
    field = stand.asked
    if field is None:
        send = button_value(stand, f"confirm:{seal_of(stand)}" if stand.previewed else "send")
        mend = (Button(ACTION, "直す", button_value(stand, "mend")),) if stand.end else ()
        stop = Button(ACTION, "やめる", button_value(stand, "cancel"))
        return (Button(ACTION, stand.form.submit, send, "main"), *mend, stop)
    options, more = shown_options(stand, field)
    chosen = chosen_values(stand, field) if field.name else ()
    picks = tuple(
        Button(
            ACTION,
            cut(("✓ " if option.value in chosen else "") + option.label, LONGEST_LABEL),
            button_value(stand, f"pick:{option.value}"),
            "pick",
            hint=option.hint,
        )
        for option in options
    )
    return (*picks, *more, *_controls(stand, field))


def shown_options(stand: Stand, field: Field) -> tuple[tuple[Option, ...], tuple[Button, ...]]:
    """The part of the options that fits, and the button that leads to the others."""
    if field.kind not in ("single", "multiple"):
        return (), ()
    options = (*field.shown_first, *field.others)
    pool = tuple(o for o in options if not stand.narrowed or o.value in stand.narrowed)
    if field.likely and stand.start == 0 and not stand.narrowed:
        leads = button_value(stand, f"more:{len(field.shown_first)}")
        return field.shown_first, (Button(ACTION, "ほかから選ぶ", leads),)
    room = ROOM - len(_controls(stand, field))
    if len(pool) <= room and not stand.narrowed:
        return pool, ()
    room -= 1
    start = stand.start if stand.start < len(pool) else 0
    if start + room < len(pool):
        leads, label = f"more:{start + room}", "つづきを見る"
    elif stand.narrowed:
        leads, label = "all", "一覧を見る"
    else:
        leads, label = "more:0", "最初から見る"
    return pool[start : start + room], (Button(ACTION, label, button_value(stand, leads)),)


def _controls(stand: Stand, field: Field) -> tuple[Button, ...]:
    value = stand.value(field)
    offered = [
        ("next", "これで次へ", stand.keeps(field)),
        ("skip", "とばす", field.kind == "file" or not (field.required or value)),
        ("clear", "消す", value and (not field.required or field.kind in SEVERAL)),
        ("back", "戻る", stand.step or stand.mending or stand.todo),
        ("cancel", "やめる", True),
    ]
    return tuple(
        Button(ACTION, label, button_value(stand, verb)) for verb, label, yes in offered if yes
    )


def topic_of(stand: Stand) -> str:
    if stand.mending == "which":
        where = "直すところ"
    elif stand.step < stand.end:
        where = f"{stand.step + 1}／{stand.end}"
    else:
        where = "送る前の確認"
    return f"{stand.form.title} {where}"


def _chips(field: Field, error: str) -> tuple[Chip, ...]:
    if not field.name:
        return ()
    chips = (Chip("必須" if field.required else "任意"),)
    return (*chips, Chip("確かめてください", "stop")) if error else chips


def facts_of(
    stand: Stand, *, but: str | None = None, longest: int = LONGEST_FACT
) -> tuple[Row, ...]:
    """What is filled in already."""
    return tuple(
        Row(f.label, cut(_told(f, stand.value(f)), longest))
        for at, f in enumerate(stand.form.fields)
        if f.name != but and stand.value(f) and (at < stand.step or f.name in stand.values)
    )


def _told(field: Field, value: FormValue) -> str:
    """A value as the person would say it."""
    if field.kind in ("single", "multiple"):
        labels = {option.value: option.label for option in field.options}
        picked = (value,) if isinstance(value, str) else value
        return "、".join(labels.get(v, v) for v in picked if isinstance(v, str))
    if not isinstance(value, str):
        return f"{len(value)}行"
    if field.kind == "date" and (day := iso_day(value)):
        return f"{in_full(day)}（{WEEKDAYS[day.weekday()]}）"
    return value


def _sheet(stand: Stand, field: Field) -> Table:
    rows = tuple(tuple(Cell(cell) for cell in row) for row in table_rows(stand, field))
    return Table(field.label, field.head, rows)


def _how(stand: Stand, field: Field) -> str:
    """How to answer, in one line."""
    shown = len(shown_options(stand, field)[0])
    part = f"全部で{len(field.options)}あります。" if shown < len(field.options) else ""
    order = f"（{'、'.join(field.head)}）" if field.head else ""
    ways = {
        "text": "そのまま書いてください",
        "long": "そのまま書いてください",
        "number": "数字を書いてください（例：3）",
        "single": f"{part}番号か名前の一部で答えてください",
        "multiple": f"{part}1つずつ選ぶか、「1 3 4」のように書いてください。もう一度選ぶと外れます",
        "date": "「12月1日」「2026-12-01」「あした」のように書いてください",
        "file": "このチャットではファイルを受け取れません。「とばす」で先へ進んでください",
        "table": f"1行に1件ずつ書いてください{order}",
    }
    return ways[field.kind]


def _too_long(stand: Stand) -> str:
    """Options in full where a button cannot hold them."""
    field = stand.asked
    options = shown_options(stand, field)[0] if field else ()
    if all(len(option.label) < LONGEST_LABEL - 1 for option in options):
        return ""
    return "\n".join(f"{n}　{option.label}" for n, option in enumerate(options, 1))


def meaning_of(button: Button) -> tuple[str, str]:
    _, _, verb, rest = (*button.value.split(":", 3), "")[:4]
    return verb, rest
