"""What earlier releases read in phrases that are asked back today, or are read otherwise.

Such entries stay as they are until somebody has them compiled anew. None of them is believed for its age: it has to be
one of the answers that its question shows, or what an earlier release is known to have read, or at least contradict
nothing that its phrases say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice, product
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
_MOST_COMBINED = 64
"""How many combinations of answers to the phrases of a list are tried: two or three phrases are asked back at most."""
_OFFSET_WITH_MINUTES = re.compile(r"\b((?:utc|gmt) ?[+-] ?[0-9]{1,2}):([0-5][0-9])\b", re.IGNORECASE)
# of two halves of the day the last one counted
_TWO_HALVES = (
    (re.compile(r"\bam pm\b", re.IGNORECASE), "pm"),
    (re.compile(r"\b(?:noon|midday) am\b", re.IGNORECASE), "midnight"),
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

        Of several phrases it holds all due times of those that are read. A cron line says nothing but its fields: one
        that is asked back has to have a known answer.
        """
        read_today, open_ = list[Reading](), list[str]()
        for phrase, answer in zip(self.phrases, self.answers, strict=True):
            known = self._once_read(phrase) if looks_like_crontab(phrase) else None
            if isinstance(answer, Reading):
                read_today.append(answer)
            elif known is not None:
                read_today.append(known)
            else:
                open_.append(phrase)
        if not open_ or any(map(looks_like_crontab, open_)):
            return False
        whole = all(_within(one.timing, timing) for one in read_today)
        return whole and not contradictions(", ".join(self.phrases), timing)

    def _once_read(self, phrase: str) -> Reading | None:
        """Return what an earlier release read in *phrase*, where it is known to have dropped or mixed up a part."""
        fields = _once_fields(phrase, self.timezone) if self.timezone is not None else None
        if fields is not None:
            return fields
        text = normalize("NFKC", phrase).removeprefix("@")  # which was `at`: `@every 90m`
        for halves, last in _TWO_HALVES:
            text = halves.sub(last, text)
        offset = _OFFSET_WITH_MINUTES.search(text)
        if offset is not None:
            text = f"{text[: offset.start()]}{offset[1]}{text[offset.end() :]}"
        found = read(text, timezone=self.timezone, conventions=self.conventions) if text != phrase else None
        if not isinstance(found, Reading):
            return None
        return found if offset is None else _at_minute(found, int(offset[2]))


def _within(part: Timing, whole: Timing) -> bool:
    """Return whether *whole* is due whenever *part* is; both are unions."""
    if not isinstance(part.rule, tuple) or not isinstance(whole.rule, tuple):
        return False
    more = replace(whole, rule=rule_union([*whole.rule, *part.rule]))
    return equal(as_written_out(more), as_written_out(whole))


def _once_fields(line: str, timezone: str) -> Reading | None:
    """Return what the cron *line* meant when six fields had the seconds first and `?` was a star, or None."""
    words = line.lower().replace("?", "*").split() if looks_like_crontab(line) else []
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


def _at_minute(reading: Reading, minute: int) -> Reading | None:
    """Return *reading*, which is due on full hours, at *minute* of them, for which an offset's minutes were taken."""
    rule = reading.timing.rule
    if not isinstance(rule, tuple):
        return None
    hourly = [one for one in rule if isinstance(one, CronFields) and one.minute == "0"]
    if len(hourly) < len(rule):
        return None
    moved = rule_union(replace(one, minute=str(minute)) for one in hourly)
    return replace(reading, timing=replace(reading.timing, rule=moved))
