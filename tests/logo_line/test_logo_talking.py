"""What the desk says in LoGoチャット: lengths, spacing, refusals, and one lost answer is one message."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat import Card, Place, SendError
from bot.db import Database
from bot.platforms.logo.known import SELECT
from bot.platforms.logo.stamps import Stamps
from bot.platforms.logo.talking import MOST_OPTIONS, Spacer, Talking, send_error
from bot.platforms.logo.texts import cut, pieces, units
from bot.platforms.logo.wire import LogoError
from tests.conftest import Clock
from tests.logo_fake import DOMAIN, FakeLogo
from tests.logo_world import Joined, join

URL = "https://desk.example.jp/entry/" + "a" * 60


@pytest.fixture
def joined(fake: FakeLogo, lite_db: Database, clock: Clock) -> Iterator[Joined]:
    fake.add_pair(fake.add_person("山田 太郎"))
    made = join(fake, lite_db, clock)
    yield made
    made.session.stop()


@pytest.fixture
def talk(joined: Joined) -> int:
    return next(iter(joined.session.talks))


# ---- lengths


@given(st.text(max_size=400), st.integers(8, 60))
def test_pieces_fit_and_hold_everything(text: str, longest: int) -> None:
    parts = pieces(text, longest)
    assert all(units(part) <= longest for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


def test_a_text_is_cut_between_sentences() -> None:
    text = "一文目はここまでです。二文目は「かぎの中です。」という文です。三文目です。"
    assert pieces(text, 30) == ["一文目はここまでです。", "二文目は「かぎの中です。」という文です。三文目です。"]  # fmt: skip


def test_a_text_is_cut_between_paragraphs_and_lines_first() -> None:
    assert pieces("見出し。\n一行目です。\n\n二段目です。三。", 20) == ["見出し。\n一行目です。", "二段目です。三。"]  # fmt: skip


def test_an_address_is_never_cut() -> None:
    text = "くわしくはこちらをごらんください、長い前置きです " + URL + " までどうぞ。"
    for longest in range(len(URL) + 1, 130):
        assert sum(URL in part for part in pieces(text, longest)) == 1


def test_an_address_longer_than_a_message_is_cut_all_the_same() -> None:
    parts = pieces(URL * 3, 50)
    assert "".join(parts) == URL * 3 and all(len(part) <= 50 for part in parts)


def test_length_is_counted_as_the_service_does() -> None:
    assert units("𠮷野家") == 4 and units("神戸") == 2
    assert pieces("𠮷" * 10, 5) == ["𠮷𠮷"] * 5
    assert cut("𠮷" * 10, 5) == "𠮷𠮷…" and cut("神戸市", 3) == "神戸市"


def test_a_joined_character_is_not_torn() -> None:
    family = "👨‍👩‍👧"
    for longest in range(8, 30):
        assert all(not part.startswith("\u200d") for part in pieces(family * 6, longest))


def test_long_words_go_out_in_order(joined: Joined, talk: int) -> None:
    text = "\n".join(f"{number}行目、これはすこし長い行です。" for number in range(200))
    ids = joined.talking.text(talk, text)
    said = joined.fake.said(talk)
    assert [m["message_id"] for m in said] == ids and len(ids) > 2
    assert "\n".join(m["content"] for m in said) == text
    assert all(units(m["content"]) <= 1024 for m in said)


def test_a_smaller_limit_of_the_server_is_kept(
    fake: FakeLogo, lite_db: Database, clock: Clock
) -> None:
    fake.limit = 100
    talk = fake.add_pair(fake.add_person("山田 太郎"))
    made = join(fake, lite_db, clock)
    made.talking.text(talk, "一つの文です。" * 50)
    assert max(units(m["content"]) for m in fake.said(talk)) <= 100
    made.session.stop()


def test_a_stamp_has_nine_short_options(joined: Joined, talk: int) -> None:
    stamp = joined.talking.select(talk, "問い" * 600, ["長い選択肢です" * 12] * MOST_OPTIONS)
    content = joined.fake.messages[stamp]["content"]
    assert units(content["question"]) <= 1024
    assert {units(option) for option in content["options"]} == {64}
    for options in ([], ["一"] * (MOST_OPTIONS + 1)):
        with pytest.raises(SendError) as refused:
            joined.talking.select(talk, "問い", options)
        assert refused.value.permanent


def test_a_stamp_is_closed_and_then_not_answered(joined: Joined, talk: int) -> None:
    stamp = joined.talking.select(talk, "問い", ["一", "二"])
    joined.talking.close(talk, stamp, SELECT)
    joined.talking.close(talk, stamp, SELECT)
    assert joined.talking.action(stamp)["closed"] is True


# ---- spacing


def test_messages_keep_their_distance() -> None:
    now, waits = [100.0], []

    def wait(seconds: float) -> None:
        waits.append(round(seconds, 3))
        now[0] += seconds

    spacer = Spacer(0.55, lambda: now[0], wait)
    spacer.turn()
    spacer.turn()
    now[0] += 0.2
    spacer.turn()
    now[0] += 5
    spacer.turn()
    assert waits == [0.55, 0.35]


# ---- refusals


@pytest.mark.parametrize(
    ("code", "detail", "expected"),
    [
        (429, {"retry_after": 7}, {"retry_after": 7}),
        (429, None, {"retry_after": 1}),
        (503, {"retry_after": 0.2}, {"retry_after": 1}),
        (503, {"retry_after": "soon"}, {"retry_after": 1}),
        (400, None, {"permanent": True}),
        (403, None, {"permanent": True}),
        (404, None, {"permanent": True}),
        (409, None, {"retry_after": 1}),
        (401, None, {"away": True}),
        (500, None, {"unclear": True}),
        (502, {"limit_target": "talks", "limit_max": 3}, {"permanent": True}),
    ],
)
def test_a_refusal_is_what_the_ledger_understands(
    code: int, detail: object, expected: dict[str, object]
) -> None:
    error = send_error(LogoError(code, "x", detail))
    names = ("permanent", "away", "retry_after", "unclear")
    assert {name: getattr(error, name) for name in names if getattr(error, name)} == expected


def test_busy_says_when_to_come_back(joined: Joined, talk: int) -> None:
    joined.fake.fault("create_message", 429, "too many requests", {"retry_after": 3})
    with pytest.raises(SendError) as refused:
        joined.talking.text(talk, "こんにちは")
    assert refused.value.retry_after == 3 and not joined.fake.said(talk)


# ---- one lost answer is one message


def test_a_lost_answer_is_unclear_and_looked_after(joined: Joined, talk: int, clock: Clock) -> None:
    tried = clock()
    joined.fake.lose("create_message")
    with pytest.raises(SendError) as lost:
        joined.talking.text(talk, "一度だけ")
    assert lost.value.unclear and lost.value.retry_after == 2
    joined.wait_again()

    (found,) = joined.talking.text(talk, "一度だけ", tried)

    assert [m["message_id"] for m in joined.fake.said(talk)] == [found]
    assert joined.talking.found == 1


def test_what_never_arrived_is_posted_once(joined: Joined, talk: int, clock: Clock) -> None:
    tried = clock()
    joined.fake.lose("create_message", how="before")
    with pytest.raises(SendError):
        joined.talking.text(talk, "一度だけ")
    joined.wait_again()
    joined.talking.text(talk, "一度だけ", tried)
    assert len(joined.fake.said(talk)) == 1 and joined.talking.found == 0


def test_the_same_words_said_on_purpose_before_are_not_taken_for_it(
    joined: Joined, talk: int, clock: Clock
) -> None:
    joined.talking.settle(*joined.talking.text(talk, "同じ言葉"))
    tried = clock()
    joined.fake.lose("create_message", how="before")
    with pytest.raises(SendError):
        joined.talking.text(talk, "同じ言葉")
    joined.wait_again()
    joined.talking.text(talk, "同じ言葉", tried)
    assert len(joined.fake.said(talk)) == 2


def test_of_a_long_text_only_the_missing_pieces_are_posted(
    joined: Joined, talk: int, clock: Clock
) -> None:
    text = "\n".join(f"{number}番目の行です。" for number in range(300))
    tried = clock()
    joined.fake.delay(
        "create_message", 0
    )  # the first piece arrives, the second one's answer is lost
    joined.fake.lose("create_message")
    with pytest.raises(SendError) as lost:
        joined.talking.text(talk, text)
    assert lost.value.unclear
    joined.wait_again()
    joined.talking.text(talk, text, tried)
    said = joined.fake.said(talk)
    assert "\n".join(m["content"] for m in said) == text and joined.talking.found == 2


def test_the_stamp_of_an_earlier_card_is_not_taken_for_this_one_s(
    joined: Joined, talk: int, clock: Clock
) -> None:
    """As after a restart, when nobody remembers which messages were settled."""
    talking = joined.talking
    talking.text(talk, "答えです")
    talking.select(talk, "解決しましたか", ["はい"])
    (text,) = talking.text(talk, "答えです")
    tried = clock()

    stamp = talking.select(talk, "解決しましたか", ["はい"], tried, after=text)

    assert stamp > text and [m["type"] for m in joined.fake.said(talk)] == [1, 502, 1, 502]
    assert talking.select(talk, "解決しましたか", ["はい"], tried, after=text) == stamp


def test_an_identical_card_of_an_earlier_process_is_not_taken_for_this_one(
    joined: Joined, talk: int, lite_db: Database, clock: Clock
) -> None:
    stamps = Stamps(lite_db)
    place = Place("logo", str(DOMAIN), "1")
    (first,) = joined.talking.text(talk, "同じ答え")
    stamps.remember(first, place.of_post(str(first), opens=False), Card("同じ答え"), clock())
    tried = clock()
    again = Talking(joined.session, Spacer(0), stamps.kept_before)  # remembers nothing itself

    (second,) = again.text(talk, "同じ答え", tried)

    assert second > first and len(joined.fake.said(talk)) == 2
    stamps.remember(second, place.of_post(str(second), opens=False), Card("同じ答え"), clock())
    assert again.text(talk, "同じ答え", tried) == [
        second
    ]  # written down, and then the process died


def test_what_others_said_is_not_taken_for_ours(joined: Joined, talk: int, clock: Clock) -> None:
    tried = clock()
    yamada = next(u for u in joined.session.talks[talk].user_ids if u != joined.session.me)
    joined.fake.say(yamada, talk, "はい")
    joined.talking.text(talk, "はい", tried)
    assert len(joined.fake.said(talk)) == 1


def test_an_older_message_is_not_taken_for_it(
    joined: Joined, talk: int, lite_db: Database, clock: Clock
) -> None:
    joined.talking.text(talk, "毎月の言葉")
    joined.session.stop()
    clock.forward(minutes=30)
    again = join(joined.fake, lite_db, clock, owner="machine:2:b")
    again.talking.text(talk, "毎月の言葉", clock() - timedelta(minutes=1))
    assert len(joined.fake.said(talk)) == 2
    again.session.stop()


# ---- files


def test_a_file_goes_there_and_comes_back(joined: Joined, talk: int) -> None:
    data = "見積書".encode() * 1000
    message = joined.talking.file(talk, "見積書 8年.pdf", data, "application/pdf")

    content = joined.fake.messages[message]["content"]
    assert (content["name"], content["content_size"]) == ("見積書 8年.pdf", len(data))
    (headers,) = joined.fake.files.headers.values()
    assert headers["Content-Disposition"].isascii() and headers["Content-Type"] == "application/pdf"
    assert joined.talking.download(content) == data
    token = joined.fake.token
    assert [token in asked for asked in joined.fake.files.asked] == [True, False]


def test_a_file_elsewhere_is_not_fetched(joined: Joined) -> None:
    for url in (
        "https://evil.example/files/1",
        "http://127.0.0.1:1/files/1",
        "http://10.0.0.1/x",
        "file:///etc/passwd",
        "https://[",
        f"https://{joined.session.settings.host}@evil.example/",
    ):
        with pytest.raises(SendError) as refused:
            joined.talking.download({"url": url})
        assert refused.value.permanent
    assert joined.fake.files.asked == []


def test_a_file_too_large_or_gone_is_said_so_without_the_token(joined: Joined, talk: int) -> None:
    message = joined.talking.file(talk, "a.bin", b"x" * 100)
    content = joined.fake.messages[message]["content"]
    with pytest.raises(SendError, match="too large"):
        joined.talking.download(content, largest=99)
    joined.fake.files.kept.clear()
    with pytest.raises(SendError, match="404") as gone:
        joined.talking.download(content)
    assert gone.value.permanent and joined.fake.token not in str(gone.value)


@pytest.mark.parametrize("name", ["あ", "a b", "a\r\nHost: evil.example", "%zz", "?x=1#y"])
def test_a_file_with_a_strange_address_is_an_error_and_no_crash(joined: Joined, name: str) -> None:
    with pytest.raises(SendError):
        joined.talking.download({"url": f"{joined.fake.files.url}/files/{name}"})


def test_an_unreadable_place_for_a_file_is_an_error_and_nothing_is_posted(
    joined: Joined, talk: int
) -> None:
    for auth in (None, {}, {"put_url": "ftp://x/", "post_form": {}}, {"put_url": joined.fake.files.url, "post_form": {"X": "あ"}}):  # fmt: skip
        joined.fake.methods.create_upload_auth = lambda *_, auth=auth: auth  # type: ignore[method-assign]
        with pytest.raises(SendError):
            joined.talking.file(talk, "a.pdf", b"x")
    assert joined.fake.said(talk) == []
