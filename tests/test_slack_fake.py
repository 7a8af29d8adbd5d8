"""The fake Slack is honest: what the real libraries see of it is what Slack would show them."""

import json
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from slack_bolt import App, BoltRequest, BoltResponse
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler

from tests.slack_fake import BOT, SECRET, FakeSlack, Inbound, Json, dm_of


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def button(action_id: str = "take", value: str = "7") -> Json:
    return {"type": "button", "action_id": action_id, "text": plain("Take"), "value": value}


def actions(*elements: Json, block_id: str = "row") -> Json:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def form(title: str = "New", **more: Any) -> Json:
    element = {"type": "plain_text_input", "action_id": "v"}
    ask = {"type": "input", "block_id": "q", "label": plain("Question"), "element": element}
    return {
        "type": "modal",
        "title": plain(title),
        "submit": plain("Send"),
        "blocks": [ask],
        "callback_id": "ask",
        **more,
    }


def answer(text: str) -> Json:
    return {"q": {"v": {"value": text}}}


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as fake:
        yield fake


@pytest.fixture
def client(slack: FakeSlack) -> WebClient:
    return client_of(slack)


def client_of(slack: FakeSlack, token: str = "xoxb-test") -> WebClient:
    return WebClient(token, base_url=slack.base_url, timeout=5, retry_handlers=[])


def refused(call: Any, **args: Any) -> str:
    with pytest.raises(SlackApiError) as caught:
        call(**args)
    return str(caught.value.response["error"])


def trigger(slack: FakeSlack, user: str = "U2") -> str:
    return str(slack.make("shortcut", user, callback_id="x").payload["trigger_id"])


# ---- the Web API


def test_a_message_is_found_again_by_its_metadata(slack: FakeSlack, client: WebClient) -> None:
    slack.scopes.discard("users:read")
    root = slack.make("message_channel", "U2", text="who knows?").payload["event"]["ts"]
    kept = {"event_type": "ticket", "event_payload": {"id": 7, "tags": [{"a": "b"}]}}
    for number in range(3):
        client.chat_postMessage(channel="C1", thread_ts=root, text=str(number), metadata=kept)
    asked = {"channel": "C1", "ts": root, "oldest": root, "limit": 2}
    page = client.conversations_replies(**asked, include_all_metadata=True)
    rest = client.conversations_replies(
        **asked, include_all_metadata=True, cursor=page["response_metadata"]["next_cursor"]
    )
    found = [*page["messages"], *rest["messages"]]
    assert [m["text"] for m in found] == ["who knows?", "0", "1", "who knows?", "2"]
    assert found[1]["metadata"] == kept and found[1]["app_id"] and found[1]["bot_id"]
    assert "metadata" not in client.conversations_replies(**asked)["messages"][1]
    client.chat_postMessage(channel="C1", text="later")
    assert [m["text"] for m in client.conversations_history(channel="C1")["messages"]] == [
        "later",
        "who knows?",
    ]
    too_deep = {"event_type": "ticket", "event_payload": {"a": {"b": {"c": 1}}}}
    wrong = {"channel": "C1", "text": "x", "metadata": too_deep}
    assert refused(client.chat_postMessage, **wrong) == "invalid_metadata_format"


def test_a_token_may_do_what_its_scopes_say_and_every_answer_names_them(
    slack: FakeSlack, client: WebClient
) -> None:
    slack.scopes.remove("chat:write")
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C1", text="x")
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "chat:write"
    told = client.auth_test().headers["x-oauth-scopes"]
    assert set(told.split(",")) == slack.scopes
    assert refused(client.conversations_info, channel="C1") == "missing_scope"
    assert client.users_info(user="U2")["user"]["profile"]["email"] == "u2@example.com"
    slack.scopes.remove("users:read.email")
    assert "email" not in client.users_info(user="U2")["user"]["profile"]
    assert refused(client_of(slack, "xoxb-revoked").auth_test) == "account_inactive"
    assert refused(client_of(slack, "xoxb-invalid").auth_test) == "invalid_auth"
    assert refused(client_of(slack, "xapp-1").auth_test) == "not_allowed_token_type"


def test_the_bot_speaks_where_it_is_a_member_and_with_people(
    slack: FakeSlack, client: WebClient
) -> None:
    slack.add_channel("C2", members={"U1"})
    slack.add_channel("C3", is_private=True, members={"U1"})
    slack.add_channel("C4", is_private=True, members={"U1", BOT})
    for channel, error in (("C2", "not_in_channel"), ("C3", "channel_not_found")):
        assert refused(client.chat_postMessage, channel=channel, text="x") == error
    assert refused(client.chat_postMessage, channel="C9", text="x") == "channel_not_found"
    assert client.conversations_info(channel="C4")["channel"]["is_member"]
    assert client.conversations_open(users="U2")["channel"]["id"] == dm_of("U2")
    assert client.chat_postMessage(channel="U2", text="hello")["channel"] == dm_of("U2")
    assert [m["text"] for m in slack.said_in(dm_of("U2"))] == ["hello"]


def test_what_one_person_is_shown_nobody_else_reads(slack: FakeSlack, client: WebClient) -> None:
    slack.add_channel("C2", members={"U1", BOT})
    shown: Json = {"channel": "C2", "text": "psst", "blocks": [actions(button())]}
    assert refused(client.chat_postEphemeral, user="U2", **shown) == "user_not_in_channel"
    client.chat_postEphemeral(user="U1", **shown)
    (note,) = slack.ephemerals_for("U1")
    assert note["text"] == "psst" and slack.said_in("C2") == []
    pressed = slack.pressing("U1", note, "take").payload
    assert pressed["container"]["is_ephemeral"] and "blocks" not in pressed["message"]
    assert pressed["actions"][0]["value"] == "7"


def test_a_change_keeps_what_it_does_not_name(slack: FakeSlack, client: WebClient) -> None:
    kept = {"event_type": "ticket", "event_payload": {"id": 7}}
    said: Json = {"channel": "C1", "text": "card", "blocks": [section("card")]}
    ts = client.chat_postMessage(**said, metadata=kept)["ts"]
    client.chat_update(channel="C1", ts=ts, text="card", blocks=[section("changed")])
    (message,) = slack.said_in("C1")
    assert message["blocks"][0]["text"]["text"] == "changed" and message["metadata"] == kept
    client.chat_update(channel="C1", ts=ts, text="only words")
    assert "blocks" not in slack.said_in("C1")[0]  # text alone takes them away, as in Slack
    theirs = slack.make("message_channel").payload["event"]["ts"]
    change = {"channel": "C1", "ts": theirs, "text": "x"}
    assert refused(client.chat_update, **change) == "cant_update_message"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({}, "no_text"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [section("x" * 2900)] * 5}, "msg_blocks_too_long"),
        ({"blocks": [section("x" * 3001)]}, "invalid_blocks"),
        ({"blocks": [actions(button()), actions(button())]}, "invalid_blocks"),
        ({"blocks": [actions(button(), button())]}, "invalid_blocks"),
        ({"blocks": [section("")]}, "invalid_blocks"),
    ],
)
def test_what_is_over_the_limit_is_refused(
    slack: FakeSlack, client: WebClient, said: Json, error: str
) -> None:
    call = {"channel": "C1", "text": "", **said}
    with pytest.warns(UserWarning, match="text"):
        assert refused(client.chat_postMessage, **call) == error
    assert slack.said_in("C1") == []


def test_a_message_whose_answer_is_lost_stands_there(slack: FakeSlack, client: WebClient) -> None:
    slack.fault("chat.postMessage", drop="after")
    slack.fault("chat.postMessage", drop="before")
    for text in ("sent", "never sent"):
        with pytest.raises(OSError, match=r"closed|reset"):
            client.chat_postMessage(channel="C1", text=text)
    assert [m["text"] for m in slack.said_in("C1")] == ["sent"]


def test_too_many_calls_are_told_when_to_come_again(slack: FakeSlack, client: WebClient) -> None:
    slack.fault("chat.postMessage", status=429, retry_after=1)
    with pytest.raises(SlackApiError) as caught:
        client.chat_postMessage(channel="C1", text="x")
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.headers["Retry-After"] == "1"
    slack.fault("chat.postMessage", status=429, retry_after=0)
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=1))
    assert client.chat_postMessage(channel="C1", text="x")["ok"]


def test_slack_can_be_slow_and_away_and_have_another_clock(
    slack: FakeSlack, client: WebClient
) -> None:
    slack.latency = 0.1
    before = time.monotonic()
    client.api_test()
    assert time.monotonic() - before >= 0.1
    slack.clock_skew_seconds = 86_400 * 3
    told = time.strptime(client.api_test().headers["Date"], "%a, %d %b %Y %H:%M:%S GMT")
    assert abs(time.mktime(told) - time.mktime(time.gmtime()) - 86_400 * 3) < 5
    slack.down = True
    with pytest.raises(OSError, match=r"closed|reset"):
        client.api_test()
    slack.down = False
    assert client.api_test()["ok"]


# ---- forms


def test_a_trigger_opens_one_form_within_its_time(slack: FakeSlack, client: WebClient) -> None:
    first, late = trigger(slack), trigger(slack)
    client.views_open(trigger_id=first, view=form())
    again = {"trigger_id": first, "view": form()}
    assert refused(client.views_open, **again) == "exchanged_trigger_id"
    slack.triggers[late].made -= 3.1
    assert refused(client.views_open, trigger_id=late, view=form()) == "expired_trigger_id"
    assert refused(client.views_open, trigger_id="x", view=form()) == "invalid_trigger_id"
    big = {"trigger_id": trigger(slack), "view": form(private_metadata="x" * 3001)}
    assert refused(client.views_open, **big) == "invalid_arguments"


def test_a_form_changed_by_another_is_not_overwritten(slack: FakeSlack, client: WebClient) -> None:
    view = client.views_open(trigger_id=trigger(slack), view=form())["view"]
    change = {"view_id": view["id"], "hash": view["hash"]}
    client.views_update(**change, view=form("First"))
    assert refused(client.views_update, **change, view=form("Second")) == "hash_conflict"
    modal = slack.modal_of("U2")
    assert modal is not None and modal["title"]["text"] == "First"


def test_the_answer_to_a_form_shows_on_the_screen(slack: FakeSlack, client: WebClient) -> None:
    app = app_of(slack)
    answers: list[Json] = [
        {"response_action": "errors", "errors": {"q": "too short"}},
        {"response_action": "push", "view": form("Over it")},
        {"response_action": "update", "view": form("Changed")},
        {},
        {"response_action": "clear"},
    ]
    app.view("ask")(lambda ack: ack(**answers.pop(0)))
    slack.dispatch = lambda payload: dispatched(app, payload)
    first = client.views_open(trigger_id=trigger(slack), view=form())["view"]["id"]
    with pytest.raises(ValueError, match="q/v is empty"):
        slack.submit("U2", first)
    slack.submit("U2", first, answer("x"))
    assert slack.view_errors == {first: {"q": "too short"}} and slack.modals["U2"] == [first]
    slack.submit("U2", first, answer("longer"))
    second = slack.modals["U2"][1]
    slack.submit("U2", second, answer("longer"))
    modal = slack.modal_of("U2")
    assert modal is not None and modal["id"] == second and modal["title"]["text"] == "Changed"
    slack.submit("U2", second, answer("longer"))
    assert slack.modals["U2"] == [first] and not slack.view_errors
    slack.submit("U2", first, answer("longer"))
    assert slack.modal_of("U2") is None and slack.troubles == []


def test_what_slack_cannot_do_with_an_answer_becomes_a_trouble(
    slack: FakeSlack, client: WebClient
) -> None:
    view = client.views_open(trigger_id=trigger(slack), view=form())["view"]
    wrong = {"response_action": "errors", "errors": {"nowhere": "!"}}
    slack.deliver(lambda _: (200, wrong), slack.submitting("U2", view["id"], answer("x")))
    slack.deliver(lambda _: (404, None), slack.submitting("U2", view["id"], answer("x")))
    assert len(slack.troubles) == 2 and slack.modal_of("U2") is not None


# ---- people and messages, as the app hears of them


def test_a_stranger_of_slack_connect_comes_with_a_team_of_their_own(
    slack: FakeSlack, client: WebClient
) -> None:
    slack.add_person("U8", "Carol", "carol@other.example", team="T8")
    slack.add_channel("C8", is_ext_shared=True)
    said = slack.make("message_channel", "U8", "C8").payload
    assert said["team_id"] == slack.team_id and said["is_ext_shared_channel"]
    assert said["event"]["user_team"] == said["event"]["source_team"] == "T8"
    assert slack.make("shortcut", "U8", callback_id="x").payload["user"]["team_id"] == "T8"
    assert client.users_info(user="U8")["user"]["team_id"] == "T8"
    look_up = {"email": "carol@other.example"}
    assert refused(client.users_lookupByEmail, **look_up) == "users_not_found"
    assert client.users_lookupByEmail(email="u2@example.com")["user"]["id"] == "U2"


def test_a_message_can_be_changed_taken_back_and_taken_up_from_its_menu(slack: FakeSlack) -> None:
    ts = slack.make("message_channel", "U2", text="hepl").payload["event"]["ts"]
    changed = slack.make("message_changed", ts=ts, text="help").payload["event"]
    assert (changed["previous_message"]["text"], changed["message"]["text"]) == ("hepl", "help")
    menu = slack.make("message_action", "U1", ts=ts, callback_id="take").payload
    assert menu["message"]["text"] == "help" and menu["message_ts"] == ts and menu["trigger_id"]
    slack.make("message_deleted", ts=ts)
    assert slack.said_in("C1") == []


def test_options_are_asked_for_while_a_person_types(slack: FakeSlack, client: WebClient) -> None:
    select = {"type": "external_select", "action_id": "who", "placeholder": plain("Who?")}
    client.chat_postMessage(channel="C1", text="x", blocks=[actions(select)])
    app = app_of(slack)
    option = {"text": plain("Alice"), "value": "U1"}
    app.options("who")(lambda ack, payload: ack(options=[option] if payload["value"] else []))
    asked = slack.pressing("U2", slack.said_in("C1")[0], "who", kind="block_suggestion", text="Al")
    offered = slack.deliver(lambda payload: dispatched(app, payload), asked)
    assert offered == {"options": [option]} and slack.troubles == []
    chosen = slack.pressing("U2", slack.said_in("C1")[0], "who", action={"selected_option": option})
    assert chosen.payload["state"]["values"]["row"]["who"]["selected_option"] == option


# ---- the ways in


def app_of(slack: FakeSlack) -> App:
    return App(client=client_of(slack), signing_secret=SECRET, token_verification_enabled=False)


def dispatched(app: App, payload: Json) -> tuple[int, Any]:
    response = app.dispatch(BoltRequest(mode="socket_mode", body=payload))
    return response.status, response.body


class Heard:
    """A real Bolt app on a real socket that writes down what it hears."""

    def __init__(self, slack: FakeSlack) -> None:
        self.slack = slack
        self.events: list[tuple[str, str]] = []
        app = app_of(slack)
        app.event("message")(self.hear)
        app.action("take")(lambda ack: ack())
        app.command("/ticket")(lambda ack: ack("here you are"))
        self.handler = SocketModeHandler(app, "xapp-1-test")
        self.handler.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()

    def hear(self, body: Json, request: BoltRequest) -> None:
        self.events.append((body["event_id"], request.headers["x-slack-retry-num"][0]))


@pytest.fixture(scope="module")
def socket() -> Iterator[Heard]:
    with FakeSlack(redeliver_after=0.2, retry_delays=(0.0, 0.0, 0.0)) as slack:
        heard = Heard(slack)
        yield heard
        slack.down = True  # a line that is cut ends at once; close() alone waits for three seconds
        heard.handler.close()  # type: ignore[no-untyped-call]


def test_an_event_comes_again_until_it_is_acknowledged(socket: Heard) -> None:
    slack = socket.slack
    app, refusals = socket.handler.app, [503, 503]

    @app.middleware
    def refuse(next: Any) -> BoltResponse | None:  # noqa: A002 Bolt finds it by that name
        if refusals:
            return BoltResponse(status=refusals.pop())
        next()
        return None

    sent = slack.send("message_im", "U2", text="hello?")
    sent.wait()
    assert sent.attempts == 3
    slack.wait_until(lambda: len(socket.events) == 1)
    assert socket.events == [(sent.payload["event_id"], "2")]
    again = slack.resend(sent)
    again.wait()
    slack.wait_until(lambda: len(socket.events) == 2)
    assert socket.events[1] == (sent.payload["event_id"], "1")


def test_a_press_and_a_command_go_over_the_socket_and_back(socket: Heard) -> None:
    slack = socket.slack
    blocks = [actions(button())]
    client_of(slack).chat_postMessage(channel="C1", text="card", blocks=blocks)
    slack.press("U2", slack.said_in("C1")[0], "take").wait()
    slack.send("slash", "U2", text="").wait()
    assert [note["text"] for note in slack.ephemerals_for("U2")] == ["here you are"]
    with pytest.raises(LookupError, match="row/take"):
        slack.press("U2", slack.said_in("C1")[0], "nothing of that name")
    assert slack.troubles == []


class Door(BaseHTTPRequestHandler):
    """Bolt behind HTTP, as small as can be."""

    app: App
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers: Any = dict(self.headers.items())
        response = self.app.dispatch(BoltRequest(body=body, headers=headers))
        self.send_response(response.status)
        self.end_headers()
        self.wfile.write(response.body.encode())

    def log_message(self, *args: Any) -> None: ...


def test_http_deliveries_are_signed_and_their_answers_applied(
    slack: FakeSlack, client: WebClient
) -> None:
    app = app_of(slack)
    app.view("ask")(lambda ack: ack(response_action="update", view=form("Thanks")))
    door = type("DoorOfApp", (Door,), {"app": app})
    with ThreadingHTTPServer(("127.0.0.1", 0), door) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        view = client.views_open(trigger_id=trigger(slack), view=form())["view"]
        filled = slack.submitting("U2", view["id"], answer("x"))
        assert slack.post_http(url, filled, bad_signature=True)[0]["status"] == 401
        assert slack.post_http(url, filled, age=600)[0]["status"] == 401
        assert slack.post_http(url, filled)[0]["status"] == 200
        modal = slack.modal_of("U2")
        assert modal is not None and modal["title"]["text"] == "Thanks"
        unheard = slack.post_http(url, "event", event={"type": "never_heard_of"}, retries=False)
        assert unheard[0]["status"] == 404
        server.shutdown()


def test_a_response_url_answers_the_person_five_times(slack: FakeSlack, client: WebClient) -> None:
    client.chat_postMessage(channel="C1", text="card", blocks=[actions(button())])
    pressed: Inbound = slack.pressing("U2", slack.said_in("C1")[0], "take")
    body = json.dumps({"text": "taken", "replace_original": True}).encode()
    head = {"Content-Type": "application/json"}
    request = urllib.request.Request(pressed.payload["response_url"], body, head)
    for _ in range(5):
        with urllib.request.urlopen(request, timeout=5) as response:
            assert response.status == 200
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=5)
    with caught.value as error:
        assert error.code == 404
    assert slack.said_in("C1")[0]["text"] == "taken"


def test_another_process_steers_it_over_http(slack: FakeSlack, client: WebClient) -> None:
    def ask(path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        url = urllib.parse.urljoin(slack.base_url, path)
        head = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, data, head)
        with urllib.request.urlopen(request, timeout=5) as response:
            return json.load(response)

    ask("/_people", [{"id": "U5", "name": "Eve", "team": "T5"}])
    ask("/_channels", [{"id": "C5", "name": "far", "members": ["U5", BOT]}])
    ask("/_fault", {"method": "chat.postMessage", "error": "fatal_error"})
    assert refused(client.chat_postMessage, channel="C5", text="x") == "fatal_error"
    ask("/_send", {"kind": "message_channel", "user": "U5", "channel": "C5", "wait": 0})
    assert ask("/_state")["messages"]["C5"][0]["user_team"] == "T5"
    assert [call["method"] for call in ask("/_calls")] == ["chat.postMessage"]
