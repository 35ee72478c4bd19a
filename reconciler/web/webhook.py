"""A webhook that says one thing: fetch now.

`POST /webhook`, from GitHub, Gitea and Forgejo (`X-Hub-Signature-256`, over the body as it came), from GitLab
(`X-Gitlab-Token`), or from a script that signs like GitHub. Nothing that a request says is believed but who sent
it: what is then fetched comes from where the operator said, and is verified as ever. So a request that is sent
again does no harm: it is one more hint, and the caller fetches once in a few seconds whatever the hints are.
`Host` is not checked, as a proxy may set it to anything: a page that a browser was lured to can read and change
nothing here, and cannot sign.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

from reconciler.errors import SourceFailed, UsageError
from reconciler.web.server import DEADLINE, Address, Answer, Head, Limits, parse_address, serving

__all__ = ["Address", "listening", "parse_address", "secret_from"]

log = logging.getLogger("reconcile")

_SECRET = "RECONCILE_WEBHOOK_SECRET"  # noqa: S105  # the name of the variable
_SHORTEST = 16
_PATH = b"/webhook"
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_SIGNATURE = b"x-hub-signature-256"
_TOKEN = b"x-gitlab-token"
_PUSHES = (b"push", b"Push Hook")


def secret_from(environment: Mapping[str, str]) -> bytes:
    """Return the secret of `RECONCILE_WEBHOOK_SECRET`, or of the file that `RECONCILE_WEBHOOK_SECRET_FILE` names.

    Line ends around it do not belong to it. Raise UsageError if there is none, two, or one of less than 16
    bytes, and SourceFailed if the file cannot be read.
    """
    value, file = environment.get(_SECRET), environment.get(f"{_SECRET}_FILE")
    hint = "make one with `openssl rand -hex 32`, and give the same to the webhook's settings at the git host"
    if value and file:
        raise UsageError(f"both {_SECRET} and {_SECRET}_FILE are set", hint="unset one of them")
    if value:
        secret = value.encode(errors="surrogateescape")
    elif file:
        try:
            secret = Path(file).read_bytes()
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "not a path"
            raise SourceFailed(f"the file that {_SECRET}_FILE names cannot be read: {why}", hint=hint) from None
    else:
        raise UsageError(f"a webhook needs a secret: neither {_SECRET} nor {_SECRET}_FILE is set", hint=hint)
    secret = secret.strip(b"\r\n")
    if len(secret) < _SHORTEST:
        raise UsageError(f"the webhook's secret is shorter than {_SHORTEST} bytes", hint=hint)
    return secret


@asynccontextmanager
async def listening(
    address: Address,
    secret: bytes,
    hint: Callable[[], None],
    *,
    branch: str | None = None,
    deadline: float = DEADLINE,
) -> AsyncIterator[Address]:
    """Call *hint*, in the event loop, for each signed push; yield the address bound.

    With *branch*, pushes to other branches are no hint. *deadline* is the most seconds that a request may take.
    Raise SourceFailed if the address cannot be had.
    """
    async with serving(address, Webhook(secret, hint, branch), Limits(deadline=deadline)) as bound:
        yield bound


class Webhook:
    """The site that `listening` serves."""

    def __init__(self, secret: bytes, hint: Callable[[], None], branch: str | None = None) -> None:
        self._secret = secret
        self._hint = hint
        self._branch = branch

    def refusal(self, head: Head) -> Answer | None:
        """Return why a request is refused whatever its body."""
        if head.all(b"origin"):
            return Answer(HTTPStatus.FORBIDDEN, "this is not for browsers")
        if head.target.partition(b"?")[0] != _PATH:
            return Answer(HTTPStatus.NOT_FOUND, f"there is nothing but {_PATH.decode()}")
        if head.method != b"POST":
            return Answer(HTTPStatus.METHOD_NOT_ALLOWED, "POST it", (("allow", "POST"),))
        if _media_type(head) not in (_JSON, _FORM):
            return Answer(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send {_JSON}")
        if not self._presents_one_proof(head) or not all(self._is_secret(token) for token in head.all(_TOKEN)):
            return Answer(HTTPStatus.UNAUTHORIZED, "the request is not signed with the secret")
        return None

    def answer(self, head: Head, body: bytes) -> Answer:
        """Check the signature over *body*, and pass a push on as a hint."""
        if not all(self._has_signed(signature, body) for signature in head.all(_SIGNATURE)):
            return Answer(HTTPStatus.UNAUTHORIZED, "the request is not signed with the secret")
        events = head.all(b"x-github-event") or head.all(b"x-gitlab-event")
        if events == [b"ping"]:
            return Answer(HTTPStatus.OK, "pong")
        if events and events[0] not in _PUSHES:
            return Answer(HTTPStatus.ACCEPTED, "ignored: not a push")
        if self._branch is not None and _ref(_media_type(head), body) not in (None, f"refs/heads/{self._branch}"):
            return Answer(HTTPStatus.ACCEPTED, "ignored: not the branch that is followed")
        log.info("webhook: fetch now")
        self._hint()
        return Answer(HTTPStatus.ACCEPTED, "fetching soon")

    def _presents_one_proof(self, head: Head) -> bool:
        return len(head.all(_SIGNATURE)) + len(head.all(_TOKEN)) == 1

    def _is_secret(self, token: bytes) -> bool:
        return hmac.compare_digest(token, self._secret)

    def _has_signed(self, signature: bytes, body: bytes) -> bool:
        expected = "sha256=" + hmac.digest(self._secret, body, "sha256").hex()
        return hmac.compare_digest(signature, expected.encode())


def _media_type(head: Head) -> str:
    """Return the media type without its parameters; empty if there is none, or more than one."""
    given = head.all(b"content-type")
    return given[0].partition(b";")[0].strip().lower().decode("latin-1") if len(given) == 1 else ""


def _ref(media_type: str, body: bytes) -> str | None:
    """Return the ref that a push is about; None where the body does not say, as a script's may not."""
    try:
        text = body.decode()
        if media_type == _FORM:
            (text,) = parse_qs(text, max_num_fields=16)["payload"]
        payload = json.loads(text)
    except (ValueError, KeyError, RecursionError):
        return None
    ref = payload.get("ref") if isinstance(payload, dict) else None
    return ref if isinstance(ref, str) else None
