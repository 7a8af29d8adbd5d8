"""Desks whose municipalities are in talks that no process reaches."""

import pytest

from tests.conftest import Whole
from tests.relay_world import move_to_talks


@pytest.fixture
def relayed(whole: Whole) -> Whole:
    move_to_talks(whole.db)
    return whole


@pytest.fixture
def on_the_page(page: Whole) -> Whole:
    move_to_talks(page.db)
    return page
