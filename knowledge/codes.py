"""What the index looks for, as numbers: words, synonym groups, letter pairs and triples of sounds.

A feature is one number of 64 bits, the same on every machine and in every process, so that an index can be
saved and opened without its vocabulary. The top bits name the channel.
"""

from functools import lru_cache
from hashlib import blake2b

from knowledge.normal import fold

WORD, OWN, CORE, LETTERS, SOUNDS, EXACT = range(6)
CHANNELS = 6
SHIFT = 60


@lru_cache(maxsize=200_000)
def code(channel: int, feature: str) -> int:
    """The number of a feature. Two different ones of an index of 10^6 features share one once in 10^6 indexes."""
    hashed = int.from_bytes(blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest())
    return channel << SHIFT | hashed >> (64 - SHIFT)


def letters(cleaned: str) -> list[int]:
    """Neighbouring letters, katakana as hiragana; two hiragana in a row are grammar and left out."""
    folded = fold(cleaned)
    return [
        LETTERS << SHIFT | ord(a) << 21 | ord(b)
        for a, b, c, d in zip(folded, folded[1:], cleaned, cleaned[1:], strict=False)
        if (a.isalnum() and b.isalnum()) and not ("ぁ" <= c <= "ん" and "ぁ" <= d <= "ん")
    ]


def sounds(reading: str) -> list[int]:
    """Three letters of the sound at a time."""
    return [
        SOUNDS << SHIFT | (ord(a) & 0xFFFF) << 32 | (ord(b) & 0xFFFF) << 16 | ord(c) & 0xFFFF
        for a, b, c in zip(reading, reading[1:], reading[2:], strict=False)
    ]
