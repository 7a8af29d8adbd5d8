"""The list of places at the left: rooms, one's own threads, what can be started or looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.chat import Button, Door, Place
from bot.platforms.web.places import is_own, own_talk
from bot.platforms.web.posts import WebPost, threads
from bot.platforms.web.reads import unread
from bot.platforms.web.site import Site, Visit

THREADS = 20


@dataclass(frozen=True)
class Way:
    """One place to go to, and how much is new there."""

    name: str
    place: Place
    count: int
    own: bool = False
    state: str = ""


@dataclass(frozen=True)
class Group:
    name: str
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Rail:
    groups: tuple[Group, ...]
    threads: tuple[Way, ...]
    acts: tuple[Button, ...]
    looks: tuple[Button, ...]
    total: int


def doors(site: Site, visit: Visit) -> tuple[Door, ...]:
    found = site.desk.doors(visit.account)
    if any(is_own(visit.account, door.place) for door in found):
        return found
    return (Door("質問する", own_talk(visit.account), "部屋"), *found)


def rail(site: Site, visit: Visit, here: Place | None) -> Rail:
    """What this person sees at the left. The place that is open has nothing new."""
    open_doors = doors(site, visit)
    talk = own_talk(visit.account)
    with site.db.read() as session:
        counts = dict(unread(session, visit.account, {door.place.channel for door in open_doors}))
        own = threads(session, talk.channel, count=THREADS)
    if here is not None:
        counts.pop(here, None)
    names = list(dict.fromkeys(door.group for door in open_doors))
    ways = {
        door: Way(door.name, door.place, _count(counts, door.place, talk), door.place == talk)
        for door in open_doors
    }
    menu = site.desk.menu(visit.account)
    return Rail(
        tuple(Group(name, tuple(ways[d] for d in open_doors if d.group == name)) for name in names),
        thread_ways(own, counts),
        tuple(button for button in menu if button.style != "link"),
        tuple(button for button in menu if button.style == "link"),
        sum(counts.values()),
    )


def thread_ways(openers: Sequence[WebPost], counts: Mapping[Place, int]) -> tuple[Way, ...]:
    return tuple(
        Way(post.opens, post.reference, counts.get(post.reference, 0), state=post.state)
        for post in openers
    )


def _count(counts: Mapping[Place, int], place: Place, talk: Place) -> int:
    """One's own threads are listed by themselves; another room's count holds its threads."""
    if place == talk:
        return counts.get(place, 0)
    return sum(count for where, count in counts.items() if where.channel == place.channel)
