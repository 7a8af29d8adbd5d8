"""The chats that are set up, made from their settings. Their libraries are loaded by their users alone."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Protocol

from bot.chat import ChatDesk, Home, Platform
from bot.config import Config
from bot.db import Database


class Chat(Protocol):
    """A chat that connects by itself, keeps trying, and ends cleanly."""

    @property
    def said(self) -> str:
        """How it stands: empty when connected, else what is wrong."""

    def start(
        self, desk: ChatDesk, platforms: dict[Home, Platform], joined: Callable[[], object]
    ) -> None:
        """Connect in threads of its own, however long it takes. `joined`: called once it can post."""

    def routes(self) -> tuple[Any, ...]:
        """Addresses of the desk's page at which it is heard; none where it connects by itself."""

    def stop(self) -> None:
        """Hear nothing more, and let what was heard be answered."""


def chats_of(
    config: Config, db: Database, owner: str, clock: Callable[[], datetime]
) -> dict[str, Chat]:
    """Each chat by its name."""
    chats: dict[str, Chat] = {}
    if config.slack is not None:
        from bot.platforms.slack.chat import SlackChat  # noqa: PLC0415  0.3 s

        chats["slack"] = SlackChat(config.slack, config.public_url, clock)
    if config.logo is not None:
        from bot.platforms.logo.chat import LogoChat  # noqa: PLC0415

        chats["logo"] = LogoChat(config.logo, owner, db, config.public_url, clock)
    return chats
