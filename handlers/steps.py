"""A form asked field by field, for chats that cannot show a whole one (the terminal, LoGoチャット).

Where it stands is in the dialogue's row only, so that it goes on after a restart. No clock: "tomorrow"
and "too long ago" count from when the message was said. Long lists come in parts, as a select stamp of
LoGoチャット holds nine options of 64 characters; a name or a part of it may be typed instead.
"""

import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from bot.chat import (
    CONFIRMED,
    Button,
    Card,
    Cell,
    Chip,
    Field,
    Form,
    FormValue,
    Message,
    Option,
    Row,
    Table,
)
from bot.days import REIWA_BEFORE, WEEKDAYS, day_of, in_full
from bot.dialogues import Dialogue, State, close

ACTION = "step"
STALE_AFTER = timedelta(minutes=60)
ROOM = 9
LONGEST_LABEL = 64
LONGEST_NUMBER = 18
LONGEST_FACT = 40
LONGEST_CURRENT = 400
YEARS_AHEAD = 9  # the next 29 February is at most eight years away

_OWN = ":"  # the key in a row's values under which the engine keeps its own state; no field is called so

_WORDS: Mapping[str, frozenset[str]] = {
    "back": frozenset({"戻る", "もどる", "戻す", "前へ", "前に戻る", "ひとつ戻る"}),
    "skip": frozenset({"とばす", "飛ばす", "スキップ", "skip"}),
    "cancel": frozenset(
        {"やめる", "止める", "やめます", "キャンセル", "中止", "中止する", "cancel"}
    ),
    "next": frozenset({"これで次へ", "次へ", "つぎへ", "このまま", "これでよい"}),
    "clear": frozenset({"消す", "けす"}),
    "more": frozenset({"つづきを見る", "続きを見る", "つづき", "続き"}),
    "all": frozenset({"一覧を見る", "一覧"}),
    "mend": frozenset({"直す", "なおす", "修正", "修正する"}),
    "send": frozenset({"送る", "おくる"}),
    "confirm": frozenset({"送る", "おくる"}),
}
_ALWAYS = ("back", "skip", "cancel")
_RESUME = frozenset({"つづける", "続ける", "つづきから", "再開", "再開する"})
_SEVERAL = ("multiple", "table")


@dataclass(frozen=True)
class _Stand:
    """Where a dialogue stands, read from its row and written back to it.

    `values`: what was answered here. `start` and `narrowed`: the part of the options that is shown.
    `todo`: fields with a mistake, to be mended in this order. `mending`: "which" while the person
    chooses what to mend, then "field". `changed`: the preview no longer shows what would be sent.
    `wrong`, `sending` and `confirmed` live for one answer only.
    """

    id: int
    form: Form
    step: int
    values: Mapping[str, FormValue]
    start: int = 0
    narrowed: tuple[str, ...] = ()
    todo: tuple[str, ...] = ()
    mending: str = ""
    changed: bool = False
    wrong: str = ""
    sending: bool = False
    confirmed: bool = False

    @property
    def asked(self) -> Field | None:
        """What is asked now; None at the end, where only sending is left."""
        if self.mending == "which":
            options = tuple(Option(f.name, f.label) for f in self.form.fields)
            return Field("", "どこを直しますか", "single", options=options)
        return self.form.fields[self.step] if self.step < self.end else None

    @property
    def end(self) -> int:
        return len(self.form.fields)

    @property
    def previewed(self) -> bool:
        return self.form.preview is not None and not self.changed

    def value(self, field: Field) -> FormValue:
        return self.values.get(field.name, field.value)

    def keeps(self, field: Field) -> bool:
        """May the person go on with what stands there? Not with the very value that was refused."""
        refused = field.error and self.value(field) == field.value and not self.changed
        return bool(field.name and self.value(field) and not refused)

    def at(self, step: int, mending: str = "") -> "_Stand":
        """At another question, its list shown from the beginning."""
        return replace(self, step=step, mending=mending, start=0, narrowed=())

    def says(self, sentence: str) -> "_Stand":
        return replace(self, wrong=sentence)


def ask(dialogue: Dialogue) -> Card:
    """The card for where the dialogue stands."""
    return _card(_read(dialogue))


def take(session: Session, message: Message, dialogue: Dialogue) -> Card | Message:
    """Take one answer: the next card, or the whole form as a Message for the caller to handle."""
    session.refresh(dialogue, with_for_update=True)  # two answers at once are taken one by one
    if dialogue.state != State.OPEN:
        return ended()
    stand = _read(dialogue)
    if message.action is None:
        verb, rest = _typed(stand, message.text, resumes=paused(dialogue, message.said_at))
    else:
        verb, rest = _pressed(stand, message)
    if verb == "cancel":
        return _cancelled(stand.form) if close(session, dialogue, State.CANCELLED) else ended()
    if message.files and not message.text.strip():
        stand = stand.says("ファイルはここでは受け取れません。文で書いてください")
    elif verb == "text":
        stand = _written(stand, rest, day_of(message.said_at))
    else:
        stand = _acted(stand, verb, rest)
    _write(dialogue, stand)
    dialogue.touched_at = message.said_at
    return _message(message, stand) if stand.sending else _card(stand)


def paused(dialogue: Dialogue, now: datetime) -> bool:
    """Has nothing been written for so long that a new text is hardly meant for this form?"""
    return now - dialogue.touched_at >= STALE_AFTER


def is_resume(message: Message) -> bool:
    """Does this take up a form left lying: 「つづける」 typed, or pressed on its card?"""
    if message.action is None:
        return _plain(message.text) in _RESUME
    return message.action == ACTION and message.value.endswith(":resume")


def resume_card(dialogue: Dialogue) -> Card:
    """What is shown when somebody comes back to a form left lying."""
    stand = _read(dialogue)
    return Card(
        "書きかけの用紙があります",
        paragraphs=(f"「{stand.form.title}」の途中です。書いたところまで残っています。",),
        rows=_facts(stand),
        buttons=(
            Button(ACTION, "つづける", _value(stand, "resume"), "main"),
            Button(ACTION, "やめる", _value(stand, "cancel")),
        ),
        frame="step",
        topic=_topic(stand),
    )


def ended() -> Card:
    """For a step button whose form is sent or closed already."""
    return Card(
        "この用紙はもう閉じています",
        paragraphs=("いまの操作では何も送っていません。必要なときは、もう一度はじめてください。",),
        frame="plain",
    )


def _cancelled(form: Form) -> Card:
    return Card(
        f"「{form.title}」は送りませんでした",
        paragraphs=("書いていた内容は消しました。また必要になったら、いつでもはじめられます。",),
        frame="plain",
    )


def _read(dialogue: Dialogue) -> _Stand:
    own = dialogue.values.get(_OWN) or {}
    form = dialogue.form
    names = {f.name for f in form.fields}
    values = {name: _tuples(v) for name, v in dialogue.values.items() if name in names}
    stand = _Stand(dialogue.id, form, min(dialogue.step, len(form.fields)), values)
    if own.get("event") != dialogue.event_id:
        return _arrived(stand)
    return replace(
        stand,
        start=own["start"],
        narrowed=tuple(own["narrowed"]),
        todo=tuple(name for name in own["todo"] if name in names),
        mending=own["mending"],
        changed=own["changed"],
    )


def _arrived(stand: _Stand) -> _Stand:
    """The form came anew: with mistakes, with its preview, or opened once more where it was left."""
    wrong = tuple(f.name for f in stand.form.fields if f.error)
    if wrong:
        return replace(stand, step=_index(stand.form, wrong[0]), todo=wrong)
    if stand.form.preview is not None:
        return replace(stand, step=stand.end)
    return replace(stand, step=stand.step if stand.step < stand.end else 0)


def _write(dialogue: Dialogue, stand: _Stand) -> None:
    own = {
        "event": dialogue.event_id,
        "start": stand.start,
        "narrowed": stand.narrowed,
        "todo": stand.todo,
        "mending": stand.mending,
        "changed": stand.changed,
    }
    # A new dict each time: SQLAlchemy does not see changes inside a JSON value.
    dialogue.step, dialogue.values = stand.step, {**stand.values, _OWN: own}


def _message(message: Message, stand: _Stand) -> Message:
    values: dict[str, FormValue] = {}
    for f in stand.form.fields:
        values[f.name] = stand.value(f) or (() if f.kind in _SEVERAL else "")
    if stand.confirmed:
        values[CONFIRMED] = "yes"
    return replace(
        message, action=stand.form.action, value=stand.form.value, values=values, text=""
    )


def _pressed(stand: _Stand, message: Message) -> tuple[str, str]:
    """What a step button means here; one of another step or form means nothing."""
    parts = message.value.split(":", 3)
    if message.action != ACTION or parts[:1] != [str(stand.id)]:
        return "", ""
    step, verb, rest = (*parts[1:], "", "", "")[:3]
    if step != _step_word(stand) and verb not in ("cancel", "resume"):
        return "", ""
    return verb, rest


def _typed(stand: _Stand, text: str, *, resumes: bool) -> tuple[str, str]:
    """What a typed text means: an option, a button by its name, or words for the field."""
    word = _plain(text)
    if resumes and word in _RESUME:
        return "resume", ""
    if stand.asked is not None:
        for option in stand.asked.options:
            if (
                word and _plain(option.label) == word
            ):  # before 中止 and the like: it may be an answer
                return "pick", option.value
    buttons = _buttons(stand)
    for button in buttons:
        verb, rest = _meaning(button)
        if word and (word == _plain(button.label) or word in _WORDS.get(verb, ())):
            return verb, rest
    for verb in _ALWAYS:
        if word in _WORDS[verb]:
            return verb, ""
    if stand.asked is None and (n := _number(word)) is not None and n <= len(buttons):
        return _meaning(buttons[n - 1])
    return "text", text


def _acted(stand: _Stand, verb: str, rest: str) -> _Stand:  # noqa: PLR0911  one line a button
    field = stand.asked
    match verb:
        case "pick" if field:
            return _picked(stand, field, rest)
        case "next" | "skip" if field and field.name:
            return _left(stand, field)
        case "clear" if field and field.name:
            return replace(stand, values={**stand.values, field.name: ""}, changed=True, start=0)
        case "more" if rest.isdecimal():
            return replace(stand, start=int(rest[:4]))
        case "all":
            return replace(stand, start=0, narrowed=())
        case "back":
            return _back(stand)
        case "mend" if field is None and stand.end:
            return stand.at(stand.end, "which")
        case "send" if field is None:
            return _off(stand)
        case "confirm" if field is None and stand.previewed and rest == _seal(stand):
            return replace(_off(stand), confirmed=True)
    return stand


def _back(stand: _Stand) -> _Stand:
    if stand.mending:
        return stand.at(stand.end)
    if stand.end and (stand.todo or stand.asked is None):
        return stand.at(stand.end, "which")  # a mistake may have its cause in any other field
    if stand.step == 0:
        return stand.says("ここが最初です。前の項目はありません")
    return stand.at(stand.step - 1)


def _left(stand: _Stand, field: Field) -> _Stand:
    """Go on with what stands there; nothing is fine for what need not be filled in."""
    why = _why(stand, field, stand.value(field))
    if field.kind != "file" and why:
        return stand.says(why)
    if stand.value(field) and not stand.keeps(field):
        return stand.says(field.error)
    return _on(stand, field)


def _picked(stand: _Stand, field: Field, value: str) -> _Stand:
    if value not in {option.value for option in field.options}:
        return stand.says(f"{field.label}を一覧から選んでください")
    if not field.name:
        return stand.at(_index(stand.form, value), "field")
    if field.kind == "single":
        return _answered(stand, field, value)
    before = _chosen(stand, field)
    after = tuple(v for v in before if v != value) if value in before else (*before, value)
    if after and (why := _why(stand, field, after)):
        return stand.says(why)
    return replace(stand, values={**stand.values, field.name: after}, changed=True)


def _answered(stand: _Stand, field: Field, value: FormValue) -> _Stand:
    if why := _why(stand, field, value):
        return stand.says(why)
    return _on(replace(stand, values={**stand.values, field.name: value}, changed=True), field)


def _on(stand: _Stand, field: Field) -> _Stand:
    """This field is done: to the next mistake, back to the end, to the next field, or off."""
    todo = tuple(name for name in stand.todo if name != field.name)
    stand = replace(stand, todo=todo)
    if todo:
        return stand.at(_index(stand.form, todo[0]))
    if stand.mending and stand.form.preview is None and not stand.form.previews:
        return stand.at(stand.end)
    if stand.mending or _had_mistakes(stand) or stand.step + 1 == stand.end:
        return _off(stand)
    return stand.at(stand.step + 1)


def _had_mistakes(stand: _Stand) -> bool:
    return any(f.error for f in stand.form.fields)


def _off(stand: _Stand) -> _Stand:
    """Send it, unless a field is still wrong (a file cannot be given here, so it is no mistake)."""
    whys = stand.form.wrong({f.name: stand.value(f) for f in stand.form.fields})
    todo = tuple(f.name for f in stand.form.fields if f.name in whys and f.kind != "file")
    if todo:
        return replace(stand.at(_index(stand.form, todo[0])), todo=todo)
    return replace(stand.at(stand.end), sending=True)


def _written(stand: _Stand, text: str, today: date) -> _Stand:
    """Words for the field that is asked."""
    field, text = stand.asked, _clean(text)
    if field is None:
        return stand.says("まだ送っていません。下から選んでください")
    if not text:
        return stand.says(_why(stand, field, "") or "答えを書くか、下から選んでください")
    if field.kind == "file":
        return stand
    if field.kind in _LISTS:
        return _LISTS[field.kind](stand, field, text)
    if field.kind == "number":
        text = unicodedata.normalize("NFKC", text).replace(",", "")
    elif field.kind == "date" and (day := _date(text, today)):
        text = day.isoformat()
    elif field.kind == "text":
        text = " ".join(text.split("\n"))
    return _answered(stand, field, text)


def _searched(stand: _Stand, field: Field, text: str) -> _Stand:
    found = _matches(stand, field, text)
    if len(found) == 1:
        return _picked(stand, field, found[0].value)
    if not found:
        return stand.says(f"{field.label}を一覧から選んでください")
    stand = replace(stand, start=0, narrowed=tuple(option.value for option in found))
    return stand.says(f"当てはまるものが{len(found)}つあります。選んでください")


def _listed(stand: _Stand, field: Field, text: str) -> _Stand:
    """「1 3 4」 or 「1、3」 or names: several are the whole answer, one is taken or taken back."""
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"[\d\s、,.・と]+", plain):
        words = re.findall(r"\d+", plain)
    else:
        words = [word for word in re.split(r"[\s、,]+", plain) if word]
    if len(words) <= 1 or _matches(stand, field, text):
        return _searched(stand, field, text)
    chosen: list[str] = []
    for word in words:
        found = _matches(stand, field, word)
        if len(found) != 1:
            shown = _cut(word, 20)
            why = "に当てはまるものが2つ以上あります" if found else "は一覧にありません"
            return stand.says(f"「{shown}」{why}。番号か名前で選んでください")
        chosen.append(found[0].value)
    return _answered(stand, field, tuple(dict.fromkeys(chosen)))


def _tabled(stand: _Stand, field: Field, text: str) -> _Stand:
    """One row a line, added to what is there; the last column takes what is left of the line."""
    rows = []
    for line in text.split("\n"):
        cells = [c.strip() for c in re.split(r"\t" if "\t" in line else "、", line)]
        width = max(len(field.head), 1)
        cells = [*cells[: width - 1], "、".join(cells[width - 1 :])] + [""] * (width - len(cells))
        if any(cells) and tuple(cells[:width]) != field.head:
            rows.append(tuple(cells[:width]))
    if not rows:
        return stand.says(f"{field.label}を1行に1件ずつ書いてください")
    values = {**stand.values, field.name: (*_lines(stand, field), *rows)}
    return replace(stand, values=values, changed=True)


_LISTS: Mapping[str, Callable[[_Stand, Field, str], _Stand]] = {
    "single": _searched,
    "multiple": _listed,
    "table": _tabled,
}


def _matches(stand: _Stand, field: Field, text: str) -> tuple[Option, ...]:
    """Options for a number as shown, a label, or a part of one; by their hints where no label fits."""
    word = _plain(text)
    shown = _shown(stand, field)[0]
    if (n := _number(word)) is not None and n <= len(shown):
        return (shown[n - 1],)
    word = re.sub(r"(です|にします|でお願いします|をお願いします)$", "", word)
    if not word:
        return ()
    if same := tuple(o for o in field.options if _plain(o.label) == word):
        return same[:1]
    parts = tuple(o for o in field.options if word in _plain(o.label))
    return parts or tuple(o for o in field.options if word in _plain(o.hint))


def _why(stand: _Stand, field: Field, value: FormValue) -> str:
    """What is wrong with this value, in the form's own words."""
    if field.kind == "number" and isinstance(value, str) and len(value.strip()) > LONGEST_NUMBER:
        # Python refuses to read thousands of digits, and no answer has so many.
        return f"{LONGEST_NUMBER}けたまでの数を書いてください"
    return stand.form.wrong({field.name: value}).get(field.name, "")


def _card(stand: _Stand) -> Card:
    field = stand.asked
    if field is None:
        return _last_card(stand)
    value = stand.value(field)
    error = stand.wrong or (field.error if value == field.value and field.name else "")
    if not error and field.name in stand.todo:
        error = _why(stand, field, value)
    new = stand.step == 0 and not stand.values and not stand.mending
    rows = _facts(stand, but=field.name)
    if value and field.kind != "table" and field.name:
        rows = (*rows, Row("いまの内容", _cut(_told(field, value), LONGEST_CURRENT)))
    return Card(
        title=field.label,
        paragraphs=tuple(
            filter(None, (error, stand.form.intro if new else "", field.hint, _too_long(stand)))
        ),
        rows=rows,
        table=_sheet(stand, field) if field.kind == "table" and value else None,
        buttons=_buttons(stand),
        frame="step",
        topic=_topic(stand),
        chips=_chips(field, error),
        note=_how(stand, field),
        awaits=True,
    )


def _last_card(stand: _Stand) -> Card:
    """The preview with what can be done about it, or everything filled in where there is none."""
    preview = stand.form.preview
    if preview is None or not stand.previewed:
        rows = _facts(stand, longest=LONGEST_CURRENT)
        preview = Card(stand.form.title, rows=rows)
    wrong = (stand.wrong,) if stand.wrong else ()
    return replace(
        preview,
        topic=preview.topic or _topic(stand),
        paragraphs=(*wrong, *preview.paragraphs),
        buttons=_buttons(stand),
        frame="step",
        opens="",
        state="",
        note=preview.note or f"「{stand.form.submit}」を選ぶまで送りません",
        awaits=True,
    )


def _buttons(stand: _Stand) -> tuple[Button, ...]:
    field = stand.asked
    if field is None:
        send = _value(stand, f"confirm:{_seal(stand)}" if stand.previewed else "send")
        mend = (Button(ACTION, "直す", _value(stand, "mend")),) if stand.end else ()
        stop = Button(ACTION, "やめる", _value(stand, "cancel"))
        return (Button(ACTION, stand.form.submit, send, "main"), *mend, stop)
    options, more = _shown(stand, field)
    chosen = _chosen(stand, field) if field.name else ()
    picks = tuple(
        Button(
            ACTION,
            _cut(("✓ " if option.value in chosen else "") + option.label, LONGEST_LABEL),
            _value(stand, f"pick:{option.value}"),
            "pick",
            hint=option.hint,
        )
        for option in options
    )
    return (*picks, *more, *_controls(stand, field))


def _shown(stand: _Stand, field: Field) -> tuple[tuple[Option, ...], tuple[Button, ...]]:
    """The part of the options that fits, and the button that leads to the others."""
    if field.kind not in ("single", "multiple"):
        return (), ()
    pool = tuple(o for o in field.options if not stand.narrowed or o.value in stand.narrowed)
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
    return pool[start : start + room], (Button(ACTION, label, _value(stand, leads)),)


def _controls(stand: _Stand, field: Field) -> tuple[Button, ...]:
    value = stand.value(field)
    offered = [
        ("next", "これで次へ", stand.keeps(field)),
        ("skip", "とばす", field.kind == "file" or not (field.required or value)),
        ("clear", "消す", value and (not field.required or field.kind in _SEVERAL)),
        ("back", "戻る", stand.step or stand.mending or stand.todo),
        ("cancel", "やめる", True),
    ]
    return tuple(Button(ACTION, label, _value(stand, verb)) for verb, label, yes in offered if yes)


def _topic(stand: _Stand) -> str:
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


def _facts(
    stand: _Stand, *, but: str | None = None, longest: int = LONGEST_FACT
) -> tuple[Row, ...]:
    """What is filled in already."""
    return tuple(
        Row(f.label, _cut(_told(f, stand.value(f)), longest))
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
    if field.kind == "date" and (day := _iso(value)):
        return f"{in_full(day)}（{WEEKDAYS[day.weekday()]}）"
    return value


def _sheet(stand: _Stand, field: Field) -> Table:
    rows = tuple(tuple(Cell(cell) for cell in row) for row in _lines(stand, field))
    return Table(field.label, field.head, rows)


def _how(stand: _Stand, field: Field) -> str:
    """How to answer, in one line."""
    shown = len(_shown(stand, field)[0])
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


def _too_long(stand: _Stand) -> str:
    """Options in full where a button cannot hold them."""
    field = stand.asked
    options = _shown(stand, field)[0] if field else ()
    if all(len(option.label) < LONGEST_LABEL - 1 for option in options):
        return ""
    return "\n".join(f"{n}　{option.label}" for n, option in enumerate(options, 1))


def _step_word(stand: _Stand) -> str:
    """Names the question in a button's value, so that one of another question is known."""
    return f"{stand.end}w" if stand.mending == "which" else str(stand.step)


def _value(stand: _Stand, what: str) -> str:
    return f"{stand.id}:{_step_word(stand)}:{what}"


def _meaning(button: Button) -> tuple[str, str]:
    _, _, verb, rest = (*button.value.split(":", 3), "")[:4]
    return verb, rest


def _seal(stand: _Stand) -> str:
    """Ties the last press to what the preview showed: an older preview sends nothing."""
    told = json.dumps([stand.value(f) for f in stand.form.fields], ensure_ascii=True)
    return f"{zlib.crc32(told.encode()):08x}"


def _chosen(stand: _Stand, field: Field) -> tuple[str, ...]:
    value = stand.value(field)
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str))


def _lines(stand: _Stand, field: Field) -> tuple[tuple[str, ...], ...]:
    value = stand.value(field)
    return () if isinstance(value, str) else tuple(v for v in value if isinstance(v, tuple))


def _index(form: Form, name: str) -> int:
    return next(at for at, f in enumerate(form.fields) if f.name == name)


def _tuples(value: Any) -> Any:
    """JSON knows lists only."""
    return tuple(_tuples(v) for v in value) if isinstance(value, list | tuple) else value


def _plain(text: str) -> str:
    """For comparing: width, case, white space, brackets and the full stop do not count."""
    return re.sub(r"[\s「」。]", "", unicodedata.normalize("NFKC", text)).casefold()


def _clean(text: str) -> str:
    """Without control characters, which PostgreSQL's JSON and terminals cannot take."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


def _number(word: str) -> int | None:
    return int(word) if re.fullmatch(r"[1-9][0-9]?", word) else None


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


_YEARLY = re.compile(r"(?:(\d{4})|(?:令和|r)(\d{1,2}|元))[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_SOLID = re.compile(r"(\d{4})()(\d{2})(\d{2})")
_DAY = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_LATER = re.compile(r"(\d{1,3})(日|週間)後")
_WEEKDAY = re.compile(r"(今週|来週|再来週|次|今度)?の?([月火水木金土日])曜日?")
_NEAR = {
    "今日": 0,
    "きょう": 0,
    "本日": 0,
    "明日": 1,
    "あした": 1,
    "あす": 1,
    "明後日": 2,
    "あさって": 2,
}
_WEEKS = {"今週": 0, "来週": 1, "再来週": 2}


def _date(text: str, today: date) -> date | None:  # noqa: PLR0911  one line a way to say a day
    """A day as people write it; without a year, the next one that comes (today counts)."""
    word = re.sub(r"\([月火水木金土日]曜?日?\)|です$|まで$", "", _plain(text))
    if word in _NEAR:
        return today + timedelta(days=_NEAR[word])
    if found := _YEARLY.fullmatch(word) or _SOLID.fullmatch(word):
        year, reiwa, month, day = found.groups()
        era = REIWA_BEFORE + (1 if reiwa == "元" else int(reiwa or 0))
        return _day(int(year) if year else era, int(month), int(day))
    if found := _DAY.fullmatch(word):
        month, day = (int(part) for part in found.groups())
        years = range(today.year, today.year + YEARS_AHEAD)
        days = (_day(year, month, day) for year in years)
        return next((there for there in days if there and there >= today), None)
    if found := _LATER.fullmatch(word):
        return today + timedelta(days=int(found[1]) * (7 if found[2] == "週間" else 1))
    if found := _WEEKDAY.fullmatch(word):
        ahead = WEEKDAYS.index(found[2]) - today.weekday()
        if found[1] in _WEEKS:
            return today + timedelta(days=ahead, weeks=_WEEKS[found[1]])
        return today + timedelta(days=ahead % 7 or 7)
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _iso(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
