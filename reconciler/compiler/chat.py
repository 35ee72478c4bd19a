"""One server that speaks chat.completions: what it sends becomes a text, or a typed reason why there is none."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.compiler.answer import SCHEMA, Malformed, Unavailable

if TYPE_CHECKING:
    import openai

_FORMATS: tuple[dict[str, Any] | None, ...] = (
    {"type": "json_schema", "json_schema": {"name": "schedule", "strict": True, "schema": SCHEMA}},
    {"type": "json_object"},
    None,
)
# small models fall into endless lists, and a local server serves one at a time; models that think refuse both
_LIMITS = {"temperature": 0, "max_tokens": 600}
_ATTEMPTS = 3
_FIRST_PAUSE = 0.5
_MOST_BYTES = 1_000_000
# the request as such is refused, whatever phrase is in it
_LASTING = (401, 402, 404, 405, 410)
_ADVICE = {401: "check OPENAI_API_KEY", 403: "check OPENAI_API_KEY", 404: "check RECONCILE_MODEL and OPENAI_BASE_URL"}
_NO_CHAT = Unavailable("what the server sends is no chat completion: check OPENAI_BASE_URL", retryable=False)
_NOT_SENT = Unavailable(
    "the request cannot be sent: check OPENAI_BASE_URL and OPENAI_API_KEY", retryable=False, lasting=True
)
_LATE = Unavailable("the model server did not answer in time", retryable=True)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model to ask and where; *deadline* and *read_timeout* are seconds. The key never shows in `repr`."""

    model: str
    key: str = field(repr=False)
    base_url: str | None = field(default=None, repr=False)
    deadline: float = 30.0
    read_timeout: float = 30.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked so far: requests sent, and the tokens the server counted."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __str__(self) -> str:
        requests = f"{self.requests:,} request{'' if self.requests == 1 else 's'}"
        return f"{requests}, {self.prompt_tokens:,} tokens in, {self.completion_tokens:,} out"


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a request is dressed: an index into the response formats, and the limits that are named."""

    format: int = 0
    limits: frozenset[str] = frozenset(_LIMITS)

    def plainer(self, rejected: str | None) -> _Shape | None:
        """Return the next plainer shape after a server refused the parameter *rejected*, or None."""
        if rejected in self.limits:
            return replace(self, limits=self.limits - {rejected})
        return replace(self, format=self.format + 1) if self.format + 1 < len(_FORMATS) else None

    def parameters(self) -> dict[str, Any]:
        """Return what goes into the request beside model and messages."""
        shape = _FORMATS[self.format]
        limits = {name: _LIMITS[name] for name in sorted(self.limits)}
        return limits if shape is None else {"response_format": shape, **limits}


class Chat:
    """Speaks to one server; may be shared by threads. *usage* counts everything it sent."""

    def __init__(self, settings: ModelSettings) -> None:
        self.usage = Usage()
        self._settings = settings
        self._shape = _Shape()
        self._lock = threading.Lock()
        self._made: openai.OpenAI | None = None

    def complete(self, messages: Sequence[Mapping[str, str]], stop: float) -> str | Malformed | Unavailable:
        """Return the text that the model adds to *messages*; nothing is sent after *stop* (monotonic seconds).

        What may pass is asked again, up to three times in all, after the pause that the server wishes for.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            got, wish = self._attempt(messages, stop)
            pause = _FIRST_PAUSE * 2 ** (attempt - 1) if wish is None else wish
            passing = isinstance(got, Unavailable) and got.retryable
            if not passing or attempt == _ATTEMPTS or time.monotonic() + pause >= stop:
                break
            time.sleep(pause)
            if time.monotonic() >= stop:  # a busy machine sleeps longer than it was asked to
                break
        return got

    def _attempt(
        self, messages: Sequence[Mapping[str, str]], stop: float
    ) -> tuple[str | Malformed | Unavailable, float | None]:
        """Return what one request brings, and the pause in seconds that the server wishes for, if any."""
        import openai

        try:
            return self._text(self._stepping_down(messages, stop)), None
        except openai.APIStatusError as error:
            return _refused(error), _wished_pause(error.response.headers)
        except openai.APITimeoutError:
            return _LATE, None
        except openai.APIConnectionError:
            return Unavailable("the model server cannot be reached", retryable=True), None
        except (openai.OpenAIError, ValueError, TypeError):
            return _NOT_SENT, None  # these errors quote the key or the URL

    def _stepping_down(self, messages: Sequence[Mapping[str, str]], stop: float) -> bytes:
        """Return the body of the answer, asked for in the best format that the server does not refuse."""
        import openai

        shape = self._shape
        while True:
            try:
                body = self._post(messages, shape, stop)
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                plainer = shape.plainer(error.param)
                if plainer is None or time.monotonic() >= stop:
                    raise
                shape = plainer
            else:
                # kept only where it helped: a phrase that is refused in every format says nothing about formats
                self._shape = shape
                return body

    def _post(self, messages: Sequence[Mapping[str, str]], shape: _Shape, stop: float) -> bytes:
        left = max(0.05, min(self._settings.read_timeout, stop - time.monotonic()))
        client: Any = self._client().with_options(timeout=left)
        with self._lock:
            self.usage = replace(self.usage, requests=self.usage.requests + 1)
        ask = client.chat.completions.with_streaming_response.create
        with ask(model=self._settings.model, messages=messages, **shape.parameters()) as response:
            return _body(response, stop)

    def _client(self) -> openai.OpenAI:
        import openai

        with self._lock:
            if self._made is None:
                # a redirect could carry the key to another host
                transport = openai.DefaultHttpxClient(follow_redirects=False)
                key, url = self._settings.key, self._settings.base_url
                try:
                    self._made = openai.OpenAI(api_key=key, base_url=url, max_retries=0, http_client=transport)
                except Exception as error:  # what a bad URL raises is the transport's, and differs by version
                    raise openai.OpenAIError("the client cannot be made") from error
            return self._made

    def _text(self, body: bytes) -> str | Malformed | Unavailable:
        try:
            document = json.loads(body)
            choice = document["choices"][0]
            message, finish = choice["message"], choice.get("finish_reason")
            content, refusal = message.get("content"), message.get("refusal")
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError):
            return _NO_CHAT
        self._count(document.get("usage"))
        if finish in ("length", "content_filter"):
            return Malformed(f"the answer was cut off ({finish})")
        if refusal:
            return Malformed("the model refused to answer")
        return content if isinstance(content, str) else Malformed("the answer has no text")

    def _count(self, usage: object) -> None:
        if not isinstance(usage, Mapping):
            return
        prompt, completion = (
            n if isinstance(n := usage.get(name), int) else 0 for name in ("prompt_tokens", "completion_tokens")
        )
        with self._lock:
            old = self.usage
            self.usage = Usage(old.requests, old.prompt_tokens + prompt, old.completion_tokens + completion)


def _body(response: Any, stop: float) -> bytes:
    """Return the body of *response*, which has to end by *stop* and to be of a sane size."""
    import openai

    body = bytearray()
    request = response.http_request
    try:
        for piece in response.iter_bytes():
            body += piece
            if len(body) > _MOST_BYTES:
                return b""
            if time.monotonic() >= stop:
                raise openai.APITimeoutError(request)
    except openai.APIError:
        raise
    except Exception as error:  # while a body is read the transport's own exceptions arrive, which differ by version
        raise openai.APIConnectionError(request=request) from error
    return bytes(body)


def _refused(error: openai.APIStatusError) -> Unavailable:
    status = error.status_code
    if "insufficient_quota" in (error.code, error.type):
        return Unavailable("the quota of OPENAI_API_KEY is used up", retryable=False, lasting=True)
    if 300 <= status < 400:
        told = f"the model server redirects ({status}), which is not followed: check OPENAI_BASE_URL"
        return Unavailable(told, retryable=False, lasting=True)
    advice = f": {_ADVICE[status]}" if status in _ADVICE else ""
    retryable = status in (408, 409, 429) or status >= 500
    return Unavailable(f"the model server answered {status}{advice}", retryable, lasting=status in _LASTING)


def _wished_pause(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `retry-after-ms` or `retry-after`, in seconds or as a date, asks to wait."""
    from datetime import UTC, datetime
    from email.utils import parsedate_to_datetime

    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        told = headers.get("retry-after", "")
        if told.strip().replace(".", "", 1).isdecimal():
            return float(told)
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
