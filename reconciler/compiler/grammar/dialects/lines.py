"""Lines of cron fields, and what surrounds them: a zone, a command, `cron(...)`, a sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.dialects.advice import Disputed, sentence, written
from reconciler.compiler.grammar.dialects.items import step_beyond
from reconciler.compiler.grammar.dialects.programs import CRONTAB, EVENTBRIDGE, candidates, settle
from reconciler.compiler.grammar.dialects.spread import is_spread, refuse_spread
from reconciler.model import Reading
from reconciler.timing import UnknownZone, check_zone

_NAMES = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?|sun(?:day)?|mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    "|sat(?:urday)?"
)
_FIELD = re.compile(rf"(?:[0-9*?,/#~-]|{_NAMES}|l|w)+", re.IGNORECASE)
_HASH = re.compile(r"H(?:\([0-9]{1,2}-[0-9]{1,2}\))?(?:/[0-9]{1,3})?", re.ASCII)
_FEWEST, _MOST = 5, 7
_FEWEST_STARS = 2  # in a line among words, where one star may be anything
_FIRST_NAMED = 3  # names stand in the month and the weekday field, never before
_ZONED = re.compile(r"(?:cron_)?tz\s*=\s*(\S+)\s+(\S.*)", re.IGNORECASE | re.DOTALL)
_WRAPPED = re.compile(r"cron\s*\(([^()]*)\)", re.IGNORECASE)
_DAY, _WEEKDAY = CRONTAB.fields.index("day"), CRONTAB.fields.index("weekday")
_SHORTEST_MONTH = 28
_AROUND = "\"'`“”,;:()[]"
_EXAMPLE = "five fields are minute, hour, day, month and weekday, such as `0 9 * * 1-5`"


def _is_field(word: str) -> bool:
    # a word that begins with `#` is a comment
    return not word.startswith("#") and bool(_FIELD.fullmatch(word) or _HASH.fullmatch(word))


def _leading(words: Sequence[str]) -> int:
    """Return how many of *words*, from the first one on, are cron fields."""
    return next((place for place, word in enumerate(words) if not _is_field(word)), len(words))


def _starred(words: Sequence[str]) -> bool:
    return any(sign in word for word in words for sign in "*?")


def is_line(text: str) -> bool:
    """Return whether *text* is cron fields, right or wrong, and with or without a command after them."""
    words = text.split()
    leading = _leading(words)
    if leading < _FEWEST or not all(word[0].isdigit() or word[0] in "*?H~" for word in words[:2]):
        return leading == len(words) and any("*" in word for word in words)
    if any(word.isalpha() and word not in ("L", "LW", "H") for word in words[:_FIRST_NAMED]):
        return False
    return _starred(words[:leading]) or is_spread(words[0]) or leading == len(words)


def read_line(text: str, zone: str) -> Reading:
    """Return what the cron line *text* means; raise Refused, or Disputed where programs disagree."""
    words = text.split()
    leading = _leading(words)
    if leading < len(words):
        raise _followed(words, min(leading, _MOST), zone)
    if leading < _FEWEST:
        raise _too_few(words, zone)
    if leading > _MOST:
        raise Refused(f"no program has {leading} cron fields", _EXAMPLE)
    return read_fields(words, zone)


def read_fields(words: Sequence[str], zone: str) -> Reading:
    """Return what five to seven cron fields mean; raise Refused, or Disputed where programs disagree."""
    if any(is_spread(word) for word in words):
        refuse_spread(words, lambda chosen: read_fields(chosen, zone))
    _check_steps(words, zone)
    reading = settle(words, candidates(words), zone)
    if len(words) == _FEWEST and any("?" in word for word in words):
        raise Refused("`?` is not crontab's", f"write `{' '.join(words).replace('?', '*')}`")
    return reading


def _check_steps(words: Sequence[str], zone: str) -> None:
    """Raise Refused for a step that is longer than its field in five fields: `*/90` minutes is every hour."""
    if len(words) != len(CRONTAB.fields):
        return
    for place, (field, word) in enumerate(zip(CRONTAB.fields, words, strict=True)):
        step = step_beyond(field, word)
        if step is not None:
            first = "1" if field in ("day", "month") else "0"
            once = [*words[:place], first, *words[place + 1 :]]
            meant = settle(once, candidates(once), zone)
            raise Refused(
                f"`{word}` in the {field} field does not mean every {step} {field}s: "
                f"crontab starts again before, which leaves {field} {first} alone",
                f"write {_every(field, step, words)}`{' '.join(once)}` if that is what you want "
                f"({sentence(meant.timing)})",
            )


def _every(field: str, step: int, words: Sequence[str]) -> str:
    """Return the sentence for an interval that the field is too short for, where the other fields allow it."""
    minute, hour, day, month, weekday = (
        word if field != name else "" for name, word in zip(CRONTAB.fields, words, strict=True)
    )
    clock = f"{int(hour):02}:{int(minute):02}" if minute.isdigit() and hour.isdigit() else None
    said = None
    if (field, hour, day, month, weekday) == ("minute", "*", "*", "*", "*"):
        said = f"every {step} minutes"
    elif (field, minute, day, month, weekday) == ("hour", "0", "*", "*", "*"):
        said = f"every {step} hours"
    elif (field, month, weekday) == ("day", "*", "*") and clock:
        said = f"every {step} days at {clock}"
    elif (field, weekday) == ("month", "*") and clock and day.isdigit() and 1 <= int(day) <= _SHORTEST_MONTH:
        said = f"every {step} months on day {int(day)} at {clock}"
    return f"`{said}`, or " if said else ""


def _followed(words: Sequence[str], leading: int, zone: str) -> Refused:
    """Return the refusal of fields with something after them: a zone, a user, a command, a comment."""
    line, rest = " ".join(words[:leading]), " ".join(words[leading:])
    if len(words) == leading + 1 and _is_zone(rest):
        return _with_zone(line, rest)
    read_line(line, zone)
    if rest.startswith("#"):
        return Refused("a comment stands after the fields", f"write `{line}`, and the comment in `description:`")
    return Refused(
        f"{rest[:40]!r} stands after the fields, as in a crontab file",
        f"write `{line}` in `when:`, and the command in `run:`",
    )


def _is_zone(name: str) -> bool:
    try:
        check_zone(name)
    except UnknownZone:
        return False
    return True


def _too_few(words: Sequence[str], zone: str) -> Refused:
    """Return the refusal of less than five fields, with the lines that one more star would make of four."""
    message = f"`{' '.join(words)}` has {len(words)} of the five fields of a crontab line"
    if len(words) != _FEWEST - 1:
        return Refused(message, "the fields are minute, hour, day, month and weekday, such as `*/5 * * * *`")
    found = dict[str, Reading]()
    for place in (4, 3, 2):
        line = [*words[:place], "*", *words[place:]]
        try:
            found.setdefault(" ".join(line), read_fields(line, zone))
        except Refused:
            continue
    if not found:
        return Refused(message, _EXAMPLE)
    return _choice(message, found)


def _choice(message: str, found: dict[str, Reading]) -> Refused:
    lines = [f"`{line}`" for line in found]
    if len(lines) == 1:
        return Refused(message, f"write {lines[0]} if that is what you want")
    return Disputed(message, f"write {', '.join(lines[:-1])} or {lines[-1]}", tuple(found.values()))


# ---------------------------------------------------------------- with a zone, in brackets, in a sentence


def is_zoned(text: str) -> bool:
    """Return whether *text* begins with `CRON_TZ=` or `TZ=`."""
    return bool(_ZONED.fullmatch(text))


def read_zoned(text: str, _zone: str) -> Reading:
    """Raise Refused for a line with a zone in front: the zone is a key of the schedule."""
    match = _ZONED.fullmatch(text)
    assert match is not None
    raise _with_zone(match[2], match[1])


def _with_zone(line: str, name: str) -> Refused:
    try:
        zone = check_zone(name.strip("\"'"))
    except UnknownZone as error:
        return Refused(str(error), error.hint)
    read_any = read_line if is_line(line) else read_wrapped if is_wrapped(line) else None
    if read_any is None:
        return Refused("the zone of a schedule is a key of its own", f"write `timezone: {zone}`")
    meant = read_any(line, zone)
    return Refused(
        "the zone of a schedule is a key of its own",
        f"write `{sentence(meant.timing)}, {_spoken(zone)}`, or `{line}` beside `timezone: {zone}`",
    )


def _spoken(zone: str) -> str:
    return zone if "/" in zone or zone == "UTC" else f"zone {zone}"


def is_wrapped(text: str) -> bool:
    """Return whether *text* is `cron(...)`, as EventBridge has it."""
    return bool(_WRAPPED.fullmatch(text))


def read_wrapped(text: str, zone: str) -> Reading:
    """Return what `cron(...)` means to EventBridge, on the clock of *zone*."""
    match = _WRAPPED.fullmatch(text)
    assert match is not None
    words = match[1].split()
    if len(words) == _FEWEST:
        line = " ".join(words)
        read_fields(words, zone)
        raise Refused("EventBridge has six fields between the brackets, and these are five", f"write `{line}`")
    if len(words) != len(EVENTBRIDGE.fields):
        raise Refused(f"EventBridge has six fields between the brackets, not {len(words)}", _EXAMPLE)
    if not EVENTBRIDGE.fits([word.lower() for word in words]):
        raise _without_question_mark(words, zone)
    reading = settle(words, (EVENTBRIDGE,), zone)
    said = f"read as EventBridge's cron(...): Sunday is 1, and the clock is that of {zone}, not always UTC"
    return replace(reading, assumptions=(said,))


def _without_question_mark(words: Sequence[str], zone: str) -> Refused:
    """Return the refusal of fields that EventBridge does not take, with the `?` put where it belongs."""
    message = "EventBridge wants `?` in the day or in the weekday field, and in one of them only"
    place = next((place for place in (_WEEKDAY, _DAY) if words[place] == "*"), None)
    if place is None or "?" in words:
        return Refused(message, "write the days in words, such as `every Monday at 09:00`")
    mended = [*words[:place], "?", *words[place + 1 :]]
    meant = settle(mended, (EVENTBRIDGE,), zone)
    return Refused(message, f"write `{written(meant.timing)}` or `cron({' '.join(mended)})`")


def line_within(text: str) -> str | None:
    """Return the cron line that stands among other words in *text*, or None."""
    if text.count("*") < _FEWEST_STARS:
        return None
    words = [word.strip(_AROUND) for word in text.split()]
    for start, word in enumerate(words):
        if word and _is_field(word):
            size = _leading(words[start:])
            line = words[start : start + size]
            if _FEWEST <= size <= _MOST and line.count("*") >= _FEWEST_STARS and is_line(" ".join(line)):
                return " ".join(line)
    return None


def read_line_within(text: str, zone: str) -> Reading:
    """Raise Refused for a cron line among other words, with what the line means alone."""
    line = line_within(text)
    assert line is not None
    read_line(line, zone)
    raise Refused("a cron line stands among other words", f"write `{line}` alone")
