"""What earlier releases read in phrases that are asked back today, or are read otherwise.

Such entries stay as they are until somebody has them compiled anew. None of them is believed for its age: it has to be
one of the answers that its question shows, or what an earlier release is known to have read, or at least contradict
nothing that its phrases say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, product
from types import MappingProxyType
from unicodedata import normalize

from reconciler.compiler.facts import contradictions
from reconciler.compiler.grammar import read
from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.crontab import looks_like_crontab
from reconciler.compiler.grammar.dialects.items import BOUNDS, step_beyond
from reconciler.compiler.grammar.dialects.programs import CRONSIM_WITH_SECONDS, CRONTAB, timing_of
from reconciler.model import Conventions, CronFields, LockEntry, Question, Reading, Timing
from reconciler.timing import equal, rule_union
from reconciler.timing.positions import as_written_out

_SUNDAY_ASSUMED = "no weekday was given: Sunday, as in cron's @weekly"
_NO_TIME = "no time of day was given: 00:00"
_MOST_COMBINED = 64
"""How many combinations of answers to the phrases of a list are tried: two or three phrases are asked back at most."""
_OFFSET_WITH_MINUTES = re.compile(r"\b((?:utc|gmt) ?[+-] ?[0-9]{1,2}):([0-5][0-9])\b", re.IGNORECASE)
_AM = r"a\.?m\.?"
# of two halves of the day the last one counted, and an offset behind a time of day was another one
_REWRITTEN = (
    (re.compile(rf"(?<![a-z]){_AM} pm\b", re.IGNORECASE), " pm"),
    (re.compile(rf"\b(?:noon|midday) (?:{_AM}|midnight)(?![a-z])", re.IGNORECASE), "midnight"),
    (re.compile(r"(?<=[0-9mM]) ?\+([0-2][0-9]):?([0-5][0-9])(?![0-9:])"), r" and \1:\2"),
)


def conventions_of(entry: LockEntry, conventions: Conventions) -> Conventions:
    """Return the *conventions* by which the phrases of *entry* were read: a week once began on Sunday for `weekly`."""
    once = _SUNDAY_ASSUMED in entry.assumptions and "week" not in dict(entry.conventions)
    return replace(conventions, week="sun") if once else conventions


@dataclass(frozen=True, slots=True)
class Asked:
    """The *phrases* of a schedule and their *answers* today, of which one at least is a question.

    *timezone* and *conventions* are those by which they were read.
    """

    phrases: tuple[str, ...]
    answers: tuple[Reading | Question, ...]
    timezone: str | None
    conventions: Conventions

    def combinations(self) -> Iterator[list[Reading]]:
        """Yield what the phrases may have been taken for together: of each its reading, or one that is possible."""
        yield from map(list, islice(product(*self._possible()), _MOST_COMBINED))

    def _possible(self) -> Iterator[list[Reading]]:
        for phrase, answer in zip(self.phrases, self.answers, strict=True):
            if isinstance(answer, Reading):
                yield [answer]
            else:
                once = self._once_read(phrase)
                yield [*answer.readings, *([once] if once else [])]

    def nothing_contradicts(self, timing: Timing) -> bool:
        """Return whether *timing* does what the phrases say, as far as that is certain.

        Of several phrases it holds all due times of those whose meaning is known. A cron line says nothing but its
        fields, so that its meaning has to be.
        """
        known = [
            (self._once_read(phrase) or answer) if isinstance(answer, Question) else answer
            for phrase, answer in zip(self.phrases, self.answers, strict=True)
        ]
        parts = [one.timing for one in known if isinstance(one, Reading)]
        open_ = [phrase for phrase, one in zip(self.phrases, known, strict=True) if isinstance(one, Question)]
        if not open_ or any(map(_is_fields, open_)) or not all(_within(part, timing) for part in parts):
            return False
        return any(not contradictions(", ".join(said), one) for said, one in self._said(timing, open_, parts))

    def _said(
        self, timing: Timing, open_: Sequence[str], parts: Sequence[Timing]
    ) -> Iterator[tuple[Sequence[str], Timing]]:
        """Yield what phrases have to say, in each way in which they may be held against *timing*, or a part of it."""
        yield self.phrases, timing
        texts, minutes = zip(*map(_once_written, self.phrases), strict=True)
        back = _moved(timing, max(minutes), "0")
        if back is not None:
            yield texts, back
        rest = _without(parts, timing)
        if rest is not None:
            yield open_, rest

    def _once_read(self, phrase: str) -> Reading | None:
        """Return what an earlier release read in *phrase*, where it is known to have dropped or mixed up a part."""
        if _is_fields(phrase):
            return _once_fields(phrase, self.timezone) if self.timezone is not None else None
        if ";" in phrase:
            return self._once_divided(phrase)
        text, minute = _once_written(phrase)
        found = read(text, timezone=self.timezone, conventions=self.conventions) if text != phrase else None
        if not isinstance(found, Reading):
            return None
        hourly = minute != "0" and _NO_TIME in found.assumptions
        timing = _moved(found.timing, "0", minute, {"hour": "*"} if hourly else {})
        return Reading(timing) if timing is not None else None

    def _once_divided(self, phrase: str) -> Reading | None:
        """Return what the parts between the semicolons of *phrase* meant when each stood by itself, or None."""
        parts = [read(part, timezone=self.timezone, conventions=self.conventions) for part in phrase.split(";")]
        rules = [part.timing.rule for part in parts if isinstance(part, Reading)]
        first = parts[0]
        if (
            not isinstance(first, Reading)
            or len(rules) < len(parts)
            or not all(isinstance(one, tuple) for one in rules)
        ):
            return None
        members = [member for rule in rules if isinstance(rule, tuple) for member in rule]
        return Reading(replace(first.timing, rule=rule_union(members)))


def _is_fields(phrase: str) -> bool:
    """Return whether *phrase* is a cron line; a name behind `@` was read as English by earlier releases."""
    return looks_like_crontab(phrase) and not phrase.strip().startswith("@")


def _once_written(phrase: str) -> tuple[str, str]:
    """Return *phrase* without what an earlier release dropped, and the minute at which it put what is due on the hour.

    Digits in disguise counted by their values, `@` was `at`, and the minutes of `UTC+5:30` were those of the time of
    day, or without one those of every hour.
    """
    text = normalize("NFKC", phrase).strip().removeprefix("@")
    for said, read_as in _REWRITTEN:
        text = said.sub(read_as, text)
    offset = _OFFSET_WITH_MINUTES.search(text)
    if offset is None:
        return text, "0"
    return f"{text[: offset.start()]}{offset[1]}{text[offset.end() :]}", str(int(offset[2]))


def _within(part: Timing, whole: Timing) -> bool:
    """Return whether *whole* is due whenever *part* is; both are unions."""
    if not isinstance(part.rule, tuple) or not isinstance(whole.rule, tuple):
        return False
    more = replace(whole, rule=rule_union([*whole.rule, *part.rule]))
    return equal(as_written_out(more), as_written_out(whole))


def _without(parts: Sequence[Timing], whole: Timing) -> Timing | None:
    """Return *whole* without the members that are due in *parts* only; None if nothing is taken away, or left."""
    rule = whole.rule if isinstance(whole.rule, tuple) else ()
    rest = tuple(member for member in rule if not any(_within(replace(part, rule=(member,)), part) for part in parts))
    return replace(whole, rule=rest) if 0 < len(rest) < len(rule) else None


def _once_fields(line: str, timezone: str) -> Reading | None:
    """Return what the cron *line* meant when six fields had the seconds first and `?` was a star, or None."""
    words = line.lower().replace("?", "*").split()
    program = {len(one.fields): one for one in (CRONTAB, CRONSIM_WITH_SECONDS)}.get(len(words))
    if program is None:
        return None
    fields = [
        word if step_beyond(field, word) is None else str(BOUNDS[field][0])
        for field, word in zip(program.fields, words, strict=True)
    ]
    try:
        return Reading(timing_of(fields, program, timezone))
    except Refused:
        return None


def _moved(timing: Timing, minute: str, to: str, more: Mapping[str, str] = MappingProxyType({})) -> Timing | None:
    """Return *timing*, which is due at *minute* of its hours only, at minute *to*; None if it is due at others.

    Fields in *more* are changed with it.
    """
    if minute == to:
        return timing
    rule = timing.rule if isinstance(timing.rule, tuple) else ()
    members = [one for one in rule if isinstance(one, CronFields) and one.minute == minute]
    if not members or len(members) < len(rule):
        return None
    return replace(timing, rule=rule_union(replace(one, minute=to, **more) for one in members))
