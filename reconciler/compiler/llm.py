"""The language model as a reader of phrases: one request a phrase, a typed outcome, a deadline."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from reconciler.compiler.answer import SCHEMA, Answer, Malformed, Unavailable, understand

if TYPE_CHECKING:
    from openai import OpenAI

PROMPT, SECOND_PROMPT = "prompt.md", "prompt_second.md"
_LONGEST_PHRASE = 500
_FORMATS: tuple[dict[str, Any] | None, ...] = (
    {"type": "json_schema", "json_schema": {"name": "schedule", "strict": True, "schema": SCHEMA}},
    {"type": "json_object"},
    None,
)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which model to ask and where; *deadline* and *read_timeout* are seconds. The key never shows in `repr`."""

    model: str
    key: str = field(repr=False)
    base_url: str | None = field(default=None, repr=False)
    deadline: float = 30.0
    read_timeout: float = 15.0


@dataclass(frozen=True, slots=True)
class Usage:
    """What was asked so far: requests that got an answer, and the tokens the server counted."""

    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __str__(self) -> str:
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'}"
        return f"{calls}, {self.prompt_tokens:,} tokens in, {self.completion_tokens:,} out"


@cache
def _prompt(name: str) -> str:
    return files("reconciler.compiler").joinpath(name).read_text(encoding="utf-8")


def settings(environ: Mapping[str, str]) -> ModelSettings | None:
    """Return the model that *environ* configures, or None."""
    model, key, base = (environ.get(n, "").strip() for n in ("RECONCILE_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"))
    if not model or not (key or base):
        return None
    return ModelSettings(model, key or "none", base or None)


class Translator:
    """Asks one model; may be shared by threads. *usage* counts everything it asked."""

    def __init__(self, settings: ModelSettings) -> None:
        self.name = settings.model
        self.usage = Usage()
        self._settings = settings
        self._format = 0
        self._lock = threading.Lock()
        self._made: OpenAI | None = None

    def ask(self, phrase: str, *, timezone: str | None, prompt: str = PROMPT) -> Answer:
        """Return what the model makes of *phrase* within the deadline; never raises for what a server does.

        *timezone* is the declared IANA key. *prompt* is `PROMPT` or `SECOND_PROMPT`.
        """
        if len(phrase) > _LONGEST_PHRASE:
            return Malformed(f"the phrase is longer than {_LONGEST_PHRASE} characters")
        # a server that drips bytes outlives every read timeout, so the deadline is kept from outside
        stop = time.monotonic() + self._settings.deadline
        asked: Future[Answer] = Future()
        threading.Thread(target=self._settle, args=(asked, phrase, timezone, prompt, stop), daemon=True).start()
        try:
            return asked.result(self._settings.deadline)
        except TimeoutError:
            return self._late()

    def ask_all(
        self,
        phrases: Sequence[tuple[str, str | None]],
        *,
        workers: int = 4,
        on_done: Callable[[int, int], None] | None = None,
    ) -> list[Answer]:
        """Return the answers to (phrase, timezone) pairs in input order; *on_done* is told how many of all are in."""
        with ThreadPoolExecutor(workers) as pool:
            asked = [pool.submit(self.ask, phrase, timezone=zone) for phrase, zone in phrases]
            try:
                for count, _ in enumerate(as_completed(asked), 1):
                    if on_done is not None:
                        on_done(count, len(asked))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [one.result() for one in asked]

    def _settle(self, asked: Future[Answer], phrase: str, timezone: str | None, prompt: str, stop: float) -> None:
        try:
            asked.set_result(self._converse(phrase, timezone, _prompt(prompt), stop))
        except Exception as error:  # a defect of ours belongs to the thread that asked
            asked.set_exception(error)

    def _late(self) -> Unavailable:
        return Unavailable(f"no answer within {self._settings.deadline:g} s", retryable=True)

    def _converse(self, phrase: str, timezone: str | None, prompt: str, stop: float) -> Answer:
        messages = [
            {"role": "system", "content": prompt},
            {"role": "user", "content": f"Phrase: {json.dumps(phrase)}"},
        ]
        answer, text = self._turn(messages, phrase, timezone, stop)
        if text is None or not isinstance(answer, Malformed) or time.monotonic() >= stop:
            return answer
        wrong = (
            f"That is not acceptable: {answer.reason}. Answer again with one JSON object, or say why not in `error`."
        )
        messages += [{"role": "assistant", "content": text[:2000]}, {"role": "user", "content": wrong}]
        return self._turn(messages, phrase, timezone, stop)[0]

    def _turn(
        self, messages: list[dict[str, str]], phrase: str, timezone: str | None, stop: float
    ) -> tuple[Answer, str | None]:
        import openai

        try:
            text = _content(self._create(messages, stop))
        except openai.APIStatusError as error:
            retryable = error.status_code in (408, 409, 429) or error.status_code >= 500
            return Unavailable(f"the model server answered {error.status_code}", retryable), None
        except openai.APITimeoutError:
            return Unavailable("the model server did not answer in time", retryable=True), None
        except openai.APIError:
            return Unavailable("the model server cannot be reached", retryable=True), None
        except openai.OpenAIError:
            return Unavailable("the model client cannot be set up: check OPENAI_BASE_URL", retryable=False), None
        except json.JSONDecodeError:
            return Malformed("the server's answer is not JSON"), None
        except (ValueError, AttributeError, TypeError, IndexError, RecursionError) as error:
            return Malformed(str(error) if type(error) is ValueError else "the server's answer has no message"), None
        return understand(text, phrase=phrase, timezone=timezone, now=datetime.now(UTC)), text

    def _create(self, messages: list[dict[str, str]], stop: float) -> Any:
        """Return the server's answer, stepping down to a plainer response format where it refuses one with 400."""
        import openai

        while True:
            tried = self._format
            shape = _FORMATS[tried]
            extra = {} if shape is None else {"response_format": shape}
            left = max(0.05, min(self._settings.read_timeout, stop - time.monotonic()))
            client: Any = self._client().with_options(timeout=left)
            try:
                got = client.chat.completions.create(model=self.name, messages=messages, temperature=0, **extra)
            except openai.BadRequestError:
                if shape is None or time.monotonic() >= stop:
                    raise
                self._format = max(self._format, tried + 1)
                continue
            self._count(got)
            return got

    def _client(self) -> OpenAI:
        import openai

        with self._lock:
            if self._made is None:
                # a redirect could carry the key to another host
                transport = openai.DefaultHttpxClient(follow_redirects=False)
                key, url = self._settings.key, self._settings.base_url
                try:
                    self._made = openai.OpenAI(api_key=key, base_url=url, max_retries=1, http_client=transport)
                except Exception as error:  # what a bad URL raises is the transport's, and differs by version
                    raise openai.OpenAIError("the client cannot be made") from error
            return self._made

    def _count(self, got: Any) -> None:
        usage = getattr(got, "usage", None)
        with self._lock:
            old = self.usage
            prompt = old.prompt_tokens + (getattr(usage, "prompt_tokens", None) or 0)
            completion = old.completion_tokens + (getattr(usage, "completion_tokens", None) or 0)
            self.usage = Usage(old.calls + 1, prompt, completion)


def _content(got: Any) -> str:
    """Return the text of a finished answer; raise ValueError, TypeError, AttributeError or IndexError otherwise."""
    choice = got.choices[0]
    if choice.finish_reason in ("length", "content_filter"):
        raise ValueError(f"the answer was cut off ({choice.finish_reason})")
    if choice.message.refusal:
        raise ValueError("the model refused to answer")
    text = choice.message.content
    if text is None:
        raise ValueError("the answer has no text")
    if not isinstance(text, str):
        raise TypeError
    return text
