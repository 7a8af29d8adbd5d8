"""In and out by command: knowledge imported, exported, brought back; the directory. All or nothing."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

from sqlalchemy.orm import Session

from bot import roster, wordings
from bot.chat import Refused
from bot.config import Config, ConfigError
from bot.db import Database, connect
from bot.migrate import head, revision
from bot.roster import BadDirectory
from jobs.opening import database_file
from knowledge import learning, store
from knowledge.check import check
from knowledge.export import export
from knowledge.files import BadFiles, Written, read_files
from knowledge.text import Words

FORMS = ("md", "jsonl", "csv", "xlsx")
NOTHING_DONE = "何も取り込みませんでした。"


def import_files(db: Database, files: Sequence[Path], now: datetime, *, over_pack: bool) -> str:
    """Take in .md, .jsonl, .csv and .xlsx. What the pack says otherwise is refused, unless `over_pack`: then
    it is an edit made here, and its file no longer wins."""
    try:
        written = read_files(files)
    except BadFiles as bad:
        raise ConfigError("\n".join((*map(str, bad.problems), NOTHING_DONE))) from bad
    with db.write() as session:
        ours = [] if over_pack else store.of_pack(session, written)
        if ours:
            raise ConfigError(
                f"{'、'.join(ours)} は知識パックの項目です。パックのファイルを直すか、"
                f"データベースで直すなら --over-pack を付けてください。{NOTHING_DONE}"
            )
        changes = store.put(session, written, now, from_pack=False)
        learnt = _take_back(session, written, now)
    return f"新しい項目{changes.added}件、変わった項目{changes.changed}件、同じ項目{changes.same}件{learnt}"


def _take_back(session: Session, written: Sequence[Written], now: datetime) -> str:
    """The learnt wordings that stand beside the entries."""
    if not any(one.learnt for one in written):
        return ""
    taken, refused = learning.take_back(session, Words(), written, store.IMPORT, now)
    why = f"（人の名前や番号がありそうな{refused}件は入れていません）" if refused else ""
    return f"、学んだ言い方{taken}件{why}"


def export_to(db: Database, target: Path, form: str | None) -> str:
    """Every published entry; the form by the name's ending, a folder of Markdown without one."""
    form = form or target.suffix.removeprefix(".") or "md"
    if form not in FORMS:
        raise ConfigError(
            f"{target}：書き出せるのは {'、'.join(FORMS)} です。--format で選べます。"
        )
    with db.read() as session:
        entries = [known.entry for known in store.published(session)]
        learnt = wordings.accepted(session)
    try:
        export(entries, target, form, learnt)
    except BadFiles as bad:
        raise ConfigError("\n".join(map(str, bad.problems))) from bad
    return f"{len(entries)}件の項目を {target} に書き出しました"


def restore(db: Database, entry_id: str, version: int, now: datetime) -> str:
    """An old version as the newest one; it answers within a second."""
    try:
        with db.write() as session:
            newest = store.restore(session, entry_id, version, store.COMMAND, now)
    except Refused as refusal:
        raise ConfigError(str(refusal)) from refusal
    return f"{entry_id} を第{version}版の内容に戻しました（第{newest}版）"


def import_directory(db: Database, folder: Path) -> str:
    """Take in municipalities, fields, rooms and people from CSV."""
    try:
        with db.write() as session:
            summary = roster.load(session, folder, "directory")
    except BadDirectory as bad:
        raise ConfigError("\n".join((*bad.problems, NOTHING_DONE))) from bad
    return (
        f"市町{summary.municipalities}、分野{summary.fields}、部屋{summary.rooms}、"
        f"人{summary.people}を取り込みました"
    )


def check_pack(config: Config, today: date) -> tuple[list[str], list[str]]:
    """What is wrong with the pack, and what waits for a decision because it was edited here too."""
    if config.knowledge_pack is None:
        raise ConfigError("KNOWLEDGE_PACK が空です。確かめるパックの場所を書いてください。")
    return [str(one) for one in check(config.knowledge_pack, today)], conflict_lines(config)


def conflict_lines(config: Config) -> list[str]:
    """What was edited in the database and in its file; nothing where there is no such database yet."""
    file = database_file(config)
    if file is not None and not file.is_file():
        return []
    db = connect(config.database_url)
    try:
        if revision(db) != head():
            return []
        with db.read() as session:
            return [
                f"{one.origin}：{one.entry_id} はデータベースでも直されています。"
                "「食い違い」でどちらにするか決めてください"
                for one in store.conflicts(session)
            ]
    finally:
        db.close()
