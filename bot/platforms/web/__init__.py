"""リエゾンデスク as a web page: a chat of its own, in the browser, with its own tables."""

from bot.platforms.web.app import make_app
from bot.platforms.web.page import Page

__all__ = ["Page", "make_app"]
