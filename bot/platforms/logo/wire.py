"""Frames of the wire: requests and responses in old-spec MessagePack (2012: no str8, bin or ext).

A frame comes from outside. Whatever is in it, `decode` gives back what it says or raises WireError.
"""

from dataclasses import dataclass, field
from typing import Any

import msgpack

LARGEST_FRAME = 4 << 20  # 4 MiB; a talk's hundred longest messages are under 3
LONGEST_TEXT = 1 << 20
LONGEST_LIST = 20_000  # everybody of a domain; a header claiming more would reserve memory
LONGEST_MAP = 5_000
LARGEST_NUMBER = 2**64 - 1
REQUEST, RESPONSE = 0, 1
REQUEST_PARTS, RESPONSE_PARTS = 4, 4


class LogoError(Exception):
    """What the server answered instead of a result. `code`: like HTTP's; `detail`: its map, perhaps empty."""

    def __init__(self, code: int, message: str, detail: Any = None) -> None:
        super().__init__(f"{code} {message}")
        self.code, self.message = code, message
        self.detail: dict[str, Any] = detail if isinstance(detail, dict) else {}

    @property
    def retry_after(self) -> float:
        """Seconds the server asked us to wait; 0 where it did not."""
        asked = self.detail.get("retry_after")
        return float(asked) if isinstance(asked, int | float) and 0 < asked < float("inf") else 0.0


class WireError(Exception):
    """A frame that cannot be read or written.

    `kind` and `msgid` are what its head says where that could be read, so that a push is acknowledged and a
    call is told that its answer is none; else -1.
    """

    def __init__(self, reason: str, kind: int = -1, msgid: int = -1) -> None:
        super().__init__(reason)
        self.kind, self.msgid = kind, msgid


@dataclass(frozen=True)
class Request:
    """What one side asks of the other."""

    msgid: int
    method: str
    params: list[Any] = field(default_factory=list)


class Push(Request):
    """A request from the server. It is answered with `acknowledge`, whatever it says."""

    @property
    def body(self) -> Any:
        return self.params[0] if self.params else None


@dataclass(frozen=True)
class Response:
    """The answer to a request: an error or a result."""

    msgid: int
    error: LogoError | None
    result: Any = None


def request(msgid: int, method: str, params: list[Any]) -> bytes:
    """A request as a frame. Raise WireError for params the wire has no form for."""
    return _pack([REQUEST, msgid, method, params])


def acknowledge(msgid: int) -> bytes:
    """The answer to a push: understood."""
    return _pack([RESPONSE, msgid, None, True])


def decode(frame: bytes) -> Push | Response:
    """What a frame says. Raise WireError."""
    if len(frame) > LARGEST_FRAME:
        raise WireError(f"a frame of {len(frame)} bytes", *_head(frame))
    try:
        told = msgpack.unpackb(
            frame,
            raw=False,
            strict_map_key=False,
            unicode_errors="replace",  # half an emoji must not cost the message
            max_str_len=LONGEST_TEXT,
            max_bin_len=0,
            max_ext_len=0,
            max_array_len=LONGEST_LIST,
            max_map_len=LONGEST_MAP,
        )
    except (msgpack.UnpackException, ValueError, TypeError, RecursionError) as error:
        raise WireError(type(error).__name__, *_head(frame)) from error
    if not isinstance(told, list) or len(told) != REQUEST_PARTS:
        raise WireError("not an envelope", *_head(frame))
    kind, msgid, third, fourth = told
    if not _is_number(kind) or not _is_number(msgid):
        raise WireError("not an envelope")
    if kind == REQUEST and isinstance(third, str) and isinstance(fourth, list):
        return Push(msgid, third, fourth)
    if kind == RESPONSE:
        return Response(msgid, _error(third), fourth)
    raise WireError("not an envelope", kind, msgid)


def _error(told: Any) -> LogoError | None:
    if told is None:
        return None
    if not isinstance(told, dict):
        return LogoError(500, "unreadable error")
    code, message = told.get("code"), told.get("message")
    return LogoError(
        int(code) if isinstance(code, int) and _is_number(code) else 500,
        message if isinstance(message, str) else "",
        told.get("detail"),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _head(frame: bytes) -> tuple[int, int]:
    """Kind and msgid of a frame that cannot be read as a whole; -1 where these cannot be read either."""
    unpacker = msgpack.Unpacker(max_buffer_size=64)
    try:
        unpacker.feed(frame[:64])
        if unpacker.read_array_header() != REQUEST_PARTS:
            return -1, -1
        kind, msgid = unpacker.unpack(), unpacker.unpack()
    except (msgpack.UnpackException, ValueError, TypeError):
        return -1, -1
    return (kind, msgid) if _is_number(kind) and _is_number(msgid) else (-1, -1)


def _pack(told: Any) -> bytes:
    _check(told)
    try:
        packed: bytes = msgpack.packb(told, use_bin_type=False, unicode_errors="replace")
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise WireError(type(error).__name__) from error
    if len(packed) > LARGEST_FRAME:
        raise WireError(f"a frame of {len(packed)} bytes")
    return packed


def _check(told: Any) -> None:
    """The wire has texts, numbers, truth, nothing, lists and maps with texts as keys, and no bytes."""
    if isinstance(told, list | tuple):
        for part in told:
            _check(part)
    elif isinstance(told, dict):
        for key, part in told.items():
            if not isinstance(key, str):
                raise WireError("a key that is no text")
            _check(part)
    elif not isinstance(told, str | int | float | None):
        raise WireError(f"no form for {type(told).__name__}")
