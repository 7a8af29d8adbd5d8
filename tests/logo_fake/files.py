"""Where files of the fake are laid down and fetched: HTTP beside the socket."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class FileStore:
    """Keeps what is put. A file is given out to whoever has the token, by way of a second address without it."""

    def __init__(self, tokens: set[str]) -> None:
        self.kept: dict[str, bytes] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        store = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                data = self.rfile.read(int(self.headers["Content-Length"]))
                store.kept[self.path] = data
                store.headers[self.path] = dict(self.headers.items())
                self._say(204)

            def do_GET(self) -> None:
                store.asked.append(self.path)
                parts = urlsplit(self.path)
                if parts.path.startswith("/raw"):
                    data = store.kept.get(parts.path.removeprefix("/raw"))
                    self._say(404 if data is None else 200, data or b"")
                elif parse_qs(parts.query).get("Authorization", [""])[0][4:] not in tokens:
                    self._say(403)
                else:
                    self._say(302, b"", Location=f"{store.url}/raw{parts.path}")

            def _say(self, status: int, data: bytes = b"", **headers: str) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True, name="fake-files"
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
