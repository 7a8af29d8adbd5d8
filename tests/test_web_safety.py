"""Who may come in, what is turned away, and that nothing quoted does harm."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from starlette.testclient import TestClient

from bot.chat import Card, Field, Form, Option, Place
from tests.page_driver import BASE, PageDriver
from tests.web_world import BAD, DANGER, ROOM, World, hidden, made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from made(tmp_path)


@pytest.fixture
def people(world: World) -> PageDriver:
    return PageDriver(world.app())


def test_everything_quoted_is_harmless(people: PageDriver, world: World) -> None:
    client = people.client("yamada")
    people.say("yamada", BAD)
    for frame in (
        "",
        "answer",
        "choices",
        "unknown",
        "halt",
        "ticket",
        "letter",
        "came",
        "notice",
        "plain",
    ):
        world.page.send(
            Place("web", "page", "yamada"),
            Card(**{**DANGER.__dict__, "frame": frame, "opens": BAD}),
            frame or "-",
        )
    world.desk.forms["yamada", 1] = Form(
        BAD,
        BAD,
        BAD,
        (
            Field("x", BAD, hint=BAD, value=BAD, error=BAD),
            Field("y", BAD, "single", options=(Option(BAD, BAD, BAD),)),
        ),
        BAD,
        BAD,
    )

    for path in ("/", "/view/danger", "/form/1", "/rooms"):
        page = client.get(path).text
        soup = BeautifulSoup(page, "html.parser")
        assert BAD[:8] in page.replace("&lt;", "<").replace("&gt;", ">") or path == "/rooms"
        assert [str(s["src"]).partition("?")[0] for s in soup.select("script")] == [
            "/static/script.js"
        ]
        links = [str(a["href"]) for a in soup.select("a[href]")]
        assert not [href for href in links if href.startswith(("javascript", "//"))]
    assert client.get("/").text.count("https://example.jp/") > 1


def test_a_picture_is_served_by_itself_under_a_strict_policy(
    people: PageDriver, world: World
) -> None:
    posted = world.page.send(Place("web", "page", "yamada"), DANGER, "k1")

    answer = people.client("yamada").get(f"/picture/{posted.post}")

    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert people.client("sato").get(f"/picture/{posted.post}").status_code == 404
    assert people.client("sato").get("/picture/danger/").status_code == 200


def test_only_open_doors_are_entered(people: PageDriver, world: World) -> None:
    thread = world.page.send(ROOM, Card("件", opens="R8-0001 件"), "k1")
    yamada = people.client("yamada")
    token = hidden(yamada, "/", "form.say")

    for path in (
        "/room/room-ea",
        f"/room/room-ea/{thread.thread}",
        "/room/mori",
        "/form/9",
        "/view/none",
        "/nothing",
        "/files/../secret.txt",
        "/files/%2e%2e%2fsecret.txt",
        "/files/none",
    ):
        assert yamada.get(path).status_code == 404, path
    assert people.client("mori").get("/room/room-ea/999").status_code == 404
    answer = yamada.post("/say", data={**token, "at": str(thread), "text": "入れて"})
    assert answer.status_code == 404 and not world.desk.heard
    assert yamada.get(f"/live?room={thread}").status_code == 404
    assert yamada.get("/files/a.txt").text == "資料"


@pytest.mark.parametrize("number", [str(2**31), "9" * 20, "9" * 5000, "１２", "-1", "%00"])
def test_a_number_that_can_be_no_row_is_not_found(
    people: PageDriver, world: World, number: str
) -> None:
    client = people.client("mori")
    for path in (
        f"/form/{number}",
        f"/picture/{number}",
        f"/?before={number}",
        f"/room/room-ea?before={number}",
        f"/room/room-ea/{number}",
        f"/live?room={ROOM}/{number}",
        f"/live?room={ROOM}&since={number}",
        f"/files/{number}",
    ):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/rail?at={ROOM}&seen={number}").status_code == 200
    form = {**hidden(client, "/", "form.say"), "form": number}
    assert client.post("/send-form", data=form).status_code == 404
    form = {**form, "at": f"{ROOM}/{number}", "text": "入れて"}
    assert client.post("/say", data=form).status_code == 404


def test_a_thread_has_one_name(people: PageDriver, world: World) -> None:
    thread = world.page.send(ROOM, Card("件", opens="R8-0001 件"), "k1")

    assert people.client("mori").get(f"/room/room-ea/{thread.thread}").status_code == 200
    assert people.client("mori").get(f"/room/room-ea/0{thread.thread}").status_code == 404


def test_a_view_one_may_not_see_is_told_calmly(people: PageDriver) -> None:
    answer = people.client("yamada").get("/view/none")

    soup = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 404 and "番号" not in soup.get_text()
    assert "この画面は、いまの役割では見られません" in soup.get_text()
    assert soup.select_one("main a[href='/']")


def test_nothing_is_taken_without_the_token_the_origin_or_the_cookie(
    people: PageDriver, world: World
) -> None:
    client = people.client("yamada")
    form = {**hidden(client, "/", "form.say"), "text": "だれ"}
    sato = hidden(people.client("sato"), "/", "form.say")

    assert client.post("/say", data={**form, "token": sato["token"]}).status_code == 403
    assert client.post("/say", data={**form, "token": ""}).status_code == 403
    for origin in ("https://evil.example", "null", "http://127.0.0.1:9"):
        assert client.post("/say", data=form, headers={"origin": origin}).status_code == 403
    assert TestClient(world.app(), base_url=BASE).post("/say", data=form).status_code == 403
    assert not world.desk.heard
    assert client.post("/say", data=form, headers={"origin": BASE}).status_code == 200


def test_the_cookie_is_strict_and_leaving_ends_the_session(world: World) -> None:
    client = TestClient(world.app(), base_url=BASE)
    before = hidden(client, "/", "form[action='/enter']")
    answer = client.post("/enter", data={**before, "user": "mori"}, follow_redirects=False)
    cookie = answer.headers["set-cookie"]
    signed_in = client.cookies["desk"]

    assert "HttpOnly" in cookie and "samesite=strict" in cookie.lower() and "Path=/" in cookie
    assert client.post("/enter", data={**before, "user": "mori"}).status_code == 403
    client.post("/leave", data=hidden(client, "/", "form[action='/leave']"))
    client.cookies.set("desk", signed_in)
    assert "だれとして" in client.get("/").text


@pytest.mark.parametrize("secure", [True, False])
def test_where_the_page_is_reached_over_https_the_cookie_never_goes_any_other_way(
    world: World, secure: bool
) -> None:
    client = TestClient(
        world.app(demo=False, by_link=True, secure=secure), base_url="https://127.0.0.1:8080"
    )
    world.desk.invited.append("yamada")
    cookies = [client.get("/enter/yamada").headers["set-cookie"]]
    form = hidden(client, "/enter/yamada", "form[action='/enter/yamada']")
    answer = client.post("/enter/yamada", data=form, follow_redirects=False)
    cookies.append(answer.headers["set-cookie"])

    assert [("Secure" in cookie) for cookie in cookies] == [secure, secure]
    assert all("HttpOnly" in c and "samesite=strict" in c.lower() for c in cookies)
    assert "山田 葵" in client.get("/").text


def test_a_session_ends_after_a_working_day(people: PageDriver, world: World) -> None:
    client = people.client("yamada")
    world.now[0] += timedelta(hours=13)

    assert "だれとして" in client.get("/").text


def test_a_link_from_elsewhere_does_not_sign_anybody_out(world: World) -> None:
    client = TestClient(world.app(), base_url=BASE)

    answer = client.get("/room/room-ea", headers={"sec-fetch-site": "cross-site"})

    assert "http-equiv" in answer.text and "set-cookie" not in answer.headers


def test_without_practice_nobody_comes_in(world: World) -> None:
    client = TestClient(world.app(demo=False), base_url=BASE)

    assert "まだ用意されていません" in client.get("/").text
    for path in ("/rooms", "/room/room-ea", "/files/a.txt", "/rail", "/live?room="):
        assert client.get(path).status_code == 403
    assert client.post("/enter", data={"user": "mori"}).status_code == 403
    world.desk.invited.append("mori")
    assert client.get("/enter/mori").status_code == 404
    assert client.post("/enter/mori").status_code == 404
    assert world.desk.invited == ["mori"]


def test_strange_hosts_and_large_bodies_are_turned_away(people: PageDriver, world: World) -> None:
    client = people.client("yamada")
    form = hidden(client, "/", "form.say")

    assert client.get("/", headers={"host": "evil.example"}).status_code == 400
    large = client.post("/say", data={**form, "text": "あ" * 400_000})
    pieces = client.post(
        "/say",
        content=(b"x" * 99_999 for _ in range(20)),
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    many = client.post("/say", data={**form, **{f"f{n}": "" for n in range(900)}})
    for answer, status in ((large, 413), (pieces, 413), (many, 400)):
        assert answer.status_code == status
        assert "リエゾンデスク" in answer.text and "content-security-policy" in answer.headers
    assert not world.desk.heard


def test_every_answer_is_kept_narrow(people: PageDriver) -> None:
    for path in ("/", "/nothing", "/static/style.css"):
        headers = people.client("yamada").get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
