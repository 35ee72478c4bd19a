"""A small HTTP/1.1 server: bounded in time, in size and in connections, whoever talks to it.

The protocol is h11's. What is refused is answered and closed, so only who is let in may keep a connection.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol

import h11

from reconciler.errors import SourceFailed, UsageError

log = logging.getLogger("reconcile")

DEADLINE = 10.0
_PIECE = 64 * 1024
_FAREWELL = 1.0  # seconds a client gets to read the last answer
_SILENCE = 60.0


@dataclass(frozen=True, slots=True)
class Address:
    """An address of this machine alone, and a port; 0 stands for any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """Return the address that *text* writes as HOST:PORT; raise UsageError for others, and for what is not loopback."""
    hint = "write 127.0.0.1:9000 or [::1]:9000, with port 0 for any that is free"
    host, colon, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    try:
        address = ipaddress.ip_address(host[1:-1] if bracketed else host)
    except ValueError:
        raise UsageError(f"{text!r} is not an IP address and a port", hint=hint) from None
    valid = colon and port.isascii() and port.isdigit() and len(port) <= 5 and int(port) <= 65535
    if not valid or bracketed != (address.version == 6) or "%" in host:
        raise UsageError(f"{text!r} is not an IP address and a port", hint=hint)
    if not address.is_loopback:
        raise UsageError(
            f"{address} is reached from other machines, and nothing here is encrypted",
            hint="listen on 127.0.0.1 and let a proxy that speaks TLS hand requests over",
        )
    return Address(str(address), int(port))


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above the body of a request; names of headers are in lower case."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of the header *name*."""
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with a line of text and further headers; from 400 on the connection is closed after it."""

    status: HTTPStatus
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class Site(Protocol):
    """What is served; both are called in the event loop and take no time worth mentioning."""

    def refusal(self, head: Head) -> Answer | None:
        """Return why a request is refused, as far as its head tells; its body is then not read."""

    def answer(self, head: Head, body: bytes) -> Answer:
        """Return the answer to a whole request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client, and all of them together, may take.

    *connections* are served at once, and as many are told that there are too many. *deadline* is seconds from the
    end of one answer, or the beginning of the connection, to the end of the next.
    """

    deadline: float = DEADLINE
    body: int = 1024 * 1024
    head: int = 16 * 1024
    chunks: int = 4096
    connections: int = 32


@asynccontextmanager
async def serving(address: Address, site: Site, limits: Limits) -> AsyncIterator[Address]:
    """Serve *site* until the end of the context; yield the address bound.

    Connections that are open at the end are cut. Raise SourceFailed if the address cannot be had.
    """
    served: set[asyncio.Task[None]] = set()
    turned_away: set[asyncio.Task[None]] = set()
    said = _Said()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        full = len(served) >= limits.connections
        among = turned_away if full else served
        if len(among) >= limits.connections:
            writer.transport.abort()
            return
        task = asyncio.ensure_future(_Connection(reader, writer, site, limits, said).serve(full=full))
        among.add(task)
        task.add_done_callback(among.discard)
        task.add_done_callback(lambda _task: writer.transport.abort())  # also of one that ended before it began

    try:
        server = await asyncio.start_server(connected, address.host, address.port, limit=_PIECE)
    except OSError as error:
        raise SourceFailed(f"cannot listen on {address}: {error.strerror}", hint="is another program there?") from None
    try:
        yield Address(address.host, server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in served | turned_away:
            task.cancel()
        await asyncio.gather(*served, *turned_away, return_exceptions=True)
        await server.wait_closed()


class _Refused(Exception):
    """The request is not read to its end; *answer* says why."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.text)
        self.answer = answer


class _Said:
    """What the log says of refusals: one line a minute at the most, however many there are."""

    def __init__(self) -> None:
        self._silent_until = 0.0
        self._unsaid = 0

    def refused(self, answer: Answer) -> None:
        """Log why a request was refused; the reason is ours and quotes nothing of the request."""
        now = time.monotonic()
        if now < self._silent_until:
            self._unsaid += 1
            return
        more = f" (and {self._unsaid} before)" if self._unsaid else ""
        log.warning("HTTP: refused with %d: %s%s", answer.status, answer.text, more)
        self._silent_until, self._unsaid = now + _SILENCE, 0


class _Connection:
    """One connection; whatever the client does, nothing is raised out of it."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: Site, limits: Limits, said: _Said
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._site = site
        self._limits = limits
        self._said = said
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=limits.head)
        self._method = b""

    async def serve(self, *, full: bool) -> None:
        """Answer one request after the other, until one is refused or the client leaves; if *full*, refuse at once."""
        try:
            if full:
                self._refuse(Answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections", (("retry-after", "1"),)))
            while not full and await self._exchange():
                self._http.start_next_cycle()
            await self._part()
        except OSError:
            log.debug("a client of HTTP left")
        except Exception as error:  # whatever it is, the daemon and the other clients go on
            log.error("HTTP: %s while answering", type(error).__name__)  # noqa: TRY400  # it may quote the client

    async def _exchange(self) -> bool:
        """Answer one request; return whether there may be another on this connection."""
        try:
            async with asyncio.timeout(self._limits.deadline):
                head = await self._head()
                if head is None:
                    return False
                self._reply(await self._answer(head))
                await self._writer.drain()
        except _Refused as refused:
            self._refuse(refused.answer)
        except h11.RemoteProtocolError as error:
            self._refuse(Answer(HTTPStatus(error.error_status_hint), "this is not HTTP as it should be"))
        except TimeoutError:
            if self._begun():
                self._refuse(Answer(HTTPStatus.REQUEST_TIMEOUT, "the request took too long"))
        else:
            return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        return False

    def _begun(self) -> bool:
        """Whether anything of a request has come: a client that merely waits is left without a word."""
        return self._http.their_state is not h11.IDLE or bool(self._http.trailing_data[0])

    async def _head(self) -> Head | None:
        event = await self._event()
        if not isinstance(event, h11.Request):
            return None
        self._method = event.method
        return Head(event.method, event.target, tuple(event.headers))

    async def _answer(self, head: Head) -> Answer:
        refusal = self._site.refusal(head) or self._too_large(head)
        if refusal is not None:
            raise _Refused(refusal)
        answer = self._site.answer(head, await self._body())
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise _Refused(answer)
        return answer

    def _too_large(self, head: Head) -> Answer | None:
        if all(int(length) <= self._limits.body for length in head.all(b"content-length")):
            return None
        return Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body is larger than {self._limits.body} bytes")

    async def _body(self) -> bytes:
        body, chunks = bytearray(), 0
        while isinstance(event := await self._event(), h11.Data):
            body += event.data
            chunks += event.chunk_start
            if len(body) > self._limits.body or chunks > self._limits.chunks:
                text = f"the body is larger than {self._limits.body} bytes or in more than {self._limits.chunks} pieces"
                raise _Refused(Answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, text))
        return bytes(body)

    async def _event(self) -> h11.Event | type[h11.NEED_DATA | h11.PAUSED]:
        """Return what comes next from the client, when it has come."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._reader.read(_PIECE))
        return event

    def _refuse(self, answer: Answer) -> None:
        """Answer, unless an answer has begun, and close."""
        self._said.refused(answer)
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._reply(Answer(answer.status, answer.text, (*answer.headers, ("connection", "close"))))

    def _reply(self, answer: Answer) -> None:
        text = f"{answer.text}\n".encode()
        headers = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(text))), *answer.headers]
        response = h11.Response(status_code=answer.status, reason=answer.status.phrase, headers=headers)
        body = [] if self._method == b"HEAD" else [h11.Data(data=text)]
        self._send(response, *body, h11.EndOfMessage())

    def _send(self, *events: h11.Event) -> None:
        self._writer.write(b"".join(self._http.send(event) or b"" for event in events))

    async def _part(self) -> None:
        """Close such that what was said arrives: closing on bytes that nobody read would reset the connection."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_FAREWELL):
                self._writer.write_eof()
                while await self._reader.read(_PIECE):
                    pass
