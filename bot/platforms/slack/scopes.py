"""What the desk's bot token must be allowed to do in Slack. slack-manifest.yaml asks for the same."""

NEEDED_SCOPES = frozenset(
    {
        "app_mentions:read", "channels:history", "chat:write", "commands", "groups:history",
        "groups:read", "im:history", "im:write", "users:read", "users:read.email",
    }
)  # fmt: skip
