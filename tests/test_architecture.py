"""Imports point one way. See the table in CONTRIBUTING.md."""

import ast
from pathlib import Path

import pytest

OURS = {"bot", "handlers", "knowledge", "jobs", "tests", "tools", "benchmarks"}
MAY_IMPORT = {
    "bot": {"bot"},
    "knowledge": {"bot", "knowledge"},
    "handlers": {"bot", "knowledge", "handlers"},
    "jobs": {"bot", "knowledge", "jobs"},
}
PLATFORMS = Path("bot/platforms")
OF_CHATS = {
    "slack_bolt",
    "slack_sdk",
    "websockets",
    "msgpack",
    "starlette",
    "sse_starlette",
    "uvicorn",
}
LONGEST = 450
FILES = sorted(path for package in MAY_IMPORT for path in Path(package).rglob("*.py"))
TREE = {path: ast.parse(path.read_text(encoding="utf-8")) for path in FILES}
MAIN = Path("bot/__main__.py")


def modules(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(TREE[path]):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in modules(path)}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_point_one_way(path: Path) -> None:
    if path != MAIN:
        assert packages(path) & OURS <= MAY_IMPORT[path.parts[0]]


@pytest.mark.parametrize("path", [p for p in FILES if p.is_relative_to(PLATFORMS)], ids=str)
def test_platforms_know_the_neutral_words_alone_and_the_page_the_database_too(path: Path) -> None:
    ours = {name for name in modules(path) if name.split(".")[0] in OURS}
    own = ".".join(path.with_suffix("").parts[:3])  # bot.platforms.<name>
    allowed = ["bot.chat", own]
    allowed += ["bot.db"] if own.endswith("web") else []
    if own.endswith("slack"):
        allowed.append("bot.config")  # its settings are a class of their own
    if own.endswith("logo"):  # one line a token, over processes and restarts: that needs rows
        allowed += ["bot.config", "bot.db", "bot.processes"]
    strange = {n for n in ours if n != "bot" and not n.startswith(tuple(allowed))}
    assert not strange


@pytest.mark.parametrize("path", [p for p in FILES if not p.is_relative_to(PLATFORMS)], ids=str)
def test_no_chat_library_outside_the_platforms(path: Path) -> None:
    if path != MAIN:
        assert not packages(path) & OF_CHATS


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_is_a_small_room(path: Path) -> None:
    if "migrations" not in path.parts:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_now_is_read_in_one_place_alone() -> None:
    """Time is an argument; only the timetable asks the machine for it."""
    readers = {
        str(path)
        for path in FILES
        for node in ast.walk(TREE[path])
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
        and isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
    }  # fmt: skip
    assert readers == {"jobs/__init__.py"}


def test_the_history_is_only_ever_added_to() -> None:
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert "update(Event)" not in text and "delete(Event)" not in text, path
    assert "DELETE" not in Path("bot/history.py").read_text(encoding="utf-8").upper().split()
