"""The webhook over real sockets: who is let in, what becomes of the others, and that nothing stops the daemon."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.errors import SourceFailed, UsageError
from reconciler.web.server import Head
from reconciler.web.webhook import Address, Webhook, listening, parse_address, secret_from

SECRET = b"a secret of more than 16 bytes"
PATIENCE = 60.0
LOOPBACK = Address("127.0.0.1", 0)
PUSH = json.dumps({"ref": "refs/heads/main", "after": "1" * 40}).encode()


@dataclass
class Hook:
    """A webhook that listens in a thread: its port, the hints it gave, what its loop had to handle."""

    port: int = 0
    hints: list[float] = field(default_factory=list)
    unhandled: list[dict[str, Any]] = field(default_factory=list)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def post(self, body: bytes = PUSH, headers: Mapping[str, str] | None = None, **changes: str) -> int:
        return self.ask(body, headers, **changes)[0]

    def ask(
        self, body: bytes = PUSH, headers: Mapping[str, str] | None = None, method: str = "POST", path: str = "/webhook"
    ) -> tuple[int, str, dict[str, str]]:
        """Return the status, the text and the headers of the answer to a request on a connection of its own."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        client.request(method, path, body, signed(body) if headers is None else headers)
        answer = client.getresponse()
        found = answer.status, answer.read().decode(), {key.lower(): value for key, value in answer.getheaders()}
        client.close()
        return found

    def raw(self, *pieces: bytes, end: bool = True) -> bytes:
        """Send *pieces*, each by itself, and return all that is answered until the server closes."""
        with self.connect() as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with suppress(OSError):  # it may have closed before the last piece
                for piece in pieces:
                    client.sendall(piece)
                if end:
                    client.shutdown(socket.SHUT_WR)
            return everything(client)


def everything(client: socket.socket) -> bytes:
    found = b""
    with suppress(ConnectionError):
        while piece := client.recv(65536):
            found += piece
    return found


@contextmanager
def serving(fail: Exception | None = None, **options: Any) -> Iterator[Hook]:
    hook, ready, loops = Hook(), threading.Event(), []

    def hint() -> None:
        hook.hints.append(time.monotonic())
        if fail is not None:
            raise fail

    async def serve() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        loop.set_exception_handler(lambda _loop, context: hook.unhandled.append(context))
        loops.append((loop, stop))
        async with listening(LOOPBACK, SECRET, hint, **options) as address:
            hook.port = address.port
            ready.set()
            await stop.wait()
        assert len(asyncio.all_tasks()) == 1

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield hook
    finally:
        loop, stop = loops[0]
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        assert not thread.is_alive()
        assert hook.unhandled == []


@pytest.fixture
def hook() -> Iterator[Hook]:
    with serving(branch="main") as one:
        yield one


def signature(body: bytes, secret: bytes = SECRET) -> str:
    return "sha256=" + hmac.new(secret, body, "sha256").hexdigest()


def signed(body: bytes = PUSH, **more: str) -> dict[str, str]:
    """Return the headers as GitHub, Gitea and Forgejo send them."""
    given = {"content-type": "application/json", "x-github-event": "push", "x-hub-signature-256": signature(body)}
    return given | {name.replace("_", "-"): value for name, value in more.items()}


def gitlab(token: str = SECRET.decode(), event: str = "Push Hook") -> dict[str, str]:
    return {"content-type": "application/json", "x-gitlab-event": event, "x-gitlab-token": token}


def request(body: bytes = PUSH, *more: str, length: int | None = None) -> bytes:
    """Return a signed push as it goes over the wire."""
    lines = [f"{name}: {value}" for name, value in signed(body).items()]
    lines += ["host: example.org", f"content-length: {len(body) if length is None else length}", *more]
    return "\r\n".join(["POST /webhook HTTP/1.1", *lines, "", ""]).encode() + body


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


# ---------------------------------------------------------------- who is let in


def test_a_push_signed_like_github_gitea_and_forgejo_is_a_hint(hook: Hook) -> None:
    assert hook.post() == 202
    assert len(hook.hints) == 1


def test_a_push_with_the_token_of_gitlab_is_a_hint(hook: Hook) -> None:
    assert hook.post(headers=gitlab()) == 202
    assert len(hook.hints) == 1


def test_a_push_in_a_form_is_a_hint_as_github_can_send_it(hook: Hook) -> None:
    for branch in ("main", "other"):
        body = urlencode({"payload": json.dumps({"ref": f"refs/heads/{branch}"})}).encode()
        assert hook.post(body, signed(body, content_type="application/x-www-form-urlencoded")) == 202
    assert len(hook.hints) == 1


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b'{"ref": 1}', b"[" * 100_000, b"\xff", b"9" * 5000])
def test_a_signed_body_that_names_no_branch_is_a_hint_so_that_a_script_can_ask(hook: Hook, body: bytes) -> None:
    assert hook.post(body, {"content-type": "application/json", "x-hub-signature-256": signature(body)}) == 202
    assert len(hook.hints) == 1


def test_a_push_to_another_branch_is_accepted_and_no_hint(hook: Hook) -> None:
    for ref in ("refs/heads/other", "refs/heads/main2", "refs/tags/main", "main"):
        assert hook.post(json.dumps({"ref": ref}).encode()) == 202
    assert hook.hints == []


def test_without_a_branch_to_follow_every_push_is_a_hint() -> None:
    with serving() as hook:
        assert hook.post(b'{"ref": "refs/heads/any"}') == 202
        assert len(hook.hints) == 1


def test_githubs_ping_is_answered_and_no_hint(hook: Hook) -> None:
    assert hook.post(headers=signed(x_github_event="ping")) == 200
    assert hook.hints == []


def test_other_events_are_accepted_and_no_hint(hook: Hook) -> None:
    assert hook.post(headers=signed(x_github_event="issues")) == 202
    assert hook.post(headers=gitlab(event="Tag Push Hook")) == 202
    assert hook.hints == []


def test_the_same_request_again_is_one_more_hint(hook: Hook) -> None:
    assert [hook.post(), hook.post()] == [202, 202]
    assert len(hook.hints) == 2


# ---------------------------------------------------------------- who is not


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "application/json"},
        signed(x_hub_signature_256=""),
        signed(x_hub_signature_256="sha256="),
        signed(x_hub_signature_256=signature(PUSH).removeprefix("sha256=")),
        signed(x_hub_signature_256=signature(PUSH).replace("sha256", "sha1")),
        signed(x_hub_signature_256=signature(PUSH).upper()),
        signed(x_hub_signature_256=signature(PUSH, b"another secret, as long")),
        signed(x_hub_signature_256=signature(PUSH + b" ")),
        gitlab(""),
        gitlab("another secret"),
        gitlab(SECRET.decode() + "x"),
        gitlab(SECRET.decode()[:-1]),
        gitlab() | signed(x_hub_signature_256="sha256=" + 64 * "0"),
        gitlab() | signed(),
    ],
    ids=str,
)
def test_what_is_not_signed_with_the_secret_is_401_and_no_hint(hook: Hook, headers: dict[str, str]) -> None:
    status, text, answered = hook.ask(headers=headers)
    assert (status, answered["connection"]) == (401, "close")
    assert SECRET.decode() not in text
    assert hook.hints == []


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(min_size=16, max_size=64))
@example(PUSH, PUSH, SECRET)
def test_no_signature_but_that_of_this_body_with_this_secret_passes(body: bytes, other: bytes, key: bytes) -> None:
    hints: list[None] = []
    site = Webhook(SECRET, lambda: hints.append(None))
    headers = ((b"content-type", b"application/json"), (b"x-hub-signature-256", signature(other, key).encode()))
    head = Head(b"POST", b"/webhook", headers)
    assert site.refusal(head) is None
    passes = (body, SECRET) == (other, key)
    assert site.answer(head, body).status == (HTTPStatus.ACCEPTED if passes else HTTPStatus.UNAUTHORIZED)
    assert len(hints) == passes


@given(st.binary(max_size=200))
@example(SECRET)
@example(b"")
def test_no_token_but_the_secret_passes(token: bytes) -> None:
    head = Head(b"POST", b"/webhook", ((b"content-type", b"application/json"), (b"x-gitlab-token", token)))
    refusal = Webhook(SECRET, lambda: None).refusal(head)
    assert (refusal is None) == (token == SECRET)


def test_other_paths_are_404_and_other_methods_405_with_what_is_allowed(hook: Hook) -> None:
    assert [hook.post(path=path) for path in ("/", "/webhook/", "/other", "//webhook")] == [404] * 4
    for method in ("GET", "PUT", "DELETE", "OPTIONS", "HEAD"):
        status, _, headers = hook.ask(method=method)
        assert (status, headers["allow"]) == (405, "POST")
    assert hook.post(path="/webhook?from=forge") == 202


def test_other_media_types_are_415(hook: Hook) -> None:
    assert [hook.post(headers=signed(content_type=one)) for one in ("text/plain", "", "multipart/form-data")] == [
        415
    ] * 3
    assert hook.post(headers=signed(content_type="Application/JSON; charset=utf-8")) == 202


def test_a_browser_is_refused_though_it_signs(hook: Hook) -> None:
    assert hook.post(headers=signed(origin="https://example.org")) == 403
    assert hook.hints == []


def test_a_body_that_says_it_is_too_large_is_refused_before_it_is_sent(hook: Hook) -> None:
    assert statuses(hook.raw(request(b"", length=1024 * 1024 + 1), end=False)) == [413]


def test_a_body_of_the_largest_size_is_read_and_a_chunked_one_that_grows_beyond_is_not(hook: Hook) -> None:
    largest = b" " * (1024 * 1024)
    assert hook.post(largest) == 202
    head = request(b"").replace(b"content-length: 0", b"transfer-encoding: chunked")
    piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
    assert statuses(hook.raw(head, *[piece] * 17)) == [413]
    assert len(hook.hints) == 1


def test_a_body_in_thousands_of_pieces_is_refused(hook: Hook) -> None:
    head = request(b"").replace(b"content-length: 0", b"transfer-encoding: chunked")
    assert statuses(hook.raw(head, b"1\r\nx\r\n" * 5000 + b"0\r\n\r\n")) == [413]


def test_a_head_without_end_is_431(hook: Hook) -> None:
    assert statuses(hook.raw(b"POST /webhook HTTP/1.1\r\nx: " + b"y" * 70_000)) == [431]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\r\n\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"POST /webhook HTTP/1.1\r\n\r\n",
        b"POST /webhook HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        request().replace(b"content-length: ", b"content-length: -"),
        request().replace(b"content-length: ", b"content-length: 9" + 5000 * b"9"),
        request().replace(b"host:", b"content-length: 3\r\nhost:"),
        request().replace(b"host:", b"bad name: x\r\nhost:"),
    ],
    ids=lambda one: repr(one[:30]),
)
def test_what_is_not_http_is_400_and_the_connection_closed(hook: Hook, garbage: bytes) -> None:
    assert statuses(hook.raw(garbage)) == [400]
    assert hook.hints == []
    assert hook.post() == 202


def test_any_bytes_at_all_are_no_hint_and_leave_the_webhook_working() -> None:
    with serving() as hook:

        @settings(max_examples=50, deadline=None)
        @given(st.lists(st.binary(min_size=1, max_size=50), max_size=4), st.booleans())
        def throw(pieces: list[bytes], continued: bool) -> None:
            answer = hook.raw(*([b"POST /webhook HTTP/1.1\r\n"] if continued else []), *pieces)
            assert all(status >= 400 for status in statuses(answer))

        throw()
        assert hook.hints == []
        assert hook.post() == 202


# ---------------------------------------------------------------- connections


def test_a_body_in_fragments_is_put_together(hook: Hook) -> None:
    whole = request(PUSH, "connection: close")
    assert statuses(hook.raw(*(whole[at : at + 7] for at in range(0, len(whole), 7)))) == [202]
    head = request(b"", "connection: close").replace(b"content-length: 0", b"transfer-encoding: chunked")
    head = head.replace(signature(b"").encode(), signature(PUSH).encode())
    chunks = [f"{len(PUSH[at : at + 9]):x}\r\n".encode() + PUSH[at : at + 9] + b"\r\n" for at in range(0, len(PUSH), 9)]
    assert statuses(hook.raw(head, *chunks, b"0\r\n\r\n")) == [202]
    assert len(hook.hints) == 2


def test_a_connection_serves_request_after_request_until_one_is_refused(hook: Hook) -> None:
    client = HTTPConnection("127.0.0.1", hook.port, timeout=PATIENCE)
    sockets = set()
    for _ in range(2):
        client.request("POST", "/webhook", PUSH, signed())
        sockets.add(client.sock)
        assert client.getresponse().read() == b"fetching soon\n"
    assert len(sockets) == 1
    client.request("POST", "/webhook", PUSH, gitlab("no"))
    answer = client.getresponse()
    assert (answer.status, answer.will_close) == (401, True)
    answer.close()
    client.close()


def test_pipelined_requests_are_answered_in_turn_up_to_the_first_that_is_refused(hook: Hook) -> None:
    other, bad = b'{"ref": "refs/heads/other"}', request().replace(b"/webhook", b"/nothing")
    assert statuses(hook.raw(request() + request(other) + request() + bad + request())) == [202, 202, 202, 404]
    assert len(hook.hints) == 2


def test_a_client_that_waits_to_be_told_to_go_on_is_told_so_only_if_its_body_is_wanted(hook: Hook) -> None:
    with hook.connect() as client:
        head = request(PUSH, "expect: 100-continue", "connection: close").removesuffix(PUSH)
        client.sendall(head)
        assert statuses(client.recv(65536)) == [100]
        client.sendall(PUSH)
        assert statuses(everything(client)) == [202]
    assert statuses(hook.raw(head.replace(b"/webhook", b"/nothing"), end=False)) == [404]


def test_a_client_that_has_said_all_and_only_listens_gets_its_answer(hook: Hook) -> None:
    assert statuses(hook.raw(request())) == [202]


@pytest.mark.parametrize("cut", [0, 10, len(request()) - len(PUSH), len(request()) - 1])
def test_a_request_that_ends_before_its_end_is_no_hint(hook: Hook, cut: int) -> None:
    assert statuses(hook.raw(request()[:cut])) == ([400] if cut else [])
    assert hook.hints == []


def test_a_client_that_resets_its_connection_harms_nobody(hook: Hook) -> None:
    for cut in (0, 10, 250, len(request())):
        client = hook.connect()
        client.sendall(request()[:cut])
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    assert hook.post() == 202


@pytest.mark.parametrize("start", [b"POST", request()[:-5]], ids=["in its head", "in its body"])
def test_a_request_that_does_not_come_to_an_end_is_408(start: bytes) -> None:
    with serving(deadline=0.2) as hook:
        assert statuses(hook.raw(start, end=False)) == [408]
        assert hook.hints == []


def test_a_request_that_comes_byte_by_byte_does_not_gain_time_by_each() -> None:
    with serving(deadline=0.5) as hook, hook.connect() as client, suppress(ConnectionError):
        give_up = time.monotonic() + PATIENCE
        client.sendall(b"POST /webhook HTTP/1.1\r\nx: ")
        client.settimeout(0.05)
        answer = b""
        while not answer and time.monotonic() < give_up:
            client.sendall(b"y")
            with suppress(TimeoutError):
                answer = client.recv(65536)
        assert statuses(answer) == [408]


def test_a_client_that_says_nothing_is_let_go_without_a_word() -> None:
    with serving(deadline=0.2) as hook:
        assert hook.raw(end=False) == b""
        with hook.connect() as client:
            client.sendall(request())
            assert statuses(everything(client)) == [202]


def test_the_33rd_connection_is_503_until_another_ends(hook: Hook) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(hook.connect()) for _ in range(32)]
        for client in clients:
            assert accepted(client)
        status, _, headers = hook.ask()
        assert (status, headers["retry-after"]) == (503, "1")
        clients.pop().close()
        until(lambda: hook.post() == 202)
        assert all(accepted(client) for client in clients)


def accepted(client: socket.socket) -> bool:
    """Send a push over *client*, and read the whole answer: the next one begins where it ends."""
    client.sendall(request())
    found = b""
    while not found.endswith(b"fetching soon\n"):
        piece = client.recv(65536)
        if not piece:
            return False
        found += piece
    return statuses(found) == [202]


def until(reached: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not reached():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_it_ends_while_clients_are_connected() -> None:
    with ExitStack() as stack:
        with serving(deadline=PATIENCE * 10) as hook:
            clients = [stack.enter_context(hook.connect()) for _ in range(3)]
            clients[1].sendall(b"POST")
            assert accepted(clients[2])
        assert [everything(client) for client in clients] == [b"", b"", b""]


def test_a_thousand_requests_are_a_thousand_hints(hook: Hook) -> None:
    client = HTTPConnection("127.0.0.1", hook.port, timeout=PATIENCE)
    for _ in range(700):
        client.request("POST", "/webhook", PUSH, signed())
        assert client.getresponse().read() == b"fetching soon\n"
    client.close()
    assert {hook.post() for _ in range(300)} == {202}
    assert len(hook.hints) == 1000


def test_a_hint_that_fails_is_logged_by_its_kind_and_the_webhook_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    with serving(fail=RuntimeError("a secret detail")) as hook:
        assert hook.raw(request()) == b""
        assert hook.raw(request()) == b""
    assert "RuntimeError" in caplog.text
    assert "secret" not in caplog.text


def test_the_log_has_a_line_for_a_hint_and_one_a_minute_for_refusals_and_quotes_nothing(
    hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "reconcile")
    hook.post(b'{"ref": "refs/heads/main", "title": "PRIVATE"}')
    for _ in range(3):
        hook.post(headers=gitlab("PRIVATE"), path="/PRIVATE")
    lines = [record.getMessage() for record in caplog.records if record.name == "reconcile"]
    assert lines == ["webhook: fetch now", "HTTP: refused with 404: there is nothing but /webhook"]


# ---------------------------------------------------------------- where it listens, and with which secret


def test_a_port_that_is_taken_is_said_so() -> None:
    async def twice() -> None:
        async with AsyncExitStack() as stack:
            first = await stack.enter_async_context(listening(LOOPBACK, SECRET, lambda: None))
            await stack.enter_async_context(listening(first, SECRET, lambda: None))

    with pytest.raises(SourceFailed, match=r"cannot listen on 127\.0\.0\.1:\d+: .*in use"):
        asyncio.run(twice())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:9000", Address("127.0.0.1", 9000)),
        ("127.8.8.8:0", Address("127.8.8.8", 0)),
        ("[::1]:65535", Address("::1", 65535)),
        ("[0:0::1]:1", Address("::1", 1)),
    ],
)
def test_an_address_of_this_machine_is_understood(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert parse_address(str(address)) == address


@pytest.mark.parametrize("text", ["0.0.0.0:9000", "[::]:9000", "192.0.2.1:80", "[2001:db8::1]:80"])
def test_an_address_that_others_reach_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="from other machines") as caught:
        parse_address(text)
    assert "TLS" in (caught.value.problems[0].hint or "")


@given(st.text("0159af.:[]%-+ lo", max_size=16))
@example("127.0.0.1")
@example("127.0.0.1:65536")
@example("127.0.0.1:+1")
@example("127.0.0.1:٣")
@example("::1:9000")
@example("[127.0.0.1]:9000")
@example("[::1%lo]:9000")
@example("localhost:9000")
@example(":9000")
def test_what_is_no_address_is_refused_with_a_hint_how_to_write_one(text: str) -> None:
    try:
        address = parse_address(text)
    except UsageError as error:
        assert error.problems[0].hint  # noqa: PT017  # what is neither refused nor understood is what fails here
    else:
        assert parse_address(str(address)) == address


def test_the_secret_comes_from_the_environment_or_a_file_without_its_line_end(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_bytes(SECRET + b"\r\n")
    assert secret_from({"RECONCILE_WEBHOOK_SECRET": SECRET.decode()}) == SECRET
    assert secret_from({"RECONCILE_WEBHOOK_SECRET_FILE": str(file)}) == SECRET
    assert secret_from({"RECONCILE_WEBHOOK_SECRET": "", "RECONCILE_WEBHOOK_SECRET_FILE": str(file)}) == SECRET


@pytest.mark.parametrize(
    ("environment", "kind", "message"),
    [
        ({}, UsageError, "neither"),
        ({"RECONCILE_WEBHOOK_SECRET": "", "RECONCILE_WEBHOOK_SECRET_FILE": ""}, UsageError, "neither"),
        ({"RECONCILE_WEBHOOK_SECRET": 20 * "x", "RECONCILE_WEBHOOK_SECRET_FILE": "/x"}, UsageError, "both"),
        ({"RECONCILE_WEBHOOK_SECRET": 15 * "x"}, UsageError, "shorter than 16"),
        ({"RECONCILE_WEBHOOK_SECRET": 15 * "x" + "\n"}, UsageError, "shorter than 16"),
        ({"RECONCILE_WEBHOOK_SECRET_FILE": "/nowhere/at/all"}, SourceFailed, "No such file"),
        ({"RECONCILE_WEBHOOK_SECRET_FILE": "/"}, SourceFailed, "cannot be read"),
        ({"RECONCILE_WEBHOOK_SECRET_FILE": "a\0b"}, SourceFailed, "not a path"),
    ],
    ids=str,
)
def test_a_secret_that_cannot_be_had_or_is_short_is_refused_with_a_hint(
    environment: dict[str, str], kind: type[UsageError | SourceFailed], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        secret_from(environment)
    assert caught.value.problems[0].hint
    assert "xxx" not in str(caught.value)
