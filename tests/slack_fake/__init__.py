"""A fake Slack for tests; see `FakeSlack`. Alone: python -m tests.slack_fake --port 8899."""

from tests.slack_fake.fake import Dispatch, FakeSlack
from tests.slack_fake.inbound import Delivery, Inbound
from tests.slack_fake.people import (
    APP,
    BOT,
    BOT_ID,
    TEAM,
    FakeChannel,
    FakePerson,
    Json,
    dm_of,
)
from tests.slack_fake.signed import SECRET, sign

__all__ = [
    "APP",
    "BOT",
    "BOT_ID",
    "SECRET",
    "TEAM",
    "Delivery",
    "Dispatch",
    "FakeChannel",
    "FakePerson",
    "FakeSlack",
    "Inbound",
    "Json",
    "dm_of",
    "sign",
]
