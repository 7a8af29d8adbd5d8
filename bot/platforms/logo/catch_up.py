"""What was said while nobody listened: from the last message taken in, talk by talk.

Whether the bounds of get_messages are inclusive is not known, so more is asked for than needed, and messages are
told apart by their ids.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from bot.platforms.logo.known import Said, Strange, number
from bot.platforms.logo.line import UNREADABLE
from bot.platforms.logo.store import Seen
from bot.platforms.logo.wire import LogoError

log = logging.getLogger(__name__)

AT_A_TIME = 100
MOST = 2_000  # of one talk; more is a talk for people to look through
OLDEST_FIRST, NEWEST_FIRST = 1, 2
OVERLAP = 60_000 << 22  # a minute: ids are milliseconds << 22 | n, and pushes may come out of order
LONGEST_WAIT, TRIES = 60.0, 5
TOO_MANY, BUSY = 429, 503
NOT_NOW = (401, 408, 409, TOO_MANY)
"""Refusals in the 400s that are about the moment; any other is about the talk, and stays."""
SERVER_FAULT = 500

Ask = Callable[..., Any]


def fetch_missed(
    talks: Collection[int], seen: Seen, statuses: Any, ask: Ask, wait: Callable[[float], object]
) -> list[Said]:
    """Every message newer than the mark of its talk. Where there are no marks at all the account is new: what
    was said before is not for the desk, and the marks are set, all or none. Raise LineDown or LogoError where a
    talk cannot be read for now: the next login begins again, and nothing is lost."""
    newest, marks = _newest(statuses), seen.all()
    if not marks:
        for talk_id in talks:
            if talk_id not in newest:
                page = _read(_page(ask, wait, talk_id, 1, None, NEWEST_FIRST))
                newest[talk_id] = max((said.id for said in page), default=0)
        for talk_id in talks:
            seen.move(talk_id, newest[talk_id])
        return []
    since_all = max(marks.values())
    missed: list[Said] = []
    for talk_id in talks:
        mark = marks.get(talk_id, since_all)  # a talk that came while we were away
        if newest.get(talk_id, mark + 1) > mark:
            missed += _missed_of(talk_id, mark, ask, wait)
    return missed


def _newest(statuses: Any) -> dict[int, int]:
    """The newest message of each talk, where the server tells."""
    found: dict[int, int] = {}
    for status in statuses if isinstance(statuses, list) else []:
        try:
            found[number(status.get("talk_id"))] = number(status.get("max_message_id"))
        except (Strange, AttributeError):
            continue
    return found


def _missed_of(talk_id: int, mark: int, ask: Ask, wait: Callable[[float], object]) -> list[Said]:
    """Of the last minute before the mark most were taken in: they are marked as told again, and whoever takes them
    in knows them by id."""
    found: dict[int, Said] = {}
    since = max(mark - OVERLAP, 0)
    while len(found) < MOST:
        page = _read(_page(ask, wait, talk_id, AT_A_TIME, since or None, OLDEST_FIRST))
        new = {said.id: replace(said, again=said.id <= mark) for said in page if said.id > since}
        if not new:
            found.pop(mark, None)
            return list(found.values())
        found |= new
        since = max(new)
    log.error("logo: more than %s messages were missed in one talk; the rest is left out", MOST)
    return list(found.values())


def _page(
    ask: Ask,
    wait: Callable[[float], object],
    talk_id: int,
    count: int,
    since: int | None,
    order: int,
) -> Any:
    """A talk that is not ours (any more) has nothing for us; a server in trouble is asked again by the next login."""
    for left in reversed(range(TRIES)):
        try:
            return ask("get_messages", talk_id, count, since, None, order)
        except LogoError as error:
            busy, stays = error.code in (TOO_MANY, BUSY), error.code < SERVER_FAULT
            if error.message == UNREADABLE or (stays and error.code not in NOT_NOW):
                log.error("logo: a talk could not be read: %s", error)  # noqa: TRY400  told by its code
                return []
            if not busy or not left:
                raise
            wait(min(error.retry_after or 1.0, LONGEST_WAIT))
    raise AssertionError("unreachable")


def _read(page: Any) -> list[Said]:
    found: list[Said] = []
    for told in page if isinstance(page, list) else []:
        try:
            found.append(Said.read(told))
        except Strange as error:
            log.warning("logo: a message without %s", error)
    return found
