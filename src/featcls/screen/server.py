"""A small read-only server: the live page, the status as JSON and for Prometheus."""

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from io import BytesIO
from typing import Any

from featcls.dataset.contact_sheet import picture
from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.screen.prometheus import CONTENT_TYPE, exposition
from featcls.screen.status import Status

LOOPBACK = "127.0.0.1"
TILE = 160  # pixels of a thumbnail
# The page may load from this server and from nowhere else.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline' 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'"
)
STATIC = {"/": ("page.html", "text/html"), "/page.js": ("page.js", "text/javascript")}


class Server:
    """Serves the status of a screening until it is closed.

    Parameters
    ----------
    status : Status
    port : int
        0 for one that is free.
    host : str
        Of this machine alone unless told otherwise; there is no password.

    Raises
    ------
    UsageError
        The port is taken or may not be used.
    """

    def __init__(self, status: Status, port: int, host: str = LOOPBACK) -> None:
        class Handler(_Handler):
            told = status

        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise UsageError(
                f"cannot serve on {host}:{port}: {error.strerror}", "choose another --port"
            ) from error
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Address of the live page."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/"

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    told: Status
    timeout = 10  # seconds for a client to ask

    def do_GET(self) -> None:
        with suppress(ConnectionError):  # a client that went away
            if self._is_meant():
                self._answer(self.path.partition("?")[0])
            else:
                self.send_error(421)

    def _is_meant(self) -> bool:
        """Say whether we were asked by our own name.

        A page from elsewhere whose name was made to lead here asks by that name.
        """
        address: Any = self.server.server_address
        names = (f"{LOOPBACK}:{address[1]}", f"localhost:{address[1]}")
        return address[0] != LOOPBACK or self.headers.get("Host") in names

    def _answer(self, path: str) -> None:
        if path in STATIC:
            name, kind = STATIC[path]
            self._send(files("featcls.screen").joinpath(name).read_bytes(), kind)
        elif path == "/style.css":
            self._send(files("featcls.report").joinpath("style.css").read_bytes(), "text/css")
        elif path == "/status.json":
            self._send(json.dumps(self.told.document()).encode(), "application/json")
        elif path == "/metrics":
            self._send(exposition(self.told.document()).encode(), CONTENT_TYPE)
        elif (frame := self._frame(path)) is not None:
            self._send(_png(frame), "image/png")
        else:
            self.send_error(404)

    def _frame(self, path: str) -> Frame | None:
        """Return the frame of `/hits/0.png`, counted from the oldest that is kept."""
        kind, _, name = path.strip("/").partition("/")
        kept = list(self.told.last[kind == "hits"]) if kind in ("hits", "misses") else []
        names = [f"{k}.png" for k in range(len(kept))]
        return kept[names.index(name)][1] if name in names else None

    def _send(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the console belongs to the screening."""


def _png(frame: Frame) -> bytes:
    from PIL import Image

    image = Image.fromarray(picture(frame))
    image.thumbnail((TILE, TILE), Image.Resampling.BOX)
    content = BytesIO()
    image.save(content, "PNG")
    return content.getvalue()
