"""Connect everything and start: the only file that knows all the others."""

import logging
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from functools import partial
from pathlib import Path

import click
from sqlalchemy import select

import jobs
from bot.chat import Account, Home, Message, Place, Platform
from bot.chats import chats_of
from bot.config import Config, ConfigError
from bot.days import JST, day_of
from bot.db import Database
from bot.port import listen
from bot.processes import BEAT_EVERY, new_owner
from bot.sender import AT_A_TIME, Sender
from handlers.desk import HelpDesk
from jobs.opening import open_desk
from knowledge.library import Library

log = logging.getLogger("bot")

A_FEW = {"logo": 4}
"""Rows taken at a time where a chat lets one say two things a second: a letter waits behind these few alone."""


def build_desk(
    db: Database,
    config: Config,
    platforms: dict[Home, Platform],
    *,
    clock: Callable[[], datetime] = jobs.now,
    library: Library | None = None,
) -> HelpDesk:
    """The desk with everything it needs bound to it."""
    from handlers import table  # noqa: PLC0415  what a mere --help need not load
    from handlers.sources import Files  # noqa: PLC0415

    library = library or open_library(db)
    files = Files.read(config.knowledge_pack, config.data_dir / "sources")
    return HelpDesk(
        db=db,
        library=library,
        buttons=table.buttons(library, config.public_url),
        looks=table.looks(library, files, clock),
        platforms=platforms,
        sender=Sender(db, platforms, new_owner()),
        clock=clock,
        page_by_link=bool(config.chats) or not config.demo,
    )


def open_library(db: Database) -> Library:
    from knowledge.library import SYNONYMS  # noqa: PLC0415
    from knowledge.text import Synonyms, Words  # noqa: PLC0415

    words = Words()
    return Library(db, words, Synonyms.read(SYNONYMS, words))


def timetable(
    desk: HelpDesk, config: Config, platforms: tuple[str, ...]
) -> dict[float, list[jobs.Job]]:
    """All of it: how often each bell rings, in seconds. Each platform has a bell of its own to send by, so
    that one that answers slowly holds up no other."""
    from jobs.announcements import publish_due  # noqa: PLC0415
    from jobs.knowledge import ask_before_expiry  # noqa: PLC0415
    from jobs.pack import PackWatch  # noqa: PLC0415
    from jobs.relay import tell_of_relays  # noqa: PLC0415
    from jobs.threadless import forget_held  # noqa: PLC0415
    from jobs.tickets import close_quiet  # noqa: PLC0415
    from jobs.wordings import ask_weekly  # noqa: PLC0415

    slow_ones = (close_quiet, ask_before_expiry, ask_weekly, forget_held, tell_of_relays)
    slow: list[jobs.Job] = [partial(job, desk.db) for job in slow_ones]
    watch: list[jobs.Job] = [partial(publish_due, desk.db), desk.answer_left_over]
    if config.knowledge_pack is not None:
        watch.append(PackWatch(desk.db, config.knowledge_pack).refresh)
    send: list[jobs.Job] = [
        partial(desk.sender.send_due, platform=name, limit=A_FEW.get(name, AT_A_TIME))
        for name in platforms
    ]
    return {1: send, 2: watch, 60: slow}


@contextmanager
def calmly() -> Iterator[None]:
    """An operator's mistake ends in its sentence, not in a traceback."""
    try:
        yield
    except ConfigError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@contextmanager
def opened(config: Config | None = None) -> Iterator[tuple[Config, Database]]:
    """Settings and a database that is ready; closed at the end."""
    with calmly():
        config = config or Config.read(os.environ, Path(".env"))
        db = open_desk(config, jobs.now())
        try:
            yield config, db
        finally:
            db.close()


@click.group(help="リエゾンデスク：県と市町の相談デスク")
def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)


@main.command(help="設定されたものをすべて動かします")
def run() -> None:
    with opened() as (config, db):
        serve(config, db)


@main.command(help="設定・データベース・知識・名簿を1行ずつ確かめます")
def doctor() -> None:
    from jobs.doctor import examine  # noqa: PLC0415

    lines = examine(os.environ, Path(".env"))
    for line in lines:
        click.echo(str(line))
    sys.exit(0 if all(line.fine for line in lines) else 1)


@main.command(help="1つ質問します。--batch で多くの質問をまとめて答えます")
@click.argument("question", required=False)
@click.option("--as", "person", metavar="PERSON", help="だれとして聞くか（名簿のID）")
@click.option("--at", metavar="DATE", help="いつ聞いたことにするか（2026-11-20）")
@click.option("--explain", is_flag=True, help="候補と、合ったわけも出します")
@click.option("--batch", metavar="FILE", help='{"id","query"} の行を読むファイル。- は標準入力')
@click.option("--top", default=5, type=click.IntRange(1, 100), help="候補の数")
def ask(  # each option of the command is an argument
    question: str | None,
    person: str | None,
    at: str | None,
    explain: bool,
    batch: str | None,
    top: int,
) -> None:
    from knowledge.batch import answer_lines  # noqa: PLC0415

    with opened() as (config, db):
        moment = _moment(at)
        if batch is not None:
            today, lines = day_of(moment()), _lines_of(batch)
            sys.exit(0 if answer_lines(open_library(db), lines, today, top, click.echo) else 1)
        if not question:
            raise ConfigError(
                '質問を書いてください（例：python -m bot ask "e-ひょうごの利用料"）。'
            )
        account = _account_of(db, person) if person else Account("terminal", "guest", "guest")
        library = open_library(db)
        click.echo(_ask_once(db, config, library, account, question, moment))
        if explain:
            from bot.directory import known_as  # noqa: PLC0415
            from knowledge.explain import explained  # noqa: PLC0415

            with db.read() as session:
                asker = known_as(session, account)
            whose = (asker.population, asker.home) if asker else (None, ())
            for line in explained(library.index(), question, day_of(moment()), top, *whose):
                click.echo(line)


def _ask_once(
    db: Database,
    config: Config,
    library: Library,
    account: Account,
    question: str,
    clock: Callable[[], datetime],
) -> str:
    """The card the desk answers with, as the terminal shows it."""
    from bot.platforms.terminal import Terminal, render  # noqa: PLC0415

    once = f"ask-{uuid.uuid4()}"  # a screen of its own: another process of this person takes no answer away
    screen = Terminal(once)
    desk = build_desk(db, config, {screen.home: screen}, clock=clock, library=library)
    place = Place("terminal", once, account.user)
    reply = desk.hear(Message(once, account, place, clock(), text=question))
    if reply.alone is not None:
        return render(reply.alone, page=config.public_url)
    return render(screen.at(place)[-1].card, page=config.public_url)


def serve(config: Config, db: Database) -> None:
    """The page, the chats and the timetable, until SIGTERM or Ctrl+C."""
    import uvicorn  # noqa: PLC0415  what other commands need not load

    from bot.platforms.web import Page, make_app  # noqa: PLC0415
    from jobs.processes import Heart  # noqa: PLC0415

    listening = listen(config)
    page = Page(db, jobs.now)
    platforms: dict[Home, Platform] = {page.home: page}
    desk = build_desk(db, config, platforms)
    chats = chats_of(config, db, desk.sender.owner, jobs.now)
    app = make_app(
        db,
        desk,
        page,
        clock=jobs.now,
        demo=_practice(db) if config.demo else None,
        files=config.data_dir / "sources",
        hosts=config.allowed_hosts,
        by_link=desk.page_by_link,
        secure=config.public_url.startswith("https://"),
        more=tuple(route for chat in chats.values() for route in chat.routes()),
    )
    desk.sender.take_over(jobs.now())
    desk.library.index()
    desk.answer_left_over(jobs.now())  # before anybody can come back and find nothing done
    heart = Heart(
        db,
        desk.sender.owner,
        jobs.now(),
        lambda: {name: chat.said for name, chat in chats.items()},
        platforms.keys(),
    )
    heart.start(jobs.now())
    for chat in chats.values():
        chat.start(desk, platforms, lambda: desk.answer_left_over(jobs.now()))
    bells = jobs.start(
        {**timetable(desk, config, ("web", *config.chats)), BEAT_EVERY: [heart.beat]}
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,  # an open page must not hold up the end
        )
    )
    for ending in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises it anew at its own end
        signal.signal(ending, server.handle_exit)
    click.echo(f"リエゾンデスクが動いています： {config.public_url}")
    try:
        server.run(sockets=[listening])
    finally:
        for chat in chats.values():
            chat.stop()  # first: what was heard is answered while the bells still ring
        bells.shutdown(wait=True)
        heart.stop()


def _practice(db: Database) -> tuple[Account, ...]:
    """Whom one may be on the page, for practice."""
    from bot.directory import Person  # noqa: PLC0415

    with db.read() as session:
        people = session.scalars(
            select(Person)
            .where(Person.source == "demo", Person.active, ~Person.shared)
            .order_by(Person.position)
        )
        return tuple(
            known.account for one in people for known in one.accounts if known.platform == "web"
        )


def _moment(at: str | None) -> Callable[[], datetime]:
    if at is None:
        return jobs.now
    try:
        day = date.fromisoformat(at)
    except ValueError:
        raise ConfigError(f"--at {at}：2026-11-20 の形で書いてください。") from None
    noon = datetime.combine(day, time(12), JST).astimezone(UTC)
    return lambda: noon


def _lines_of(name: str) -> Iterator[str]:
    if name == "-":
        return iter(sys.stdin)
    try:
        return iter(Path(name).read_text(encoding="utf-8-sig").split("\n"))
    except UnicodeDecodeError:
        raise ConfigError(f"{name}：UTF-8で保存し直してください。") from None
    except OSError as error:
        raise ConfigError(f"{name} を開けません（{error.strerror}）。") from None


def _account_of(db: Database, person_id: str) -> Account:
    """The terminal account of somebody in the directory."""
    from bot.directory import Person  # noqa: PLC0415

    with db.read() as session:
        person = session.get(Person, person_id)
        if person is None or not person.active:
            raise ConfigError(f"{person_id} という人は名簿にいません。名簿のIDを書いてください。")
        for known in person.accounts:
            if known.platform == "terminal":
                return known.account
    raise ConfigError(f"{person_id} には端末のアカウントがありません。名簿に加えてください。")


@main.command(help="端末で話します。だれとして話すかを --as で選びます")
@click.option("--as", "person", metavar="ID", required=True, help="名簿のID")
def chat(person: str) -> None:
    from bot.platforms import terminal  # noqa: PLC0415

    with opened() as (config, db):
        account = _account_of(db, person)
        screen = terminal.Terminal(account.workspace, sys.stdout, page=config.public_url)
        desk = build_desk(db, config, {screen.home: screen})
        logging.getLogger().setLevel(logging.WARNING)
        desk.sender.take_over(jobs.now())
        bells = jobs.start(timetable(desk, config, (terminal.PLATFORM,)))
        try:
            terminal.talk_at_terminal(desk, screen, account, clock=jobs.now)
        finally:
            bells.shutdown(wait=True)


@main.command("page", help="名簿の人がページに入るリンクを作ります。10分のあいだ、1回だけ使えます")
@click.argument("person")
def page_link(person: str) -> None:
    from jobs.pages import make_link  # noqa: PLC0415

    with opened() as (config, db), calmly():
        click.echo(make_link(db, config.public_url, person, jobs.now()))


@main.group(help="知識を扱います")
def knowledge() -> None:
    pass


@knowledge.command(
    "import", help="項目のファイル（.md、.jsonl、.csv、.xlsx）を取り込みます。全部か、何もしないか"
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--over-pack", is_flag=True, help="パックの項目も、データベースでの編集として変えます"
)
def knowledge_import(files: tuple[Path, ...], over_pack: bool) -> None:
    from jobs.books import import_files  # noqa: PLC0415

    with opened() as (_, db):
        click.echo(import_files(db, files, jobs.now(), over_pack=over_pack))


@knowledge.command("export", help="公開中の項目を書き出します。取り込むと同じ項目に戻ります")
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["md", "jsonl", "csv", "xlsx"]))
def knowledge_export(target: Path, form: str | None) -> None:
    from jobs.books import export_to  # noqa: PLC0415

    with opened() as (_, db):
        click.echo(export_to(db, target, form))


@knowledge.command("restore", help="項目を前の版の内容に戻します（新しい版になります）")
@click.argument("entry")
@click.argument("version", type=int)
def knowledge_restore(entry: str, version: int) -> None:
    from jobs.books import restore  # noqa: PLC0415

    with opened() as (_, db):
        click.echo(restore(db, entry, version, jobs.now()))


@knowledge.command("synonyms", help="事務局の言い換えを書き出し（export）、取り込みます（import）")
@click.argument("way", type=click.Choice(["export", "import"]))
@click.argument("file", type=click.Path(path_type=Path))
def knowledge_synonyms(way: str, file: Path) -> None:
    from jobs.synonyms import take_in, write_out  # noqa: PLC0415

    with opened() as (_, db):
        click.echo(write_out(db, file) if way == "export" else take_in(db, file, jobs.now()))


@knowledge.command("check", help="パックの項目を、事実と資料の数字に照らして確かめます")
def knowledge_check() -> None:
    from jobs.books import check_pack  # noqa: PLC0415

    with calmly():
        config = Config.read(os.environ, Path(".env"))
        problems, waiting = check_pack(config, day_of(jobs.now()))
    for line in (*problems, *waiting):
        click.echo(line, err=True)
    click.echo(f"誤り{len(problems)}件" if problems else "パックに誤りはありません")
    sys.exit(1 if problems else 0)


@knowledge.command("why", help="この質問に、なぜこの項目が出ない（出る）のかを説明します")
@click.argument("question")
@click.argument("entry")
@click.option("--at", metavar="DATE", help="いつ聞いたことにするか（2026-11-20）")
def knowledge_why(question: str, entry: str, at: str | None) -> None:
    from knowledge.explain import why  # noqa: PLC0415

    with opened() as (_, db):
        for line in why(open_library(db).index(), question, entry, day_of(_moment(at)())):
            click.echo(line)


@knowledge.command("evaluate", help="答えのわかっている質問で、どれだけ正しく答えるかを測ります")
@click.argument("questions", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--at", metavar="DATE", help="いつ聞いたことにするか（2026-11-20）")
def knowledge_evaluate(questions: Path, at: str | None) -> None:
    from knowledge import store  # noqa: PLC0415
    from knowledge.evaluate import evaluate, read_questions  # noqa: PLC0415

    with opened() as (_, db):
        try:
            asked = read_questions(questions)
        except ValueError as error:
            raise ConfigError(f"{questions} を読めません（{error}）。") from error
        with db.read() as session:
            entries = [row.entry for row in store.published(session)]
        report = evaluate(open_library(db).index(), asked, entries, day_of(_moment(at)()))
    for line in report.lines():
        click.echo(line)


@main.group(help="名簿を扱います")
def directory() -> None:
    pass


@directory.command("import", help="名簿のフォルダーを取り込みます。全部か、何もしないか")
@click.argument("folder", type=click.Path(path_type=Path))
def directory_import(folder: Path) -> None:
    from jobs.books import import_directory  # noqa: PLC0415

    with opened() as (_, db):
        click.echo(import_directory(db, folder))


if __name__ == "__main__":
    main()
