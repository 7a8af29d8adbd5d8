"""What Slack does not take: too many blocks, too long texts, ids that stand twice."""

from collections.abc import Sequence
from typing import Any

from tests.slack_fake.elements import PRESSED, all_elements
from tests.slack_fake.people import Json
from tests.slack_fake.refusal import RefusedError

MESSAGE_BLOCKS, VIEW_BLOCKS, MESSAGE_LETTERS = 50, 100, 13_200
BLOCKS = frozenset(
    {
        "actions", "context", "divider", "file", "header", "image", "input", "markdown",
        "rich_text", "section", "table", "video",
    }
)  # fmt: skip
MOST_OPTIONS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}
ID, PRIVATE = 255, 3000


class LimitError(Exception):
    """What is wrong, and where."""


MALFORMED = (LimitError, AttributeError, KeyError, TypeError)


def check_message(blocks: Any) -> None:
    if not isinstance(blocks, list):
        raise RefusedError("invalid_blocks_format")
    try:
        _blocks(blocks, MESSAGE_BLOCKS)
    except MALFORMED as wrong:
        raise RefusedError("invalid_blocks", str(wrong)) from wrong
    if _letters(blocks) > MESSAGE_LETTERS:
        raise RefusedError("msg_blocks_too_long", f"{_letters(blocks)} letters")


def check_view(view: Any, *kinds: str) -> None:
    try:
        _view(view, kinds)
    except MALFORMED as wrong:
        raise RefusedError("invalid_arguments", str(wrong)) from wrong


def check_metadata(metadata: Any) -> None:
    """An event type, and a payload of plain values, objects of plain values or lists of these."""
    kept = isinstance(metadata, dict) and set(metadata) == {"event_type", "event_payload"}
    if not kept or not isinstance(metadata["event_type"], str) or not metadata["event_type"]:
        raise RefusedError("invalid_metadata_format", "event_type and event_payload")
    payload = metadata["event_payload"]
    if not isinstance(payload, dict):
        raise RefusedError("invalid_metadata_format", "event_payload is an object")
    for key, value in payload.items():
        values = value if isinstance(value, list) else [value]
        if not all(_plain(v) or (isinstance(v, dict) and _plain(*v.values())) for v in values):
            raise RefusedError("invalid_metadata_format", f"event_payload/{key} is too deep")


def _plain(*values: Any) -> bool:
    return all(isinstance(value, str | int | float) for value in values)


def _view(view: Any, kinds: tuple[str, ...]) -> None:
    if not isinstance(view, dict) or view.get("type") not in kinds:
        raise LimitError(f"view is not a {' or '.join(kinds)}")
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        raise LimitError("view/blocks is missing")
    if view["type"] == "modal":
        _text(view.get("title"), "title", 24, plain=True)
        for name in ("submit", "close"):
            if view.get(name) is not None:
                _text(view[name], name, 24, plain=True)
        if "submit" not in view and any(block.get("type") == "input" for block in blocks):
            raise LimitError("submit is missing, and there are inputs")
    for name, most in (("callback_id", ID), ("external_id", ID), ("private_metadata", PRIVATE)):
        _most(view.get(name, ""), name, most)
    _blocks(blocks, VIEW_BLOCKS)


def _blocks(blocks: Sequence[Any], most: int) -> None:
    if len(blocks) > most:
        raise LimitError(f"no more than {most} blocks allowed, there are {len(blocks)}")
    ids: set[str] = set()
    for number, block in enumerate(blocks):
        where = f"/blocks/{number}"
        if not isinstance(block, dict) or block.get("type") not in BLOCKS:
            raise LimitError(f"{where}: no such block")
        _most(block.get("block_id", ""), f"{where}/block_id", ID)
        if "block_id" in block and block["block_id"] in ids:
            raise LimitError(f"{where}: block_id {block['block_id']!r} already exists")
        ids.add(block.get("block_id", f"-{number}"))
        CHECKS.get(block["type"], _nothing)(block, where)
    for block, element in all_elements(blocks):
        _element(element, str(block.get("block_id", block["type"])))


def _nothing(_block: Json, _where: str) -> None: ...


def _section(block: Json, where: str) -> None:
    fields = block.get("fields", [])
    if "text" not in block and not fields:
        raise LimitError(f"{where}: text or fields")
    if "text" in block:
        _text(block["text"], f"{where}/text", 3000)
    _most(fields, f"{where}/fields", 10)
    for field in fields:
        _text(field, f"{where}/fields", 2000)


def _header(block: Json, where: str) -> None:
    _text(block.get("text"), f"{where}/text", 150, plain=True)


def _context(block: Json, where: str) -> None:
    _some(block.get("elements"), f"{where}/elements", 10)
    for element in block["elements"]:
        if element.get("type") != "image":
            _text(element, f"{where}/elements", 3000)


def _actions(block: Json, where: str) -> None:
    _some(block.get("elements"), f"{where}/elements", 25)
    ids = [element["action_id"] for element in block["elements"] if "action_id" in element]
    if len(ids) != len(set(ids)):
        raise LimitError(f"{where}: action_id stands twice")
    for element in block["elements"]:
        if element.get("type") not in PRESSED or "text_input" in element["type"]:
            raise LimitError(f"{where}: {element.get('type')!r} cannot stand in actions")


def _input(block: Json, where: str) -> None:
    _text(block.get("label"), f"{where}/label", 2000, plain=True)
    if "hint" in block:
        _text(block["hint"], f"{where}/hint", 2000, plain=True)
    element = block.get("element") or {}
    if element.get("type") not in PRESSED - {"button", "overflow", "workflow_button"}:
        raise LimitError(f"{where}: {element.get('type')!r} cannot stand in an input")


def _image(block: Json, where: str) -> None:
    if not block.get("alt_text"):
        raise LimitError(f"{where}: alt_text is missing")
    _most(block["alt_text"], f"{where}/alt_text", 2000)


def _markdown(block: Json, where: str) -> None:
    if not block.get("text"):
        raise LimitError(f"{where}: text is missing")
    _most(block["text"], f"{where}/text", 12_000)


CHECKS = {
    "actions": _actions,
    "context": _context,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "section": _section,
}


def _element(element: Json, where: str) -> None:
    kind = element["type"]
    _most(element.get("action_id", ""), f"{where}/action_id", ID)
    if kind == "button":
        _text(element.get("text"), f"{where}/button", 75, plain=True)
        _most(element.get("value", ""), f"{where}/value", 2000)
        _most(element.get("url", ""), f"{where}/url", 3000)
        if element.get("style", "primary") not in ("primary", "danger"):
            raise LimitError(f"{where}: no such style")
    if "placeholder" in element:
        _text(element["placeholder"], f"{where}/placeholder", 150, plain=True)
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *(o for group in groups for o in group["options"])]
    if "options" in element or kind in {"static_select", "multi_static_select", *MOST_OPTIONS}:
        _some(options, f"{where}/options", MOST_OPTIONS.get(kind, 100) * max(1, len(groups)))
    for option in options:
        check_option(option, where)
    for chosen in [element.get("initial_option"), *element.get("initial_options", [])]:
        if chosen is not None and options and chosen not in options:
            raise LimitError(
                f"{where}: initial option {chosen.get('value')!r} is none of the options"
            )
    if "confirm" in element:
        for name, most in (("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)):
            _text(element["confirm"].get(name), f"{where}/confirm/{name}", most)


def check_option(option: Json, where: str) -> None:
    _text(option.get("text"), f"{where}/option", 75)
    _most(option.get("value"), f"{where}/option value", 150)
    if "description" in option:
        _text(option["description"], f"{where}/description", 75)


def _text(text: Any, where: str, most: int, *, plain: bool = False) -> None:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, dict) or text.get("type") not in kinds:
        raise LimitError(f"{where}: not a {' or '.join(kinds)}")
    if not isinstance(text.get("text"), str) or not text["text"]:
        raise LimitError(f"{where}: must be more than 0 characters")
    _most(text["text"], where, most)


def _most(value: Any, where: str, most: int) -> None:
    if not isinstance(value, str | list):
        raise LimitError(f"{where}: missing or of a wrong type")
    if len(value) > most:
        raise LimitError(f"{where}: must be less than {most + 1}, is {len(value)}")


def _some(value: Any, where: str, most: int) -> None:
    if not isinstance(value, list) or not value:
        raise LimitError(f"{where}: must be more than 0")
    _most(value, where, most)


def _letters(value: Any) -> int:
    if isinstance(value, list):
        return sum(_letters(one) for one in value)
    if not isinstance(value, dict):
        return 0
    own = len(value["text"]) if isinstance(value.get("text"), str) else 0
    return own + sum(_letters(one) for one in value.values())
