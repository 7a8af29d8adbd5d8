"""The office's words that mean one thing, out to a file and in from one."""

from datetime import datetime
from pathlib import Path

from bot import synonyms
from bot.config import ConfigError
from bot.db import Database
from knowledge import alike
from knowledge.files import BadFiles
from knowledge.text import Words

NOTHING_DONE = "何も取り込みませんでした。"
HEAD = "# 事務局が足した言い換え。1行に1組、コンマ区切り。先頭が代表の言葉です。\n"


def take_in(db: Database, file: Path, now: datetime) -> str:
    """Add the groups of a file that are not there yet; all of them or none."""
    try:
        with db.write() as session:
            new, there = alike.take_in(session, file, Words(), "", now)
    except BadFiles as bad:
        raise ConfigError("\n".join((*map(str, bad.problems), NOTHING_DONE))) from bad
    return f"言い換えを{new}組足しました（いま{there}組）"


def write_out(db: Database, file: Path) -> str:
    """Every group the office added and has not taken back. Taking the file in elsewhere makes the same groups."""
    with db.read() as session:
        groups = [group.words for group in synonyms.active(session)]
    try:
        file.write_text(HEAD + "".join(",".join(words) + "\n" for words in groups), "utf-8")
    except OSError as error:
        raise ConfigError(f"{file} に書けません（{error.strerror}）。") from None
    return f"言い換え{len(groups)}組を {file} に書き出しました"
