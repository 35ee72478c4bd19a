"""Git repositories over HTTP on loopback, by git's own http-backend; and servers that misbehave."""

from __future__ import annotations

import base64
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import ClassVar

from tests.servers.loopback import Quiet, listening


class _Backend(Quiet, BaseHTTPRequestHandler):
    root: ClassVar[Path]
    token: ClassVar[str | None]

    def do_GET(self) -> None:
        if self.token is not None and self.headers.get("Authorization") != authorization(self.token):
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=False)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def do_POST(self) -> None:
        self.do_GET()


@contextmanager
def git_over_http(root: Path, *, token: str | None = None) -> Iterator[str]:
    """Serve the repositories below *root*, only to who sends *token*; yield the address."""
    handler = type("Handler", (_Backend,), {"root": root, "token": token})
    with listening(handler) as address:
        yield address


@contextmanager
def redirecting(to: str) -> Iterator[str]:
    """Redirect every request to the same path below *to*; yield the address."""

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{to}{self.path}")
            self.end_headers()

    with listening(Handler) as address:
        yield address


@contextmanager
def never_answering(*, endless: bool = False) -> Iterator[tuple[str, threading.Event]]:
    """Accept and say nothing, or never all of it; yield the address, and what is set once somebody asks."""
    asked, end = threading.Event(), threading.Event()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if endless:
                self.send_response(200)
                self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
                self.end_headers()
            asked.set()
            while not end.wait(0.05):
                if endless:
                    try:
                        self.wfile.write(b"0" * 200)
                    except OSError:
                        return

    with listening(Handler) as address:
        try:
            yield address, asked
        finally:
            end.set()


def authorization(token: str) -> str:
    """Return the header that a token is sent in."""
    return "Basic " + base64.b64encode(f"x-access-token:{token}".encode()).decode()
