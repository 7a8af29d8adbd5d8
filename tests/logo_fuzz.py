"""A million strange frames for the reader: python -m tests.logo_fuzz --count 1000000 --seed 7 (make fuzz).

The real reader, decoder, directory and workers; only the socket is a list of frames. Ends with 1 where the reader
died, where a push that can be read was not acknowledged, or where the last, good message was not heard.
"""

import argparse
import itertools
import logging
import random
import resource
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import msgpack

from bot.platforms.logo.hearing import Hearing
from bot.platforms.logo.known import Known
from bot.platforms.logo.line import Line
from tests.logo_fake import DOMAIN, ME, codec
from tests.logo_fake.world import World

LAST = "さいごの声"
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**32, 2**63 - 1, 2**63, 2**64 - 1, -(2**63), 0.5, float("nan"),
    float("inf"), "", "x", "あ" * 50, [], [[]], {}, {"a": None}, [None] * 3, {"talk_id": "x"}, "\x00",
)  # fmt: skip


def models() -> list[list[Any]]:
    """Frames as the service sends them, of every kind that is listened to and some that are not."""
    world = World(lambda: 1_795_000_000.0)
    person = world.add_person("山田 太郎", "yamada@example.jp")
    pair = world.pair(person)
    group = world.add_talk(2, "情報政策課", [person])
    said = [
        world.add_message(pair, person, 1, "こんにちは {@:1,3}@デスク"),
        world.add_message(pair, person, 4, {"file_id": 2**60, "name": "a.pdf", "url": "https://x/"}),
        world.add_message(group["talk_id"], person, 0, {"type": "add_talkers", "added_user_ids": []}),
        world.add_message(pair, ME, 502, {"question": "どれ", "options": ["一", "二"]}),
    ]  # fmt: skip
    stamp = said[-1]["message_id"]
    said.append(world.add_message(pair, person, 503, {"in_reply_to": stamp, "response": 1}))
    read = {"talk_id": pair, "message_ids": [stamp], "read_user_ids": [person]}
    pushes: list[tuple[str, list[Any]]] = [
        *(("notify_create_message", [message]) for message in said),
        ("notify_update_read_statuses", [read]),
        ("notify_delete_message", [[pair, stamp, False]]),
        ("notify_delete_message", [pair, stamp]),
        ("notify_create_pair_talk", [world.talks[pair]]),
        ("notify_create_group_talk", [group]),
        ("notify_delete_talker", [group]),
        ("notify_delete_talk", [pair]),
        ("notify_join_domain", [{"domain_id": DOMAIN, "domain": {"domain_name": "県"}}]),
        ("notify_leave_domain", [DOMAIN + 5]),
        ("notify_update_user", [[DOMAIN, world.domain_user(person)]]),
        ("notify_add_acquaintances", [{"domain_id": DOMAIN, "users": [world.me()]}]),
        ("notify_delete_acquaintance", [[DOMAIN, person]]),
        ("notify_update_message_reactions", [{"message_id": stamp}]),
        ("notify_nobody_knows", []),
    ]
    frames: list[list[Any]] = [[0, n, name, params] for n, (name, params) in enumerate(pushes)]
    frames.append([1, 1, None, said])
    frames.append([1, 2, {"code": 429, "message": "x", "detail": {"retry_after": 1}}, None])
    return frames


def bent(told: Any, dice: random.Random) -> Any:
    """The same with one part somewhere in it made odd, left out or said twice."""
    if isinstance(told, list) and told and dice.random() < 0.8:
        at = dice.randrange(len(told))
        return [*told[:at], bent(told[at], dice), *told[at + 1 :]]
    if isinstance(told, dict) and told and dice.random() < 0.9:
        key = dice.choice(sorted(told))
        rest = {k: v for k, v in told.items() if k != key}
        return rest if dice.random() < 0.2 else {**told, key: bent(told[key], dice)}
    return dice.choice(ODD)


def spoilt(frame: bytes, dice: random.Random) -> bytes:
    """The same with its bytes cut, turned, doubled or mixed up."""
    at, to = sorted((dice.randrange(len(frame)), dice.randrange(len(frame))))
    how = dice.randrange(5)
    if how == 0:
        return frame[:at]
    if how == 1:
        return frame[:at] + bytes([dice.randrange(256)]) + frame[at + 1 :]
    if how == 2:
        return frame[:at] + frame[at:to] * 2 + frame[to:]
    if how == 3:
        return frame[:at] + frame[to:]
    return frame[:at] + dice.randbytes(dice.randrange(1, 12)) + frame[at:]


def fresh(told: list[Any], number: int) -> list[Any]:
    """The same as another message."""
    if told[2] != "notify_create_message":
        return told
    return [*told[:3], [{**told[3][0], "message_id": 2**60 + number}]]


def frames(count: int, seed: int) -> Iterator[bytes | str]:
    dice = random.Random(seed)
    known = models()
    packed = [codec.pack(model) for model in known]
    for number in range(count):
        how = dice.random()
        if how < 0.35:
            yield msgpack.packb(bent(dice.choice(known), dice), use_bin_type=dice.random() < 0.1)
        elif how < 0.75:
            frame = dice.choice(packed)
            for _ in range(dice.randrange(1, 4)):
                frame = spoilt(frame, dice) or b"\x94"
            yield frame
        elif how < 0.9:
            yield dice.randbytes(dice.randrange(0, 64))
        elif how < 0.99:
            yield codec.pack(fresh(dice.choice(known), number))
        elif how < 0.995:
            yield "text"
        else:
            yield b"\x94\x00\x05\xa1x" + bytes([dice.choice((0x91, 0xDD, 0xDF, 0x81))]) * 900


def is_push(frame: bytes | str) -> bool:
    """By the fake's own reading, which shares nothing with the desk's."""
    try:
        told = codec.unpack(frame) if isinstance(frame, bytes) else None
    except (msgpack.UnpackException, ValueError, TypeError):
        return False
    if not isinstance(told, list) or len(told) != 4 or any(isinstance(p, bool) for p in told[:2]):
        return False
    return (
        told[0] == 0
        and isinstance(told[0], int)
        and isinstance(told[1], int)
        and isinstance(told[2], str)
        and isinstance(told[3], list)
    )


@dataclass
class Fed:
    """A socket that holds nothing but frames."""

    given: Iterator[bytes | str]
    taken: int = 0
    acknowledged: int = 0
    owed: int = 0
    """Frames that anybody would read as a push."""
    protocol: Any = field(default_factory=lambda: SimpleNamespace(close_rcvd=None))

    def __iter__(self) -> Iterator[bytes | str]:
        for frame in self.given:
            self.taken += 1
            self.owed += is_push(frame)
            yield frame

    def send(self, frame: bytes) -> None:
        if codec.unpack(frame)[0] != 1:
            raise AssertionError("only acknowledgements go out")
        self.acknowledged += 1

    def close(self) -> None:
        pass


class Unmarked:
    """Marks that nobody keeps."""

    def move(self, talk_id: int, message_id: int) -> None:
        pass

    def join(self, talk_id: int) -> None:
        pass

    forget = join


@dataclass(frozen=True)
class Outcome:
    """What became of the frames."""

    given: int
    taken: int
    acknowledged: int
    owed: int
    refused: int
    strange: int
    heard: Counter[str]
    lives: bool
    """Every frame was taken, every push acknowledged, and the good message after them was heard."""


def fuzz(count: int, seed: int) -> Outcome:
    """Feed the reader, and a good message after it all."""
    last = codec.pack([0, 1, "notify_create_message", [
        {"message_id": 2**62, "talk_id": 2**61, "user_id": 3, "type": 1, "content": LAST, "created_at": 0}
    ]])  # fmt: skip
    heard: Counter[str] = Counter()
    there = threading.Event()

    def on_push(kind: str, body: Any) -> None:
        heard[kind] += 1
        if getattr(body, "content", None) == LAST:
            there.set()

    talks = {model[3][0]["talk_id"] for model in models() if model[2] == "notify_create_message"}

    def call(method: str, *_params: Any) -> Any:
        return [
            {"talk_id": talk, "domain_id": DOMAIN, "type": 1, "talk_name": None, "user_ids": [ME]}
            for talk in (2**61, *talks)
        ]

    known = Known(call)
    known.me = ME
    hearing = Hearing(known, Unmarked(), on_push, lambda _seconds: None, 2)
    hearing.start()
    hearing.release([])
    socket: Any = Fed(itertools.chain(frames(count, seed), [last]))
    line = Line(
        socket, lambda push: hearing.take(push.method, push.body, push.params), itertools.count()
    )
    line.gone.wait()
    lives = socket.taken == count + 1 and there.wait(30) and socket.acknowledged >= socket.owed
    hearing.stop(30)
    return Outcome(
        count,
        socket.taken,
        socket.acknowledged,
        socket.owed,
        line.refused,
        hearing.strange,
        heard,
        lives,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    began = time.monotonic()
    outcome = fuzz(given.count, given.seed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = ", ".join(f"{kind} {number}" for kind, number in sorted(outcome.heard.items()))
    print(
        f"{outcome.given} frames (seed {given.seed}): {outcome.taken} taken, {outcome.refused} refused, "
        f"{outcome.acknowledged} acknowledged ({outcome.owed} are pushes to anybody), {outcome.strange} strange "
        f"bodies; told on: {told}; "
        f"{time.monotonic() - began:.0f}s, peak {peak} MB"
    )
    print("the reader lives" if outcome.lives else "THE READER DIED")
    return 0 if outcome.lives else 1


if __name__ == "__main__":
    sys.exit(main())
