"""Old-spec MessagePack as the service speaks it, written apart from the desk's own so that neither hides a fault."""

from typing import Any

import msgpack

SIZES = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8,
    0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xDC: 2, 0xDD: 4, 0xDE: 2, 0xDF: 4,
}  # fmt: skip
"""What follows a format byte, children of lists and maps aside: they follow in line."""
TEXTS = {0xDA: 2, 0xDB: 4}


def pack(told: Any) -> bytes:
    packed: bytes = msgpack.packb(told, use_bin_type=False)
    return packed


def unpack(frame: bytes) -> Any:
    return msgpack.unpackb(frame, raw=False, strict_map_key=False)


def new_formats(frame: bytes) -> set[str]:
    """Format bytes that the old spec does not have: an old client cannot read such a frame."""
    place = 0
    while place < len(frame):
        byte = frame[place]
        place += 1
        if 0xA0 <= byte < 0xC0:
            place += byte & 0x1F
        elif byte in TEXTS:
            size = TEXTS[byte]
            place += size + int.from_bytes(frame[place : place + size], "big")
        elif byte in SIZES:
            place += SIZES[byte]
        elif 0xC0 <= byte < 0xE0:
            return {hex(byte)}
    return set()
