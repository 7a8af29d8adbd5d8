"""The page's own duties, with a desk that only knows a few cards."""

import hashlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import uvicorn
from bs4 import BeautifulSoup

from bot.chat import Button, Card, Place
from bot.platforms.web import Page
from bot.platforms.web.posts import latest
from tests.page_driver import PageDriver
from tests.web_world import NOW, ROOM, World, hidden, made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from made(tmp_path)


@pytest.fixture
def people(world: World) -> PageDriver:
    return PageDriver(world.app())


def test_a_question_and_its_answer_stand_on_the_page(people: PageDriver, world: World) -> None:
    people.say("yamada", "月いくらですか")

    assert "質問する" in people.read("yamada")
    assert [c.splitlines()[0] for c in people.cards("yamada")] == [
        "月いくらですか",
        "リエゾンデスク",
    ]
    assert world.desk.heard[0].place == Place("web", "page", "yamada")
    assert world.desk.heard[0].said_at == NOW


def test_the_same_post_twice_is_one_event(people: PageDriver, world: World) -> None:
    client = people.client("yamada")
    form = {**hidden(client, "/", "form.say"), "text": "研修"}

    for _ in range(2):
        assert client.post("/say", data=form).status_code == 200

    assert len(world.desk.heard) == 1
    assert len(people.cards("yamada")) == 2


def test_an_event_id_never_holds_what_was_written(people: PageDriver, world: World) -> None:
    """「このまま送る」 carries the whole text in its value."""
    people.say("yamada", "電話は0795-32-0000です")
    people.press("yamada", "このまま送る")
    client = people.client("yamada")
    form = hidden(client, "/", "form.say")
    for event in ("電話は0795-32-0000です", form["event"].upper(), "", form["event"]):
        client.post("/say", data={**form, "event": event, "text": "研修"})

    ids = [message.event_id for message in world.desk.heard]
    anyway = hashlib.sha256("send_anyway:電話は0795-32-0000です".encode()).hexdigest()[:16]
    assert len(set(ids)) == 5 and all(re.fullmatch("web:[0-9a-f]{32}:[0-9a-f]{16}", i) for i in ids)
    assert ids[0].endswith(anyway) and form["event"] in ids[-1]
    assert not [i for i in ids[:-1] if form["event"] in i]


def test_words_sent_anyway_stand_in_the_talk_as_said(people: PageDriver, world: World) -> None:
    people.say("yamada", "電話は\n0795-32-0000です")
    assert people.cards("yamada") == []

    people.say("yamada", "電話は\n0795-32-0000です")
    people.press("yamada", "このまま送る")

    mine = people._open("yamada", None).select("li.mine .said")
    assert [m.get_text() for m in mine] == ["電話は\n0795-32-0000です"]
    assert len(people.cards("yamada")) == 2


def test_what_is_kept_is_what_the_desk_cleaned(people: PageDriver, world: World) -> None:
    people.say("yamada", "研\x00修\u202eです")
    people.client("yamada").post(
        "/press",
        data={
            **hidden(people.client("yamada"), "/", "form.say"),
            "press": "send_anyway 電\x00話\u202e",
        },
    )

    with world.db.read() as session:
        posts = latest(session, Place("web", "page", "yamada"), count=9)
    assert [p.text for p in posts if p.account] == ["研修です", "電話"]


def test_a_thread_that_moved_away_offers_no_box(people: PageDriver, world: World) -> None:
    card = Card("R8-0001 は基盤の部屋へ移りました", frame="ticket", opens="R8-0001 件")
    thread = world.page.send(ROOM, card, "k1")
    box = people._open("mori", "電子申請/R8-0001").select_one("form.say")
    assert box
    world.page.update(thread, replace(card, state="移動"), "k2")

    gone = people._open("mori", "電子申請/R8-0001")
    stale = people._send("mori", box, {"text": "メモです"})

    assert not gone.select("form.say, a[href='#write']")
    assert "この相談はほかの部屋へ移りました" in gone.get_text()
    assert "この相談はほかの部屋へ移りました" in stale and "メモです" in stale
    assert not world.desk.heard


def test_the_same_key_is_one_post_and_an_update_finds_it(people: PageDriver, world: World) -> None:
    first = world.page.send(ROOM, Card("件", frame="ticket", opens="R8-0001 件"), "k1")
    again = world.page.send(ROOM, Card("件", frame="ticket", opens="R8-0001 件"), "k1")
    inside = world.page.send(first, Card("届いた", ("まだ",), frame="came"), "k2")
    beside = world.page.send(inside, Card("並ぶ"), "k3")
    bare = world.page.send(ROOM, Card("知らせ"), "k4")

    world.page.update(inside, Card("届いた", ("もう読んだ",), frame="came"), "k5")
    world.page.update(bare, Card("新しい知らせ"), "k6")
    world.page.update(first, Card("件", frame="ticket", state="完了"), "k7")

    assert first == again and first.thread and first.thread.isdecimal()
    assert inside.thread == f"{first.thread}#{inside.post}"
    assert beside.thread == f"{first.thread}#{beside.post}"
    assert "もう読んだ" in people.read("mori", "電子申請/R8-0001")
    assert "まだ" not in people.read("mori", "電子申請/R8-0001")
    assert "新しい知らせ" in people.read("mori", "電子申請")
    assert "完了" in people.read("mori", "電子申請")


def test_a_stopped_number_is_shown_and_kept_nowhere(people: PageDriver, world: World) -> None:
    shown = people.say("yamada", "番号は1234です")

    soup = people._seen["yamada"]
    assert "送っていません" in shown
    assert [m.get_text() for m in soup.select("mark")] == ["1234"]
    box = soup.select_one("#write")
    assert box and box.get_text() == "番号は1234です"
    assert people.cards("yamada") == []


def test_a_refusal_and_a_breakdown_are_told_calmly(
    people: PageDriver, caplog: pytest.LogCaptureFixture
) -> None:
    assert "いまは受け付けていません" in people.say("yamada", "断って")

    client = people.client("yamada")
    answer = client.post("/say", data={**hidden(client, "/", "form.say"), "text": "壊れて"})

    assert answer.status_code == 500 and "受付番号" in answer.text
    assert "書いたものは、この画面を戻ると残っています" in answer.text
    assert "RuntimeError" in caplog.text and "壊れて" not in caplog.text


def test_a_page_that_breaks_says_nothing_of_what_was_written(
    people: PageDriver, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = people.client("yamada")

    def broken(*_told: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(world.desk, "look", broken)
    answer = client.get("/view/board")

    assert answer.status_code == 500 and "受付番号" in answer.text
    assert "書いたもの" not in answer.text and "もう一度開いて" in answer.text


def test_a_form_is_corrected_previewed_and_sent(people: PageDriver, world: World) -> None:
    people.press("yamada", "相談する")
    people.fill("yamada", {"件名": "単価" * 9, "内容": "知りたい", "職員の数": "3人"})
    assert any("10字まで" in e for e in people.errors("yamada"))
    assert people._seen["yamada"].select_one("#sum a[href='#f-title']")

    shown = people.fill(
        "yamada",
        {
            "件名": "単価",
            "内容": "知りたい\nです",
            "急ぎ度": "急ぎ",
            "分野": "分野3",
            "望む支援": ["生成AI"],
            "職員の数": "3",
            "取組": [["子育て", "1月"], ["", ""], ["防災", ""]],
        },
    )
    assert "このとおり届きます" in shown and "知りたい\nです" in shown
    people.fix("yamada")
    people.fill("yamada", {"件名": "単価2"})
    people.confirm("yamada")

    values = world.desk.heard[-1].values
    assert values and values["confirmed"] == "yes" and values["title"] == "単価2"
    assert values["speed"] == "h" and values["field"] == "3" and values["wants"] == ("b",)
    assert values["plans"] == (("子育て", "1月"), ("防災", ""))
    assert "受け付けました" in people.read("yamada", "R8-0001")
    assert "対応中" in people.rail("yamada")


def test_what_is_said_inside_is_marked_and_unread_until_seen(
    people: PageDriver, world: World
) -> None:
    thread = world.page.send(ROOM, Card("件", frame="ticket", opens="R8-0001 件"), "k1")
    world.page.send(thread, Card("多可町から届いた", frame="came"), "k2")
    assert "2" in people.rail("mori")

    people.say("mori", "確認中です", "電子申請/R8-0001")

    memo = people._open("mori", "電子申請/R8-0001").select_one("li.memo")
    assert memo and "県の中だけ" in memo.get_text() and "森 佳奈" in memo.get_text()
    assert "開示請求" in people.read("mori", "電子申請/R8-0001")
    assert "件 未読" not in people.rail("mori")


def test_a_press_goes_to_a_good_place_and_a_look_to_its_page(
    people: PageDriver, world: World
) -> None:
    world.page.send(
        Place("web", "page", "mori"),
        Card("選ぶ", buttons=(Button("go", "部屋へ"), Button("sheet", "見る", style="link"))),
        "k1",
    )

    assert "電子申請" in people.press("mori", "部屋へ")
    assert "単価は" in people.press("mori", "見る")
    assert [m.action for m in world.desk.heard] == ["go"]


def test_the_board_lies_like_the_prefecture(people: PageDriver) -> None:
    shown = people.view("mori", "進み具合")

    soup = people._seen["mori"]
    assert [h.get_text(" ") for h in soup.select(".area h3")] == [
        "神戸 対象外",
        "阪神南 1/2",
        "西播磨 0/1",
        "但馬 0/1",
    ]
    assert soup.select_one(".ham .town.done") and soup.select_one(".nih .town.lost")
    assert "1\n/ 4市町が確認済" in shown
    urgent = soup.select_one("[aria-label='対応が必要な市町の表']")
    assert urgent and [r.get_text() for r in urgent.select("td b")] == ["香美町", "上郡町"]
    assert soup.select_one("svg.share rect.done") and not soup.select("[style]")


def test_long_talks_are_shown_from_their_end(people: PageDriver, world: World) -> None:
    for number in range(70):
        world.page.send(Place("web", "page", "yamada"), Card(f"{number}番"), str(number))

    assert "9番" not in people.read("yamada").split("\n")
    assert "9番" in _text(people.client("yamada").get("/?before=11").text).split("\n")


def _text(page: str) -> str:
    return BeautifulSoup(page, "html.parser").get_text("\n", strip=True)


def test_an_open_page_hears_what_is_posted_and_changed(world: World) -> None:
    people = PageDriver(world.app())
    talk = people._open("mori", "電子申請").select_one("#talk")
    assert talk
    cookies = {"desk": people.client("mori").cookies["desk"]}
    other = Page(world.db, lambda: NOW)  # another process: found by looking, not by a nudge
    with (
        _running(world) as base,
        httpx2.Client(base_url=base, cookies=cookies, timeout=5) as client,
        client.stream("GET", f"/live?room={ROOM}&since={talk['data-since']}") as answer,
    ):
        told = answer.iter_lines()
        began = time.monotonic()
        posted = world.page.send(ROOM, Card("来ました", ("<b>",)), "k1")
        assert "&lt;b&gt;" in _until(told, "来ました")
        other.update(posted, Card("変わりました"), "k2")
        _until(told, "変わりました")
        other.send(ROOM, Card("件", opens="R8-0001 件"), "k3")
        _until(told, "event: rail")
        assert time.monotonic() - began < 5
    _wait(lambda: all(thread.name != "web-watch" for thread in threading.enumerate()))


def test_an_open_page_hears_nothing_more_once_its_session_has_ended(world: World) -> None:
    people = PageDriver(world.app())
    client = people.client("mori")
    cookies = {"desk": client.cookies["desk"]}
    leave = hidden(client, "/", "form[action='/leave']")
    with (
        _running(world) as base,
        httpx2.Client(base_url=base, cookies=cookies, timeout=5) as listener,
        listener.stream("GET", f"/live?room={ROOM}&since=0") as answer,
    ):
        told = answer.iter_lines()
        world.page.send(ROOM, Card("まだ聞こえます"), "k1")
        _until(told, "まだ聞こえます")
        client.post("/leave", data=leave)
        world.page.send(ROOM, Card("もう聞こえません"), "k2")
        assert not [line for line in told if "もう聞こえません" in line]  # and it came to an end


def test_an_open_page_does_not_hold_up_the_end(tmp_path: Path) -> None:
    code = (
        "import sys, socket, uvicorn; from pathlib import Path; from tests.web_world import made\n"
        "world = next(made(Path(sys.argv[1]))); taken = socket.create_server(('127.0.0.1', 0))\n"
        "print(taken.getsockname()[1], flush=True)\n"
        "uvicorn.Server(uvicorn.Config(world.app(), log_level='error')).run(sockets=[taken])"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    piped = subprocess.PIPE
    with subprocess.Popen(command, stdout=piped, stderr=piped, text=True) as process:
        assert process.stdout and process.stderr
        base = f"http://127.0.0.1:{process.stdout.readline().strip()}"
        with httpx2.Client(base_url=base, timeout=5, follow_redirects=True) as client:
            begin = BeautifulSoup(client.get("/").text, "html.parser").select_one("[name='token']")
            assert begin
            client.post("/enter", data={"token": str(begin["value"]), "user": "mori"})
            with client.stream("GET", f"/live?room={ROOM}") as answer:
                assert answer.status_code == 200
                process.send_signal(signal.SIGTERM)
                began = time.monotonic()
                process.wait(5)
                assert time.monotonic() - began < 2
                list(answer.iter_bytes())  # to a proper end, not a broken connection
        assert "completing" not in process.stderr.read()


@contextmanager
def _running(world: World) -> Iterator[str]:
    config = uvicorn.Config(world.app(), "127.0.0.1", 0, log_level="critical")
    config.timeout_graceful_shutdown = 1
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    _wait(lambda: server.started)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(5)


def _until(told: Iterator[str], word: str, most: float = 8) -> str:
    """Read until a line holds this word, but not for ever: a quiet stream still gives signs of life."""
    end = time.monotonic() + most
    for line in told:
        if word in line:
            return line
        assert time.monotonic() < end, f"never heard {word}"
    raise AssertionError(f"the stream ended before {word}")


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)
