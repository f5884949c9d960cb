"""The current pages on a port of this machine, for browsers that open no files and for a look from the terminal."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HOST = "127.0.0.1"


class Pages(SimpleHTTPRequestHandler):
    """Files of one folder, to requests that name this machine: a foreign page must not read figures through a name
    of its own that leads here."""

    def do_GET(self) -> None:
        if self._is_local():
            super().do_GET()

    def do_HEAD(self) -> None:
        if self._is_local():
            super().do_HEAD()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def list_directory(self, path: object) -> None:
        self.send_error(404)

    def _is_local(self) -> bool:
        if self.headers.get("Host", "").rpartition(":")[0] in (HOST, "localhost"):
            return True
        self.send_error(403, "these pages are for this machine alone")
        return False


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of `folder` on this machine only; with port 0 on one that is free. A link is followed anew each time."""
    return ThreadingHTTPServer((HOST, port), partial(Pages, directory=str(folder)))
