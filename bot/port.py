"""Where the page is heard: taken first, so that nothing is shown as running that is not."""

import socket

from bot.config import Config, ConfigError


def listen(config: Config) -> socket.socket:
    """Take the port before anything else is shown as running."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((config.host, config.port))
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"HOST={config.host} の PORT={config.port} で待ち受けられません（{error.strerror}）。"
            "ほかの番号にするか、使っているものを止めてください。"
        ) from None
    return listening
