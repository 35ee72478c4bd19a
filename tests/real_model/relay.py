"""A relay on loopback between the compiler and the model server, which keeps what went through it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.servers.loopback import Quiet, listening


@dataclass(frozen=True)
class Exchange:
    """One request and the server's answer to it; *began* and *ended* are seconds of a monotonic clock."""

    request: dict[str, Any]
    status: int
    answer: dict[str, Any]
    began: float
    ended: float

    @property
    def phrase(self) -> str:
        line, *_ = self.request["messages"][1]["content"].splitlines()
        return str(json.loads(line.removeprefix("Phrase: ")))

    @property
    def text(self) -> str:
        return str(self.answer["choices"][0]["message"]["content"])

    @property
    def finished(self) -> bool:
        return bool(self.answer["choices"][0]["finish_reason"] == "stop")


@dataclass
class Relay:
    url: str = ""
    heard: int = 0
    exchanges: list[Exchange] = field(default_factory=list)


@contextmanager
def relaying(to: str) -> Iterator[Relay]:
    """Pass every request on to the server at *to*; one that it does not answer is closed unanswered."""
    relay = Relay()

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            relay.heard += 1
            body = self.rfile.read(int(self.headers["content-length"]))
            began = time.monotonic()
            try:
                status, answer = _answer(to + self.path, body)
            except OSError:
                self.close_connection = True
                return
            relay.exchanges.append(Exchange(json.loads(body), status, json.loads(answer), began, time.monotonic()))
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

    with listening(Handler) as relay.url:
        yield relay


def _answer(url: str, body: bytes) -> tuple[int, bytes]:
    """Return the status and the body of the answer; raise OSError where none comes."""
    try:
        with urlopen(Request(url, body, {"content-type": "application/json"}), timeout=60) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()
