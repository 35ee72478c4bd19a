"""A loopback server that speaks chat.completions from a script, and records what it was asked."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, TypeAlias

from tests.servers.loopback import Quiet, listening

FIELDS = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")


@dataclass
class Reply:
    """One scripted answer.

    Seconds: *before* the first byte, *head_drip* between single bytes of the head, *drip* between those of the body.
    *cut* resets the connection after so many bytes of the body. *again* sends the body so many times.
    """

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    drip: float = 0.0
    before: float = 0.0
    head_drip: float = 0.0
    cut: int | None = None
    again: int = 1


Request: TypeAlias = dict[str, Any]
Script: TypeAlias = "Reply | Callable[[Request], Reply]"


def completion(message: dict[str, Any], finish: str = "stop") -> Reply:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", **message}}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return Reply(json.dumps(whole))


def says(content: str | None, finish: str = "stop", refusal: str | None = None) -> Reply:
    return completion({"content": content, "refusal": refusal}, finish)


def schedule(*fields: dict[str, str], **other: Any) -> str:
    """Return the text of an answer of our shape: field sets, with all that is not said null."""
    sets = [{name: one.get(name) for name in FIELDS} | one for one in fields]
    return json.dumps({"schedules": sets, "timezone": None, "assumptions": [], "error": None} | other)


def fails(status: int, *, code: str | None = None, **headers: str) -> Reply:
    """Return an error as OpenAI sends it; a pause of 1 ms is wished for unless *headers* say otherwise."""
    told = (
        {"retry-after-ms": "1"} if not headers else {name.replace("_", "-"): value for name, value in headers.items()}
    )
    body = {"error": {"message": "sk-secret", "type": "error", "code": code, "param": None}}
    return Reply(json.dumps(body), status, {"content-type": "application/json", **told})


@dataclass
class Scripted:
    url: str
    requests: list[Request]
    keys: list[str | None]
    busiest: int = 0

    @property
    def phrases(self) -> list[str]:
        return [phrase_of(request) for request in self.requests]


def phrase_of(request: Request) -> str:
    """Return the phrase that *request* puts to the model."""
    said = request["messages"][1]["content"].removeprefix("Phrase: ").splitlines()[0]
    phrase = json.loads(said)
    assert isinstance(phrase, str)
    return phrase


@contextmanager
def serving(*script: Script) -> Iterator[Scripted]:
    """Answer with *script* in order, the last of it for ever; what is callable is given the request."""
    heard = Scripted("", [], [])
    lock = threading.Lock()
    busy = 0

    class Handler(Quiet, BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            nonlocal busy
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                heard.requests.append(request)
                heard.keys.append(self.headers["authorization"])
                line = script[min(len(heard.requests), len(script)) - 1]
                busy += 1
                heard.busiest = max(heard.busiest, busy)
            try:
                self._send(line if isinstance(line, Reply) else line(request))
            except OSError:
                return
            finally:
                with lock:
                    busy -= 1

        def _send(self, reply: Reply) -> None:
            body = reply.body.encode() * reply.again
            time.sleep(reply.before)
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            if reply.head_drip:
                self._drip_head(reply.head_drip)
            self.end_headers()
            for piece in [body[: reply.cut]] if not reply.drip else [body[i : i + 1] for i in range(len(body))]:
                self.wfile.write(piece)
                self.wfile.flush()
                time.sleep(reply.drip)
            if reply.cut is not None:
                self._reset()

        def _drip_head(self, pause: float) -> None:
            head, self._headers_buffer = b"".join(self._headers_buffer), []
            for at in range(len(head)):
                self.wfile.write(head[at : at + 1])
                time.sleep(pause)

        def _reset(self) -> None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()

    with listening(Handler) as address:
        heard.url = f"{address}/v1"
        yield heard
