"""The fake LoGoチャット and a session that is logged in there."""

from collections.abc import Iterator

import pytest

from bot.db import Database
from tests.conftest import Clock
from tests.logo_fake import FakeLogo
from tests.logo_world import Joined, join


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeLogo]:
    with FakeLogo(now=lambda: clock().timestamp()) as made:
        yield made


@pytest.fixture
def yamada(fake: FakeLogo) -> int:
    person = fake.add_person("山田 太郎", "yamada@example.jp")
    fake.add_pair(person)
    return person


@pytest.fixture
def joined(fake: FakeLogo, yamada: int, lite_db: Database, clock: Clock) -> Iterator[Joined]:
    made = join(fake, lite_db, clock)
    yield made
    made.session.stop()


@pytest.fixture
def kept(fake: FakeLogo, yamada: int, empty_db: Database, clock: Clock) -> Iterator[Joined]:
    """With the database that all of this is about."""
    made = join(fake, empty_db, clock)
    yield made
    made.session.stop()
