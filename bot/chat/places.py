"""Where things are said, and who speaks: ids of a chat, without any of its own words."""

from dataclasses import dataclass, replace

Home = tuple[str, str]
"""(platform, workspace): where a process can post. Slack has one per workspace, the page has one."""

BY_HAND = "relay"
"""The platform of a chat that no process reaches: people carry what is said there, both ways. Its workspace is
the tenant, its channel the talk's name. Several people may share one talk: the user is then talk:person."""


@dataclass(frozen=True)
class Place:
    """Where something is said: a channel, or one thread of it.

    `workspace` is the workspace or domain the channel belongs to, as ids repeat between workspaces.
    """

    platform: str
    workspace: str
    channel: str
    thread: str | None = None

    def __post_init__(self) -> None:
        for part in (self.platform, self.workspace, self.channel):
            if not part or "/" in part:
                raise ValueError(f"a part of a place is empty or holds a slash: {part!r}")

    def __str__(self) -> str:
        return "/".join(filter(None, (self.platform, self.workspace, self.channel, self.thread)))

    @property
    def home(self) -> Home:
        return (self.platform, self.workspace)

    @property
    def by_hand(self) -> bool:
        """Does a person have to carry there what is said?"""
        return self.platform == BY_HAND

    @property
    def root(self) -> "Place":
        """The channel without its thread."""
        return replace(self, thread=None)

    @property
    def said_in(self) -> "Place":
        """The channel or thread itself, where this place refers to a post in it."""
        return replace(self, thread=(self.thread or "").partition("#")[0] or None)

    @property
    def post(self) -> str:
        """The post this place refers to, or that opened this thread; empty for a bare channel."""
        return (self.thread or "").rpartition("#")[2]

    def of_post(self, post: str, *, opens: bool) -> "Place":
        """Where a post said here stands: the thread it opens, or a reference to the post itself.

        A thread's place ends with the post that opened it: web/page/room-ea/12. Any other post is
        web/page/room-ea/#15, or web/page/room-ea/12#15 inside a thread, so that an update always finds
        its post and a thread's place is the same wherever it is written.
        """
        if opens:
            return replace(self, thread=post)
        return replace(self, thread=f"{self.said_in.thread or ''}#{post}")

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what `str()` wrote. Raises ValueError where a part is missing."""
        parts = text.split("/", 3)
        if len(parts) < 3:  # noqa: PLR2004  platform, workspace, channel
            raise ValueError(f"not a place: {text!r}")
        return cls(*parts)


@dataclass(frozen=True)
class Account:
    """Who speaks, as the chat names them. Which person that is, the directory knows."""

    platform: str
    workspace: str
    user: str

    def __str__(self) -> str:
        return f"{self.platform}/{self.workspace}/{self.user}"

    @property
    def home(self) -> Home:
        return (self.platform, self.workspace)

    @property
    def by_hand(self) -> bool:
        """Is this somebody whose words are carried here by a person of the desk?"""
        return self.platform == BY_HAND

    @property
    def talk(self) -> Place:
        """Where the desk talks with this account alone: a channel of the account's own name, or the talk that
        it shares with others. A chat whose direct channels have other ids knows which one is meant."""
        channel = self.user.partition(":")[0] if self.by_hand else self.user
        return Place(self.platform, self.workspace, channel)

    @classmethod
    def parse(cls, text: str) -> "Account":
        platform, workspace, user = text.split("/", 2)
        return cls(platform, workspace, user)
