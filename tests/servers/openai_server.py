"""A loopback server that speaks chat.completions from a script, and records what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One scripted answer; *drip* is the pause in seconds between single bytes."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    drip: float = 0.0


def says(content: str | None, finish: str = "stop", refusal: str | None = None) -> Reply:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "finish_reason": finish, "message": message}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    whole = {"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return Reply(json.dumps(whole))


@dataclass
class Scripted:
    url: str
    requests: list[dict[str, Any]]
    keys: list[str | None]


@contextmanager
def serving(*replies: Reply) -> Iterator[Scripted]:
    """Answer with *replies* in order, the last one for ever."""
    heard = Scripted("", [], [])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.requests.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            heard.keys.append(self.headers["authorization"])
            reply = replies[min(len(heard.requests), len(replies)) - 1]
            body = reply.body.encode()
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for piece in [body] if not reply.drip else [body[i : i + 1] for i in range(len(body))]:
                    self.wfile.write(piece)
                    self.wfile.flush()
                    time.sleep(reply.drip)
            except OSError:
                return

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield heard
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
