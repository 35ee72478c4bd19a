"""A loopback server that keeps the comments of a pull request as GitHub's API does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.servers.loopback import Quiet, listening

BOT = "github-actions[bot]"


@dataclass
class GitHub:
    """The comments there are, what was asked (method and path), and whether the token may write."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tokens: set[str | None] = field(default_factory=set)
    writable: bool = True

    def add(self, login: str, body: str) -> None:
        """Add a comment of *login*."""
        self.comments.append({"id": 100 + len(self.comments), "user": {"login": login}, "body": body})


@contextmanager
def serving() -> Iterator[GitHub]:
    """Serve an empty pull request, number 7 of owner/project."""
    hub = GitHub()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = int(parse_qs(urlsplit(self.path).query)["page"][0])
            self._answer(200, hub.comments[100 * (page - 1) : 100 * page])

        def do_POST(self) -> None:
            self._write(lambda body: hub.add(BOT, body), 201)

        def do_PATCH(self) -> None:
            number = int(self.path.rpartition("/")[2])
            (comment,) = (one for one in hub.comments if one["id"] == number)
            self._write(lambda body: comment.update(body=body), 200)

        def _write(self, act: Any, code: int) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))["body"]
            if not hub.writable:
                self._answer(403, {"message": "Resource not accessible by integration"})
                return
            assert len(body) <= 65_536
            act(body)
            self._answer(code, {})

        def _answer(self, code: int, value: Any) -> None:
            hub.asked.append(f"{self.command} {urlsplit(self.path).path}")
            hub.tokens.add(self.headers["authorization"])
            data = json.dumps(value).encode()
            self.send_response(code)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    with listening(Handler) as hub.url:
        yield hub
