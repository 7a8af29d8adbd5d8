"""A form asked field by field, for chats that cannot show a whole one (the terminal, LoGoチャット).

Where it stands is in the dialogue's row only, so that it goes on after a restart. No clock: "tomorrow"
and "too long ago" count from when the message was said. Long lists come in parts, as a select stamp of
LoGoチャット holds nine options of 64 characters; a name or a part of it may be typed instead.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from bot.chat import Button, Card, Field, Form, FormValue, Message, Option
from bot.days import day_of
from bot.dialogues import Dialogue, State, close
from handlers.step_cards import buttons_for, card_for, facts_of, meaning_of, shown_options, topic_of
from handlers.step_stand import (
    ACTION,
    Stand,
    button_value,
    chosen_values,
    index_of,
    read_row,
    seal_of,
    step_word,
    table_rows,
    whole_message,
    why_wrong,
    write_row,
)
from handlers.step_words import (
    ALWAYS,
    RESUME,
    WORDS,
    clean_text,
    cut,
    day_meant,
    plain_text,
    small_number,
)

STALE_AFTER = timedelta(minutes=60)


def ask(dialogue: Dialogue) -> Card:
    """The card for where the dialogue stands."""
    return card_for(read_row(dialogue))


def take(session: Session, message: Message, dialogue: Dialogue) -> Card | Message:
    """Take one answer: the next card, or the whole form as a Message for the caller to handle."""
    session.refresh(dialogue, with_for_update=True)  # two answers at once are taken one by one
    if dialogue.state != State.OPEN:
        return ended()
    stand = read_row(dialogue)
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
    write_row(dialogue, stand)
    dialogue.touched_at = message.said_at
    return whole_message(message, stand) if stand.sending else card_for(stand)


def paused(dialogue: Dialogue, now: datetime) -> bool:
    """Has nothing been written for so long that a new text is hardly meant for this form?"""
    return now - dialogue.touched_at >= STALE_AFTER


def is_resume(message: Message) -> bool:
    """Does this take up a form left lying: 「つづける」 typed, or pressed on its card?"""
    if message.action is None:
        return plain_text(message.text) in RESUME
    return message.action == ACTION and message.value.endswith(":resume")


def resume_card(dialogue: Dialogue) -> Card:
    """What is shown when somebody comes back to a form left lying."""
    stand = read_row(dialogue)
    return Card(
        "書きかけの用紙があります",
        paragraphs=(f"「{stand.form.title}」の途中です。書いたところまで残っています。",),
        rows=facts_of(stand),
        buttons=(
            Button(ACTION, "つづける", button_value(stand, "resume"), "main"),
            Button(ACTION, "やめる", button_value(stand, "cancel")),
        ),
        frame="step",
        topic=topic_of(stand),
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


def _pressed(stand: Stand, message: Message) -> tuple[str, str]:
    """What a step button means here; one of another step or form means nothing."""
    parts = message.value.split(":", 3)
    if message.action != ACTION or parts[:1] != [str(stand.id)]:
        return "", ""
    step, verb, rest = (*parts[1:], "", "", "")[:3]
    if step != step_word(stand) and verb not in ("cancel", "resume"):
        return "", ""
    return verb, rest


def _typed(stand: Stand, text: str, *, resumes: bool) -> tuple[str, str]:
    """What a typed text means: an option, a button by its name, or words for the field."""
    word = plain_text(text)
    if resumes and word in RESUME:
        return "resume", ""
    if stand.asked is not None:
        for option in stand.asked.options:
            if (
                word and plain_text(option.label) == word
            ):  # before 中止 and the like: it may be an answer
                return "pick", option.value
    buttons = buttons_for(stand)
    for button in buttons:
        verb, rest = meaning_of(button)
        if word and (word == plain_text(button.label) or word in WORDS.get(verb, ())):
            return verb, rest
    for verb in ALWAYS:
        if word in WORDS[verb]:
            return verb, ""
    if stand.asked is None and (n := small_number(word)) is not None and n <= len(buttons):
        return meaning_of(buttons[n - 1])
    return "text", text


def _acted(stand: Stand, verb: str, rest: str) -> Stand:  # noqa: PLR0911  one line a button
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
        case "confirm" if field is None and stand.previewed and rest == seal_of(stand):
            return replace(_off(stand), confirmed=True)
    return stand


def _back(stand: Stand) -> Stand:
    if stand.mending:
        return stand.at(stand.end)
    if stand.end and (stand.todo or stand.asked is None):
        return stand.at(stand.end, "which")  # a mistake may have its cause in any other field
    if stand.step == 0:
        return stand.says("ここが最初です。前の項目はありません")
    return stand.at(stand.step - 1)


def _left(stand: Stand, field: Field) -> Stand:
    """Go on with what stands there; nothing is fine for what need not be filled in."""
    why = why_wrong(stand, field, stand.value(field))
    if field.kind != "file" and why:
        return stand.says(why)
    if stand.value(field) and not stand.keeps(field):
        return stand.says(field.error)
    return _on(stand, field)


def _picked(stand: Stand, field: Field, value: str) -> Stand:
    if value not in {option.value for option in field.options}:
        return stand.says(f"{field.label}を一覧から選んでください")
    if not field.name:
        return stand.at(index_of(stand.form, value), "field")
    if field.kind == "single":
        return _answered(stand, field, value)
    before = chosen_values(stand, field)
    after = tuple(v for v in before if v != value) if value in before else (*before, value)
    if after and (why := why_wrong(stand, field, after)):
        return stand.says(why)
    return replace(stand, values={**stand.values, field.name: after}, changed=True)


def _answered(stand: Stand, field: Field, value: FormValue) -> Stand:
    if why := why_wrong(stand, field, value):
        return stand.says(why)
    return _on(replace(stand, values={**stand.values, field.name: value}, changed=True), field)


def _on(stand: Stand, field: Field) -> Stand:
    """This field is done: to the next mistake, back to the end, to the next field, or off."""
    todo = tuple(name for name in stand.todo if name != field.name)
    stand = replace(stand, todo=todo)
    if todo:
        return stand.at(index_of(stand.form, todo[0]))
    if stand.mending and stand.form.preview is None and not stand.form.previews:
        return stand.at(stand.end)
    if stand.mending or _had_mistakes(stand) or stand.step + 1 == stand.end:
        return _off(stand)
    return stand.at(stand.step + 1)


def _had_mistakes(stand: Stand) -> bool:
    return any(f.error for f in stand.form.fields)


def _off(stand: Stand) -> Stand:
    """Send it, unless a field is still wrong (a file cannot be given here, so it is no mistake)."""
    whys = stand.form.wrong({f.name: stand.value(f) for f in stand.form.fields})
    todo = tuple(f.name for f in stand.form.fields if f.name in whys and f.kind != "file")
    if todo:
        return replace(stand.at(index_of(stand.form, todo[0])), todo=todo)
    return replace(stand.at(stand.end), sending=True)


def _written(stand: Stand, text: str, today: date) -> Stand:
    """Words for the field that is asked."""
    field, text = stand.asked, clean_text(text)
    if field is None:
        return stand.says("まだ送っていません。下から選んでください")
    if not text:
        return stand.says(why_wrong(stand, field, "") or "答えを書くか、下から選んでください")
    if field.kind == "file":
        return stand
    if field.kind in _LISTS:
        return _LISTS[field.kind](stand, field, text)
    if field.kind == "number":
        text = unicodedata.normalize("NFKC", text).replace(",", "")
    elif field.kind == "date" and (day := day_meant(text, today)):
        text = day.isoformat()
    elif field.kind == "text":
        text = " ".join(text.split("\n"))
    return _answered(stand, field, text)


def _searched(stand: Stand, field: Field, text: str) -> Stand:
    found = _matches(stand, field, text)
    if len(found) == 1:
        return _picked(stand, field, found[0].value)
    if not found:
        return stand.says(f"{field.label}を一覧から選んでください")
    stand = replace(stand, start=0, narrowed=tuple(option.value for option in found))
    return stand.says(f"当てはまるものが{len(found)}つあります。選んでください")


def _listed(stand: Stand, field: Field, text: str) -> Stand:
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
            shown = cut(word, 20)
            why = "に当てはまるものが2つ以上あります" if found else "は一覧にありません"
            return stand.says(f"「{shown}」{why}。番号か名前で選んでください")
        chosen.append(found[0].value)
    return _answered(stand, field, tuple(dict.fromkeys(chosen)))


def _tabled(stand: Stand, field: Field, text: str) -> Stand:
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
    values = {**stand.values, field.name: (*table_rows(stand, field), *rows)}
    return replace(stand, values=values, changed=True)


_LISTS: Mapping[str, Callable[[Stand, Field, str], Stand]] = {
    "single": _searched,
    "multiple": _listed,
    "table": _tabled,
}


def _matches(stand: Stand, field: Field, text: str) -> tuple[Option, ...]:
    """Options for a number as shown, a label, or a part of one; by their hints where no label fits."""
    word = plain_text(text)
    shown = shown_options(stand, field)[0]
    if (n := small_number(word)) is not None and n <= len(shown):
        return (shown[n - 1],)
    word = re.sub(r"(です|にします|でお願いします|をお願いします)$", "", word)
    if not word:
        return ()
    if same := tuple(o for o in field.options if plain_text(o.label) == word):
        return same[:1]
    parts = tuple(o for o in field.options if word in plain_text(o.label))
    return parts or tuple(o for o in field.options if word in plain_text(o.hint))
