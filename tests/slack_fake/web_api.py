"""The Web API: calls come in, faults are dealt out, methods answer."""

import asyncio
import json
import threading
import time
from typing import Any

from aiohttp import web

from tests.slack_fake import chat, conversations, files, tokens, users, views
from tests.slack_fake.call import Call, Method
from tests.slack_fake.people import APP, Json
from tests.slack_fake.refusal import RefusedError
from tests.slack_fake.scopes import NEEDS
from tests.slack_fake.sockets import Sockets
from tests.slack_fake.workspace import Workspace

JSON_KEYS = frozenset({"blocks", "attachments", "view", "metadata", "files", "unfurls"})
METHODS: dict[str, Method] = {
    "api.test": tokens.api_test,
    "auth.test": tokens.auth_test,
    "chat.delete": chat.delete,
    "chat.getPermalink": chat.get_permalink,
    "chat.postEphemeral": chat.post_ephemeral,
    "chat.postMessage": chat.post_message,
    "chat.update": chat.update,
    "conversations.history": conversations.history,
    "conversations.info": conversations.info,
    "conversations.members": conversations.members,
    "conversations.open": conversations.opened,
    "conversations.replies": conversations.replies,
    "files.completeUploadExternal": files.complete_upload,
    "files.getUploadURLExternal": files.upload_url,
    "files.info": files.info,
    "oauth.v2.access": tokens.oauth_access,
    "reactions.add": chat.add_reaction,
    "users.info": users.info,
    "users.list": users.listed,
    "users.lookupByEmail": users.lookup_by_email,
    "views.open": views.opened,
    "views.publish": views.publish,
    "views.push": views.pushed,
    "views.update": views.update,
}


def dropped(request: web.Request) -> web.Response:
    """The line is cut; whatever is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


class WebApi:
    def __init__(self, slack: Workspace, sockets: Sockets) -> None:
        self.slack, self.sockets = slack, sockets
        self.latency = 0.0
        self._lock = threading.Lock()
        self._calls: list[Json] = []
        self._faults: dict[str, list[Json]] = {}

    # ---- from any thread

    def fault(self, method: str, times: int, how: Json) -> None:
        with self._lock:
            self._faults.setdefault(method, []).extend([how] * times)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._faults.clear()

    def calls(self, method: str | None) -> list[Json]:
        with self._lock:
            return [dict(call) for call in self._calls if method in (None, call["method"])]

    def record(self, call: Json) -> None:
        with self._lock:
            self._calls.append(call)

    def _next_fault(self, method: str) -> Json:
        with self._lock:
            waiting = self._faults.get(method) or self._faults.get("*")
            return waiting.pop(0) if waiting else {}

    # ---- in the loop

    async def answer(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        args, encoding = await _arguments(request)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        token = token or str(args.pop("token", ""))
        fault = self._next_fault(method)
        record: Json = {
            "method": method,
            "arguments": args,
            "encoding": encoding,
            "token": token,
            "t": time.time(),
            "fault": fault or None,
        }
        self.record(record)
        await asyncio.sleep(self.latency + fault.get("delay", 0))
        if fault.get("drop") == "before":
            return dropped(request)
        if "status" in fault or "error" in fault:
            return self._broken(fault, self._scopes_of(token, fault))
        said = self._do(method, args, token)
        with self._lock:
            record["response"] = said
        if fault.get("drop") == "after":
            return dropped(request)
        return web.json_response(said, headers=self._scopes_of(token, said))

    def _broken(self, fault: Json, headers: dict[str, str]) -> web.Response:
        status = fault.get("status", 200)
        error = fault.get("error") or ("ratelimited" if status == 429 else "internal_error")
        if "retry_after" in fault:
            headers = {**headers, "Retry-After": str(fault["retry_after"])}
        answer = {"ok": False, "error": error}
        return web.json_response(answer, status=status, headers=headers)

    def _scopes_of(self, token: str, said: Json) -> dict[str, str]:
        """Every answer names them, but to a token that is none."""
        none = ("not_authed", "invalid_auth", "account_inactive", "token_revoked")
        if said.get("error") in none or not token:
            return {}
        if token.startswith("xapp-"):
            return {"x-oauth-scopes": "connections:write"}
        with self.slack.lock:
            return {"x-oauth-scopes": ",".join(sorted(self.slack.scopes))}

    def _do(self, method: str, args: Json, token: str) -> Json:
        with self.slack.lock:
            try:
                return {"ok": True, **self._result(method, args, token)}
            except RefusedError as refused:
                return refused.answer()

    def _result(self, method: str, args: Json, token: str) -> Json:
        tokens.check(method, token)
        if method == tokens.FOR_APPS:
            return {"url": self._link()}
        if method not in METHODS:
            raise RefusedError("unknown_method", req_method=method)
        if method in NEEDS:
            self.slack.need_scope(*NEEDS[method])
        return METHODS[method](self.slack, Call(_decoded(args), token))

    def _link(self) -> str:
        ticket = self.sockets.new_ticket()
        return f"{self.slack.url.replace('http', 'ws')}/link?ticket={ticket}&app_id={APP}"

    async def respond(self, request: web.Request) -> web.Response:
        """What the app posts to a response_url."""
        name = request.match_info["id"]
        args: Json = await request.json()
        fault = self._next_fault("response_url")
        self.record({"method": "response_url", "id": name, "arguments": args, "t": time.time()})
        await asyncio.sleep(self.latency + fault.get("delay", 0))
        if fault.get("drop") == "before":
            return dropped(request)
        if "status" in fault or "error" in fault:
            return self._broken(fault, {})
        with self.slack.lock:
            try:
                chat.answer_url(self.slack, name, args)
            except RefusedError as refused:
                status = 404 if refused.error.endswith("_url") else 400
                return web.json_response(refused.answer(), status=status)
        return dropped(request) if fault.get("drop") == "after" else web.Response(text="ok")

    async def upload(self, request: web.Request) -> web.Response:
        file = self.slack.files[request.match_info["id"]]
        if request.content_type.startswith("multipart/"):
            part = (await request.post())["filename"]
            file["bytes"] = part.encode() if isinstance(part, str) else _content(part)
        else:
            file["bytes"] = await request.read()
        if len(file["bytes"]) != file["length"]:
            return web.Response(status=400, text="length mismatch")
        return web.Response(text=f"OK - {file['length']}")


def _content(part: Any) -> bytes:
    return bytes(part.file.read())


async def _arguments(request: web.Request) -> tuple[Json, str]:
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        args.update(await request.json() if await request.read() else {})
        return args, "json"
    for key, value in (await request.post()).items():
        args[key] = value if isinstance(value, str) else "<file>"
    return args, "form"


def _decoded(args: Json) -> Json:
    """Arguments that are JSON inside a form are read."""
    read = dict(args)
    for key in JSON_KEYS & args.keys():
        if isinstance(args[key], str) and args[key]:
            try:
                read[key] = json.loads(args[key])
            except ValueError as error:
                raise RefusedError("invalid_arguments", f"{key} is no JSON") from error
    return read
