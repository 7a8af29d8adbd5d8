"""What LoGoチャット tells on bad days: rubbish, repetition, rooms and people that come and go. docs/logo.md has a table of them with these names."""

import pytest

from bot.platforms.logo import wire
from bot.platforms.logo.known import GROUP
from bot.platforms.logo.store import Seen
from tests.logo_fake import DOMAIN, ME, codec
from tests.logo_fuzz import fuzz
from tests.logo_world import Joined

# ---- what comes over the wire


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"garbage",
        "a text frame",
        codec.pack([0, 5, "notify_create_message", [{"message_id": "x"}]])[:-3],
        codec.pack([9, 9, 9, 9]),
        codec.pack([1, 2**40, None, "an answer to nobody"]),
        codec.pack([0, 5, "notify_create_message", [None]]),
        codec.pack([0, 5, "notify_create_message", []]),
        codec.pack([0, 5, "notify_create_message", [{"message_id": True, "talk_id": []}]]),
        codec.pack([0, 5, "notify_delete_message", [[]]]),
        codec.pack([0, 5, "notify_nobody_knows", [[[[]]]]]),
        b"\x94\x00\x05\xa1x" + b"\x91" * 2000,
        b"\x94\x00\x05\xa1x\xdd\xff\xff\xff\xff",
    ],
)  # fmt: skip
def test_rubbish_on_the_wire_does_not_end_the_reader(
    joined: Joined, yamada: int, frame: bytes | str
) -> None:
    joined.fake.raw(frame)
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)
    assert len(joined.fake.noted("open")) == 1


def test_a_frame_of_ten_megabytes_is_refused_and_acknowledged(joined: Joined, yamada: int) -> None:
    joined.fake.raw(codec.pack([0, 77, "notify_create_message", ["x" * (10 << 20)]]))
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)
    assert len(joined.fake.noted("open")) == 1
    joined.fake.wait_until(lambda: len(joined.fake.noted("ack")) == 2)


def test_a_frame_beyond_all_bounds_ends_only_the_line(joined: Joined, yamada: int) -> None:
    joined.fake.raw(b"\xff" * (8 * wire.LARGEST_FRAME + 1))
    joined.wait_again()
    joined.fake.say(yamada, None, "聞こえますか")
    joined.wait(1)


def test_a_thousand_strange_frames_and_the_reader_lives() -> None:
    outcome = fuzz(1000, seed=20261120)
    assert outcome.lives and outcome.acknowledged >= outcome.owed > 50
    assert outcome.refused > 100 and outcome.acknowledged > 100 and outcome.heard["message"] > 5


@pytest.mark.parametrize("number", [2**63 - 1, 2**63, 2**64 - 1])
def test_ids_at_the_edge_of_64_bits(joined: Joined, yamada: int, number: int) -> None:
    talk = joined.fake.pair(yamada)
    joined.fake._last = number - 2
    first = joined.fake.say(yamada, talk, "端の前")
    last = joined.fake.say(yamada, talk, "端")
    assert (first, last) == (number - 1, number)
    assert [said.id for said in joined.wait(2)] == [number - 1, number]
    joined.fake.wait_until(lambda: Seen(joined.session._db).all()[talk] == number)
    for beyond in (-1, -(2**63)):
        body = {**joined.fake.messages[last], "message_id": beyond}
        joined.fake.push("notify_create_message", body)
    joined.fake._last = 0
    joined.fake.say(yamada, talk, "まだ聞こえます")
    assert len(joined.wait(3)) == 3


def test_pushes_out_of_order_are_all_told_once(joined: Joined, yamada: int) -> None:
    fake, talk = joined.fake, joined.fake.pair(yamada)
    made = [fake.add_message(talk, yamada, 1, f"{n}") for n in range(4)]
    for n in (2, 0, 3, 0, 1, 2):
        fake.push("notify_create_message", made[n])
    joined.wait(4)
    assert sorted(joined.heard.texts) == ["0", "1", "2", "3"]
    fake.cut()
    joined.wait_again()
    fake.say(yamada, talk, "4")
    joined.wait(5)
    assert sorted(joined.heard.texts) == ["0", "1", "2", "3", "4"]


def test_our_own_and_other_bots_words_are_not_told(joined: Joined, yamada: int) -> None:
    fake, talk = joined.fake, joined.fake.pair(yamada)
    fake.say(ME, talk, "自分の言葉")
    fake.say(yamada, talk, "ボットの言葉", bot_message=True)
    fake.say(0, talk, {"type": "add_talkers"}, 0)
    fake.say(yamada, talk, "人の言葉")
    joined.wait(1)
    assert joined.heard.texts == ["人の言葉"]


# ---- rooms and people


def test_in_and_out_of_rooms(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    room = fake.add_group("情報政策課", [yamada])
    (talk,) = joined.wait(1, "talk_added")
    assert (talk.id, talk.type, talk.name) == (room, GROUP, "情報政策課")
    fake.expel(room)
    joined.wait(1, "talk_gone")
    assert room not in joined.session.talks
    fake.say(yamada, room, "もういません")
    fake.invite(room)
    joined.wait(2, "talk_added")
    fake.say(yamada, room, "おかえり")
    joined.wait(1)
    assert joined.heard.texts == ["おかえり"]


def test_rooms_that_changed_while_we_were_away_are_told(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    room = fake.add_group("情報政策課", [yamada])
    joined.wait(1, "talk_added")
    fake.down = True
    fake.wait_until(lambda: not fake.links)
    fake.expel(room)
    other = fake.add_group("防災課", [yamada])
    fake.down = False
    joined.wait_again()
    assert [talk.id for talk in joined.wait(1, "talk_gone")] == [room]
    assert [talk.id for talk in joined.wait(2, "talk_added")] == [room, other]


def test_a_message_in_a_room_nobody_told_of_is_heard(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    talk = fake.add_talk(GROUP, "知らせのなかった部屋", [yamada])["talk_id"]
    fake.say(yamada, talk, "聞こえますか")
    (said,) = joined.wait(1)
    assert said.domain_id == DOMAIN


def test_a_person_who_leaves_is_told(joined: Joined, yamada: int) -> None:
    fake = joined.fake
    room = fake.add_group("情報政策課", [yamada])
    joined.wait(1, "talk_added")
    fake.leave(yamada)
    (left,) = joined.wait(1, "left")
    assert (left.domain_id, left.user_id) == (DOMAIN, yamada)
    joined.wait(1, "talk_changed")
    assert yamada not in joined.session.talks[room].user_ids
    assert joined.session.people.name(DOMAIN, yamada) == ""


def test_the_account_itself_leaves_an_organisation(joined: Joined, yamada: int) -> None:
    joined.fake.push("notify_leave_domain", DOMAIN)
    joined.wait(1, "talk_gone")
    (left,) = joined.wait(1, "left")
    assert left.user_id == ME and not joined.session.domains and not joined.session.talks


def test_a_changed_name_and_address_are_known(joined: Joined, yamada: int) -> None:
    fake, people = joined.fake, joined.session.people
    assert people.mail(DOMAIN, yamada) == "yamada@example.jp"
    fake.users[yamada]["display_name"] = "山田 花子"
    fake.mails[yamada] = "hanako@example.jp"
    fake.push("notify_update_user", [DOMAIN, fake.domain_user(yamada)])
    fake.wait_until(lambda: people.name(DOMAIN, yamada) == "山田 花子")
    assert people.mail(DOMAIN, yamada) == "hanako@example.jp"


def test_read_and_taken_back_are_told(joined: Joined, yamada: int) -> None:
    fake, talk = joined.fake, joined.fake.pair(yamada)
    (message,) = joined.talking.text(talk, "お知らせ")
    fake.read(yamada, message)
    (read,) = joined.wait(1, "read")
    assert (read.talk_id, read.message_ids, read.user_ids) == (talk, (message,), (yamada,))
    assert joined.talking.read_by(talk, message) == (yamada,)
    words = fake.say(yamada, talk, "まちがえました")
    fake.take_back(words)
    (deleted,) = joined.wait(1, "deleted")
    assert (deleted.talk_id, deleted.message_id) == (talk, words)
