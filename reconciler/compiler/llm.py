"""The language model as a reader of phrases: one request a phrase, a typed outcome, a deadline."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from reconciler.compiler.answer import Answer, Malformed, Proposed, Unavailable, understand
from reconciler.compiler.chat import Chat, ModelSettings, Usage
from reconciler.compiler.prompting import (
    PROMPT,
    SECOND_PROMPT,
    conventions_for,
    messages_for,
    prompt_digest,
    repeats_instructions,
)
from reconciler.model import Conventions

__all__ = ["PROMPT", "SECOND_PROMPT", "ModelSettings", "Tally", "Translator", "Usage", "settings"]

_LONGEST_PHRASE = 500
_FAILURES = 3
_USUAL = Conventions()


@dataclass(frozen=True, slots=True)
class Tally:
    """How many phrases were put to the model, for how many no answer came, and the reason of the last of these."""

    phrases: int = 0
    unanswered: int = 0
    reason: str = ""


def settings(environ: Mapping[str, str]) -> ModelSettings | None:
    """Return the model that *environ* configures, or None."""
    model, key, base = (environ.get(n, "").strip() for n in ("RECONCILE_MODEL", "OPENAI_API_KEY", "OPENAI_BASE_URL"))
    if not model or not (key or base):
        return None
    return ModelSettings(model, key or "none", base or None)


class Translator:
    """Asks one model; may be shared by threads. *usage* counts everything it asked.

    A server that fails in a way that holds for every phrase, or three times in a row, is not asked
    again: from then on every answer is that failure. *tally* counts phrases, second samples aside.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self.name = settings.model
        self.prompt = prompt_digest()
        self.tally = Tally()
        self._silence: Unavailable | None = None
        self._settings = settings
        self._chat = Chat(settings)
        self._lock = threading.Lock()
        self._failures = 0

    @property
    def usage(self) -> Usage:
        """Return what was sent so far."""
        return self._chat.usage

    def deadline(self) -> float:
        """Return when (monotonic seconds) a phrase that is taken up now has to be answered."""
        return time.monotonic() + self._settings.deadline

    def ask(
        self,
        phrase: str,
        *,
        timezone: str | None,
        conventions: Conventions = _USUAL,
        prompt: str = PROMPT,
        stop: float | None = None,
    ) -> Answer:
        """Return what the model makes of *phrase* until *stop*, or within the deadline; never raises for what a
        server does.

        *timezone* is the declared IANA key. *prompt* is `PROMPT` or `SECOND_PROMPT`. Of *conventions* those are
        told, and belong to the reading, whose words the phrase uses.
        """
        if len(phrase) > _LONGEST_PHRASE:
            return Malformed(f"the phrase is longer than {_LONGEST_PHRASE} characters")
        answer: Answer | None = self._silence
        if answer is None:
            used = conventions_for(phrase, conventions)
            answer = self._within(stop or self.deadline(), phrase, timezone, used, prompt)
        with self._lock:
            self._note(answer)
            if prompt == PROMPT:
                self._count(answer)
        return answer

    def _note(self, answer: Answer) -> None:
        if not isinstance(answer, Unavailable):
            self._failures = 0
            return
        self._failures += 1
        if self._silence is None and (answer.lasting or self._failures >= _FAILURES):
            self._silence = answer

    def _count(self, answer: Answer) -> None:
        old = self.tally
        if isinstance(answer, Unavailable):
            self.tally = Tally(old.phrases + 1, old.unanswered + 1, answer.reason)
        else:
            self.tally = replace(old, phrases=old.phrases + 1)

    def _within(
        self, stop: float, phrase: str, timezone: str | None, conventions: dict[str, str], prompt: str
    ) -> Answer:
        # a server that drips headers outlives every read timeout, so the deadline is kept from outside
        asked: Future[Answer] = Future()

        def settle() -> None:
            try:
                asked.set_result(self._converse(phrase, timezone, conventions, prompt, stop))
            except Exception as error:  # a defect of ours belongs to the thread that asked
                asked.set_exception(error)

        threading.Thread(target=settle, daemon=True).start()
        try:
            return asked.result(max(0.0, stop - time.monotonic()))
        except TimeoutError:
            return Unavailable(f"no answer within {self._settings.deadline:g} s", retryable=True)

    def _converse(
        self, phrase: str, timezone: str | None, conventions: dict[str, str], prompt: str, stop: float
    ) -> Answer:
        """Ask, and where the answer is no schedule ask once more, saying why."""
        messages = messages_for(prompt, phrase, conventions)
        text = self._chat.complete(messages, stop)
        if not isinstance(text, str):
            return text
        answer = self._understood(text, phrase, timezone, conventions)
        if not isinstance(answer, Malformed) or time.monotonic() >= stop:
            return answer
        wrong = (
            f"That is not acceptable: {answer.reason}. Answer again with one JSON object, or say why not in `error`."
        )
        messages += [{"role": "assistant", "content": text[:2000]}, {"role": "user", "content": wrong}]
        again = self._chat.complete(messages, stop)
        return self._understood(again, phrase, timezone, conventions) if isinstance(again, str) else again

    def _understood(self, text: str, phrase: str, timezone: str | None, conventions: dict[str, str]) -> Answer:
        answer = understand(text, phrase=phrase, timezone=timezone, now=datetime.now(UTC), withheld=self._withheld)
        if not isinstance(answer, Proposed) or not conventions:
            return answer
        return replace(answer, reading=replace(answer.reading, conventions=tuple(conventions.items())))

    def _withheld(self, text: str) -> bool:
        """Return whether *text* tells what nobody should read: the key, or what the model was told."""
        return (len(self._settings.key) > 4 and self._settings.key in text) or repeats_instructions(text)
