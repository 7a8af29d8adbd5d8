"""What was recorded, held against Slack's own types (tests/slack_contract) and against what the code can produce."""

import ast
import json
import re
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from slack_sdk import WebClient

from handlers import threadless
from handlers.table import Button, buttons
from knowledge.library import Library
from tests.slack_fake import Json
from tests.slack_story.story import Told

ROOT = Path(__file__).resolve().parent.parent.parent
TOOL = ROOT / "tests" / "slack_contract"
CODE = ROOT / "bot" / "platforms" / "slack"
FRAME = 20_480
"""Bytes of one frame on the socket; Slack hangs up on a larger one (revelrylabs/slax#614)."""
REFUSED = {
    ("views.open", "expired_trigger_id"),  # somebody comes too late
    ("views.push", "push_limit_reached"),  # a fourth screen over three
    ("views.update", "not_found"),  # an acknowledgement is not there yet
    (
        "conversations.info",
        "missing_scope",
    ),  # a public channel: the desk may not look, and need not
}
"""What Slack refuses in the story."""
SENT_OFF_ONLY = {"consult_send", "relay_consult"}
"""A form that opens under another name: 「相談する」."""
MARKUP = re.compile(r"<[!@#]")
BARE = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")


@dataclass(frozen=True)
class Judged:
    """What the check says: a line for each deviation, methods of the calls, types of blocks and views in them."""

    deviations: tuple[str, ...]
    methods: frozenset[str]
    types: frozenset[str]


def make_ready() -> None:
    """Install the check's packages if they are missing or older than their lock file, and make its schemas."""
    lock, installed = TOOL / "package-lock.json", TOOL / "node_modules" / ".package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent"], cwd=TOOL, check=True)
    subprocess.run(["npm", "run", "--silent", "ready"], cwd=TOOL, check=True)


def write(records: Sequence[Json], path: Path) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")


def judge(told: Told) -> Judged:
    with tempfile.TemporaryDirectory() as folder:
        calls, answers = Path(folder) / "calls.jsonl", Path(folder) / "answers.jsonl"
        write(told.calls, calls)
        write(told.answers, answers)
        found = _check(str(calls), str(answers))
        if found.returncode not in (0, 1):
            raise RuntimeError(found.stderr)
        views = [call["arguments"]["view"] for call in told.calls if "view" in call["arguments"]]
        return Judged(
            tuple(found.stdout.splitlines()),
            frozenset(json.loads(_check("--methods", str(calls)).stdout)),
            frozenset(json.loads(_check("--blocks", str(calls)).stdout))
            | {view["type"] for view in views},
        )


def _check(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "check.mjs", *words], cwd=TOOL, capture_output=True, text=True, check=False
    )


# ---- what the code can produce


def types_in_code(code: Path = CODE) -> frozenset[str]:
    """Every type that a block, an element, an object or a view is written with."""
    return frozenset(
        kind
        for path in sorted(code.glob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and key.value == "type"
        for kind in _texts(value, {}, path)
    )


def methods_in_code() -> frozenset[str]:
    """Every method of the Web API that is called by name, or through a function of the client; see `plain`."""
    found: set[str] = set()
    for path in sorted(CODE.glob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for function in functions:
            named = {
                target.id: node.value
                for node in ast.walk(function)
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and _attribute(node.func) == "call":
                    found |= {plain(name) for name in _texts(node.args[0], named, path)}
                if isinstance(node, ast.Attribute) and _is_of_client(node):
                    found.add(node.attr)
    return frozenset(found)


def forms_in_code() -> frozenset[str]:
    """The action of every form. Where a function is told the action, whoever calls it says what it can be."""
    code = {path: ast.parse(path.read_text("utf-8")) for path in _code_of_forms()}
    return frozenset(
        action
        for path in code
        if path.parent.name == "cards"
        for call, inside in _calls("Form", code[path])
        for action in _actions(call.args[0], inside, path, code)
    )


def buttons_in_code() -> frozenset[str]:
    """Everything that can be pressed in Slack: the table, but for forms that no button has the name of, and for
    what chats without threads alone have."""
    return frozenset(_table()) - SENT_OFF_ONLY - buttons_without_threads()


def buttons_without_threads() -> frozenset[str]:
    """What is handled for chats without threads; see `standing_without_threads`."""
    return frozenset(
        action
        for action, rule in _table().items()
        if getattr(rule.handle, "__module__", "") == threadless.__name__
    )


def _table() -> Mapping[str, Button]:
    return buttons(cast("Library", None), "")  # nothing of it is pressed here


Code = Mapping[Path, ast.Module]


def _code_of_forms() -> list[Path]:
    return sorted([*(ROOT / "bot" / "cards").glob("*.py"), *(ROOT / "handlers").glob("*.py")])


def _calls(name: str, tree: ast.Module) -> Iterator[tuple[ast.Call, ast.FunctionDef | None]]:
    """Every call of what is named so, with the function it stands in."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(node): function for function in functions for node in ast.walk(function)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.id if isinstance(node.func, ast.Name) else _attribute(node.func)
            if called == name:
                yield node, inside.get(id(node))


def _actions(
    node: ast.expr, inside: ast.FunctionDef | None, path: Path, code: Code
) -> Iterator[str]:
    """What it can be: a text, or what the function it stands in is called with."""
    named = [one.arg for one in inside.args.args] if inside else []
    if inside is None or not (isinstance(node, ast.Name) and node.id in named):
        yield from _texts(node, {}, path)
        return
    at = named.index(node.id)
    for caller, tree in code.items():
        for call, around in _calls(inside.name, tree):
            given = {word.arg: word.value for word in call.keywords}
            told = call.args[at] if at < len(call.args) else given.get(node.id)
            if told is None:
                raise ValueError(f"{caller.name}:{call.lineno}: write out its {node.id}")
            yield from _actions(told, around, caller, code)


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""


def _is_of_client(node: ast.Attribute) -> bool:
    """A function of slack_sdk's client that makes a call."""
    owner = node.value.id if isinstance(node.value, ast.Name) else _attribute(node.value)
    return owner == "client" and node.attr in vars(WebClient) and node.attr != "api_call"


def _texts(node: ast.expr, named: dict[str, ast.expr], path: Path) -> set[str]:
    """The texts that it can be. Whatever cannot be read off the code is an error, not a gap."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return _texts(one, named, path) | _texts(other, named, path)
        case ast.Name(id=name) if name in named:
            return _texts(named[name], {}, path)
    raise ValueError(f"{path.name}:{node.lineno}: write out what it can be")


def plain(method: str) -> str:
    """users.lookupByEmail as slack_sdk names its function: users_lookup_by_email."""
    return re.sub("([A-Z])", r"_\1", method).lower().replace(".", "_")


# ---- what must hold


def untold(told: Told) -> Iterator[str]:
    """Buttons and forms that nobody pressed or opened."""
    for action in sorted(buttons_in_code() - told.pressed):
        yield f"nobody presses {action}"
    for action in sorted(forms_in_code() - told.opened):
        yield f"nobody opens the form of {action}"


def standing_without_threads(told: Told) -> Iterator[str]:
    """Buttons of chats without threads that stand in Slack all the same."""
    shown = set(re.findall(r"'action_id': '\w+:\d+:(\w+)'", str([*told.calls, *told.answers])))
    for action in sorted(shown & buttons_without_threads()):
        yield f"{action} stands in Slack, which has threads"


def missing(judged: Judged) -> Iterator[str]:
    """What the code can produce and the story does not."""
    heard = {plain(method) for method in judged.methods}
    for method in sorted(methods_in_code() - heard):
        yield f"the story makes no call of {method}"
    for kind in sorted(types_in_code() - judged.types):
        yield f"the story shows nothing of type {kind}"


def calling(told: Told) -> Iterator[str]:
    """Where something a person wrote could call somebody or be read as mark-up."""
    for record in (*told.calls, *told.answers):
        for where, text in _objects(record["arguments"], ""):
            if MARKUP.search(text) or BARE.search(text):
                yield f"{record['method']}: {where}: {text[:80]!r}"


def _objects(value: Any, where: str) -> Iterator[tuple[str, str]]:
    """Every text that Slack reads for its own signs; the text elements of rich text it takes as they are."""
    if isinstance(value, dict):
        text = value.get("text")
        if isinstance(text, str) and value.get("type") in ("plain_text", "mrkdwn", None):
            yield f"{where}/text", text
        for key, item in value.items():
            yield from _objects(item, f"{where}/{key}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _objects(item, f"{where}/{number}")


def refused(told: Told) -> Iterator[str]:
    """What Slack did not take, but for what the story is about."""
    for call in told.calls:
        error = call.get("response", {}).get("error")
        if error and (call["method"], error) not in REFUSED:
            yield f"{call['method']}: {error}: {call['response']}"


def too_large(told: Told) -> Iterator[str]:
    for size in told.frames:
        if size > FRAME:
            yield f"an acknowledgement of {size} bytes; Slack hangs up above {FRAME}"


def all_of(told: Told, judged: Judged) -> tuple[str, ...]:
    return (
        *judged.deviations,
        *missing(judged),
        *untold(told),
        *standing_without_threads(told),
        *calling(told),
        *refused(told),
        *too_large(told),
    )
