"""Slack's requests as signed HTTP, where it reaches the desk: one address for everything it sends."""

from collections.abc import Callable

from slack_bolt import App
from slack_bolt.adapter.starlette.handler import to_bolt_request, to_starlette_response
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PATH = "/slack/events"
AWAY = 503


def route(app_of: Callable[[], App | None]) -> Route:
    """`app_of`: Bolt, once it is known who we are; till then Slack is asked to come again."""

    async def endpoint(request: Request) -> Response:
        body = await request.body()
        app = app_of()
        if app is None:
            return Response(status_code=AWAY)
        answer = await run_in_threadpool(app.dispatch, to_bolt_request(request, body))
        return to_starlette_response(answer)

    return Route(PATH, endpoint, methods=["POST"])
