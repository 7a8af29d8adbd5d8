"""Frames: what the old spec has, and nothing that comes in ends the reader."""

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.logo import wire
from bot.platforms.logo.wire import LogoError, Push, Response, WireError
from tests.logo_fake import codec

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.integers(0, 2**64 - 1), st.text(max_size=30), st.lists(plain, max_size=4))
def test_what_is_sent_is_old_spec_and_comes_out_as_it_went_in(
    number: int, method: str, params: list[Any]
) -> None:
    frame = wire.request(number, method, params)
    assert not codec.new_formats(frame)
    assert codec.unpack(frame) == [0, number, method, params]
    told = wire.decode(frame)
    assert isinstance(told, Push) and (told.msgid, told.method, told.params) == (number, method, params)  # fmt: skip


def test_a_push_is_acknowledged_with_true() -> None:
    assert codec.unpack(wire.acknowledge(7)) == [1, 7, None, True]


@pytest.mark.parametrize("number", [0, 2**31, 2**32, 2**60, 2**63 - 1, 2**63, 2**64 - 1])
def test_ids_keep_their_64_bits(number: int) -> None:
    told = wire.decode(codec.pack([1, 3, None, {"id": number}]))
    assert isinstance(told, Response) and told.result == {"id": number}
    assert codec.unpack(wire.request(1, "x", [number]))[3] == [number]


@pytest.mark.parametrize(
    "params",
    [[b"bytes"], [{1: 2}], [2**64], [-(2**63) - 1], [{"a": {"b": object()}}], [{b"k": 1}], [set()]],
)
def test_what_the_wire_has_no_form_for_is_not_sent(params: list[Any]) -> None:
    with pytest.raises(WireError):
        wire.request(1, "create_message", params)


def test_a_frame_too_large_is_not_sent() -> None:
    with pytest.raises(WireError, match="bytes"):
        wire.request(1, "create_message", ["あ" * (2 << 20)])


ENDLESS = b"\x94\x00\x05\xa1x" + b"\x91" * 2000  # params nested without end


@pytest.mark.parametrize(
    ("frame", "kind", "msgid"),
    [
        (b"", -1, -1),
        (b"\xc1", -1, -1),
        (b"garbage", -1, -1),
        (codec.pack([0, 5, "notify_x", ["ab"]])[:-1], 0, 5),
        (codec.pack([0, 5, "notify_x", []]) + b"\x00", 0, 5),
        (codec.pack([0, 5, 6, []]), 0, 5),
        (codec.pack([2, 5, "x", []]), 2, 5),
        (codec.pack([0, 5, "x"]), -1, -1),
        (codec.pack({"a": 1}), -1, -1),
        (codec.pack([None, None, None, None]), -1, -1),
        (codec.pack([True, False, "x", []]), -1, -1),
        (msgpack.packb([1, 9, None, b"\xff" * 300], use_bin_type=True), 1, 9),
        (b"\x94\x01\x09\xc0\xdd\xff\xff\xff\xff", 1, 9),
        (b"\x94\x01\x09\xc0\xdb\x7f\xff\xff\xff", 1, 9),
        (b"\x94\x01\x09\xc0\xdf\x00\xff\xff\xff", 1, 9),
        (b"\x94\x01\x09\xc0\xc7\x0c\xff" + b"\x00" * 12, 1, 9),
        (b"\x94\x01\x09\xc0\x81\x90\x01", 1, 9),
        (ENDLESS, 0, 5),
        (b"\x94\x00\x05\xa1x" + b"\xdd\x00\x00\x4e\x20" * 2000, 0, 5),
        (codec.pack([0, 5, "notify_x", ["x" * (10 << 20)]]), 0, 5),
        (b"\xff" * (10 << 20), -1, -1),
    ],
)  # fmt: skip
def test_rubbish_is_refused_and_its_head_told_where_it_can_be_read(
    frame: bytes, kind: int, msgid: int
) -> None:
    with pytest.raises(WireError) as refused:
        wire.decode(frame)
    assert (refused.value.kind, refused.value.msgid) == (kind, msgid)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(frame: bytes) -> None:
    try:
        told = wire.decode(frame)
    except WireError:
        return
    assert isinstance(told, Push | Response)


def test_half_an_emoji_does_not_cost_the_message() -> None:
    told = wire.decode(b"\x94\x00\x01\xa1x\x91\xa5ok\xed\xa0\xbd")
    assert isinstance(told, Push) and told.body.startswith("ok")


@pytest.mark.parametrize(
    ("error", "code", "after"),
    [
        ({"code": 429, "message": "too many", "detail": {"retry_after": 4}}, 429, 4.0),
        ({"code": 503, "message": "busy", "detail": None}, 503, 0.0),
        ({"code": 503, "message": "busy", "detail": {"retry_after": float("nan")}}, 503, 0.0),
        ({"code": 503, "message": "busy", "detail": {"retry_after": -3}}, 503, 0.0),
        ({"code": "x", "message": 3}, 500, 0.0),
        ("no map", 500, 0.0),
    ],
)
def test_an_error_is_read_whatever_is_in_it(error: Any, code: int, after: float) -> None:
    told = wire.decode(codec.pack([1, 2, error, None]))
    assert isinstance(told, Response) and isinstance(told.error, LogoError)
    assert (told.error.code, told.error.retry_after) == (code, after)
