"""What a bot token must be allowed to call each method."""

DEFAULT = frozenset(
    {
        "app_mentions:read", "channels:history", "chat:write", "commands", "groups:history",
        "groups:read", "im:history", "im:write", "users:read", "users:read.email",
    }
)  # fmt: skip

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
FILES = ("files:write",)

NEEDS: dict[str, tuple[str, ...]] = {
    "chat.delete": ("chat:write",),
    "chat.postEphemeral": ("chat:write",),
    "chat.postMessage": ("chat:write",),
    "chat.update": ("chat:write",),
    "conversations.history": HISTORY,
    "conversations.info": READ,
    "conversations.members": READ,
    "conversations.open": ("im:write", "mpim:write", "groups:write", "channels:manage"),
    "conversations.replies": HISTORY,
    "files.completeUploadExternal": FILES,
    "files.getUploadURLExternal": FILES,
    "files.info": ("files:read",),
    "reactions.add": ("reactions:write",),
    "users.info": ("users:read",),
    "users.list": ("users:read",),
    "users.lookupByEmail": ("users:read.email",),
}
"""Any one of them will do; a method that is not named needs none."""


def of_channel(what: str, channel: str, *, is_private: bool) -> str:
    """What the kind of channel asks for: `what` is read or history."""
    if channel.startswith("D"):
        return f"im:{what}"
    return f"{'groups' if is_private else 'channels'}:{what}"
