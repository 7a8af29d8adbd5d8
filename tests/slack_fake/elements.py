"""What stands in blocks: their elements, the ids Slack gives them, and what a person entered."""

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.slack_fake.people import Json

STATE: dict[str, tuple[str, str, Any]] = {
    "plain_text_input": ("value", "initial_value", None),
    "email_text_input": ("value", "initial_value", None),
    "number_input": ("value", "initial_value", None),
    "url_text_input": ("value", "initial_value", None),
    "rich_text_input": ("rich_text_value", "initial_value", None),
    "static_select": ("selected_option", "initial_option", None),
    "external_select": ("selected_option", "initial_option", None),
    "radio_buttons": ("selected_option", "initial_option", None),
    "checkboxes": ("selected_options", "initial_options", []),
    "multi_static_select": ("selected_options", "initial_options", []),
    "multi_external_select": ("selected_options", "initial_options", []),
    "users_select": ("selected_user", "initial_user", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
    "file_input": ("files", "", []),
}
"""Type → where its state holds the answer, where the element says the first one, and what nothing is."""

PRESSED = frozenset({*STATE, "button", "overflow", "workflow_button"})


def elements_of(block: Json) -> list[Json]:
    """Everything in a block a person may press or fill in."""
    found = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
    return [e for e in found if isinstance(e, dict) and e.get("type") in PRESSED]


def all_elements(blocks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    for block in blocks:
        for element in elements_of(block):
            yield block, element


def with_ids(blocks: Sequence[Json], next_id: Callable[[], int]) -> list[Json]:
    """A copy in which every block and every element has the id Slack would give it."""
    copied = copy.deepcopy(list(blocks))
    for block in copied:
        block.setdefault("block_id", f"b{next_id()}")
    for _, element in all_elements(copied):
        element.setdefault("action_id", f"a{next_id()}")
    return copied


def find(blocks: Sequence[Json], action_id: str, block_id: str | None = None) -> tuple[Json, Json]:
    """The block and the element that a person presses. Nothing there is an error of the test."""
    standing = []
    for block, element in all_elements(blocks):
        standing.append(f"{block.get('block_id')}/{element.get('action_id')}")
        if element.get("action_id") == action_id and block_id in (None, block.get("block_id")):
            return block, element
    raise LookupError(f"no {block_id or '*'}/{action_id} stands there; there are {standing}")


def pressed(block: Json, element: Json, ts: str) -> Json:
    """The action Slack makes of pressing that element."""
    names: tuple[str, ...] = ("type", "action_id", "value", "text", "style")
    kept = {name: element[name] for name in names if name in element}
    return {**kept, "block_id": block["block_id"], "action_ts": ts, **_answer(element)}


def _answer(element: Json) -> Json:
    if element["type"] not in STATE:
        return {}
    answer, initial, nothing = STATE[element["type"]]
    return {answer: copy.deepcopy(element.get(initial, nothing))}


def entered(blocks: Sequence[Json], values: Json) -> Json:
    """state.values of a view or message: what stands in the elements, and over it what was entered."""
    state: Json = {}
    for block, element in all_elements(blocks):
        if element["type"] in STATE:
            own = {"type": element["type"], **_answer(element)}
            state.setdefault(block["block_id"], {})[element["action_id"]] = own
    for block_id, actions in values.items():
        for action_id, value in actions.items():
            if action_id not in state.get(block_id, {}):
                raise LookupError(f"nothing to fill in at {block_id}/{action_id}; there is {state}")
            state[block_id][action_id] |= value
    return state


def refuses(blocks: Sequence[Json], state: Json) -> list[str]:
    """Why Slack's own form would not let a person send this."""
    wrong = []
    for block, element in all_elements(blocks):
        if block["type"] != "input":
            continue
        answer, _, _ = STATE[element["type"]]
        value = state[block["block_id"]][element["action_id"]][answer]
        where = f"{block['block_id']}/{element['action_id']}"
        if not value and not block.get("optional"):
            wrong.append(f"{where} is empty")
        if isinstance(value, str) and len(value) > element.get("max_length", 3000):
            wrong.append(f"{where} is too long")
        if isinstance(value, str) and 0 < len(value) < element.get("min_length", 0):
            wrong.append(f"{where} is too short")
        if isinstance(value, dict | list) and "options" in element:
            chosen = value if isinstance(value, list) else [value]
            offered = {option["value"] for option in element["options"]}
            wrong += [f"{where} offers no {c}" for c in chosen if c["value"] not in offered]
    return wrong
