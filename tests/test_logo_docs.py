"""docs/logo.md says what is so."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest

from bot.config import LogoSettings
from bot.platforms.logo.ends import STOPPED
from bot.platforms.logo.line import CONCURRENT, FORCED
from bot.platforms.logo.session import Pace
from bot.platforms.logo.talking import LONGEST_OPTION, MOST_OPTIONS, SPACING

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = (ROOT / "docs/logo.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
FOLDER = ROOT / "bot/platforms/logo"
BAD_DAYS = sorted((ROOT / "tests").glob("logo_line/test_logo_bad_*.py"))


def part(title: str) -> str:
    found = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    assert found, title
    return found


def rows(title: str) -> list[str]:
    """A table's lines, without its head."""
    return [line for line in part(title).splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("path", sorted({path for path, _ in NAMED.findall(DOCUMENT)}))
def test_the_named_tests_are_there(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert {name for where, name in NAMED.findall(DOCUMENT) if where == path} <= there


def test_each_bad_day_names_its_test() -> None:
    days = rows("Bad days")
    assert len(days) > 20
    assert [day for day in days if not NAMED.search(day)] == []


def test_every_bad_day_that_is_tested_is_told() -> None:
    trees = [ast.parse(path.read_text("utf-8")) for path in BAD_DAYS]
    functions = [n for tree in trees for n in tree.body if isinstance(n, ast.FunctionDef)]
    tests = {n.name for n in functions if n.name[:5] == "test_"}
    good = {
        "test_a_refusal_is_the_callers",
        "test_our_own_and_other_bots_words_are_not_told",
        "test_what_was_said_before_the_account_was_new_is_not_for_the_desk",
        "test_a_changed_name_and_address_are_known",
        "test_read_and_taken_back_are_told",
    }
    assert good <= tests
    assert tests - {name for _, name in NAMED.findall(DOCUMENT)} <= good


def test_each_setting_and_the_condition_stand_there() -> None:
    for field in dataclasses.fields(LogoSettings):
        assert f"`LOGO_{field.name.upper()}`" in part("Set-up in steps")
    assert "before the vendor has agreed in writing" in DOCUMENT
    assert "書面で承諾" in (ROOT / ".env.example").read_text("utf-8")


def test_there_are_ten_steps() -> None:
    steps = re.findall(r"(?m)^(\d+)\. ", part("Set-up in steps"))
    assert steps == [str(n) for n in range(1, 11)]


def test_the_ends_that_are_for_good_are_told() -> None:
    told = part("Bad days")
    assert {CONCURRENT, FORCED} <= STOPPED.keys()
    assert all(f"`{reason}`" in told for reason in (CONCURRENT, FORCED))


def test_the_figures_of_the_line_are_those_of_the_code() -> None:
    pace = Pace()
    pauses = ", ".join(f"{seconds:g}" for seconds in pace.back_off)
    assert f"{pauses}, 45 … s" in part("Bad days")
    assert f"{SPACING * 1000:.0f} ms" in part("The line")
    assert f"{MOST_OPTIONS} options of {LONGEST_OPTION} units" in part(
        "What is known, and what is not"
    )
    assert f"every {pace.ping_every:.0f} s" in part("The line")
    assert f"a lease of {pace.lease:.0f} s" in part("The line")


def test_the_files_of_the_line_are_named() -> None:
    told = set(re.findall(r"(?m)^    (\w+\.py) ", part("The line")))
    assert told <= {path.name for path in FOLDER.glob("*.py")}


def test_no_figure_is_missing() -> None:
    assert not re.search(r"[A-Z]+_FIGURE", DOCUMENT)
    assert all(line.count("|") == 4 for line in rows("Figures"))


def test_what_the_page_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", DOCUMENT)
    assert [
        link for link in links if "://" not in link and not (ROOT / "docs" / link).exists()
    ] == []
