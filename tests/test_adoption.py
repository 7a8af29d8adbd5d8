"""docs/adoption.ja.md promises nothing that is not there."""

import re
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.db import Base

DOCUMENT = Path("docs/adoption.ja.md").read_text("utf-8")
README = Path("README.ja.md").read_text("utf-8")


@pytest.mark.parametrize("text", [DOCUMENT, README], ids=["adoption", "readme"])
def test_every_command_that_is_named_exists(text: str) -> None:
    named = re.findall(r"-m bot ([a-z]+)(?: ([a-z]+))?", text)
    assert named
    for first, second in named:
        command = main.commands[first]
        inner = getattr(command, "commands", None)
        assert inner is None or second in inner, (first, second)


def test_every_setting_and_table_and_file_that_is_named_exists() -> None:
    example = Path(".env.example").read_text("utf-8")
    for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+|HOST|PORT)`", DOCUMENT):
        assert f"{name}=" in example, name
    for table in re.findall(
        r"\b(tickets|ticket_lines|announcements|acknowledgements|history)（", DOCUMENT
    ):
        assert table in Base.metadata.tables
    for link in re.findall(r"\]\(([^)#]+)\)", DOCUMENT):
        assert (Path("docs") / link).exists(), link
    for test in re.findall(r"`(tests/\w+\.py)`", DOCUMENT):
        assert Path(test).exists(), test


def test_nothing_is_connected_before_the_vendor_has_agreed_in_writing() -> None:
    assert "提供元が書面で承諾するまで、本物のアカウントをデスクにつなぎません" in DOCUMENT
    assert "docs/adoption.ja.md" in README
