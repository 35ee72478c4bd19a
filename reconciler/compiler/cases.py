"""A file of phrases with their meaning, as cases that readers are scored on.

`schemas/phrases.schema.json` says what a file may hold. Phrases are read with the default conventions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.compiler.grammar.clauses import Refused
from reconciler.compiler.grammar.crontab import read_cronsim
from reconciler.declaration.problems import schema_problems
from reconciler.declaration.schema import load_schema
from reconciler.declaration.sections import Wrong, child
from reconciler.declaration.typed import typed
from reconciler.declaration.validating import errors_of
from reconciler.declaration.yaml_nodes import Node, Sequence, parse_any
from reconciler.durations import parse_duration
from reconciler.errors import InvalidInput, Problem
from reconciler.model import (
    CalendarInterval,
    Conventions,
    ElapsedInterval,
    HolidayCalendar,
    Member,
    Origin,
    Rule,
    Timing,
)
from reconciler.scoring import Case
from reconciler.timing import FieldError, UnknownZone, check_zone, next_fire, rule_member, rule_union
from reconciler.timing.fields import WEEKDAYS

_RULES = ("expect", "cron", "interval")
_REFUSALS = ("refuse", "ambiguous")
_CALENDAR = ("unit", "every", "anchor", "times")
_OTHER = "other"
_COMPARED_FROM = datetime(2024, 1, 1, tzinfo=UTC)
_BEGIN = "begin with a line such as `- {phrase: every weekday at 9am, cron: 0 9 * * 1-5}`"


def load_cases(text: str, file: str, *, timezone: str) -> tuple[Case, ...]:
    """Return the cases of the YAML *text*; *timezone* is that of phrases that name none, an IANA key.

    Raises InvalidInput with every problem and its place in *file*.
    """
    root = parse_any(text, file)
    if root is None:
        raise InvalidInput("the file is empty", origin=Origin(file, 1, 1), hint=_BEGIN)
    value: Any = typed(root, load_schema("phrases"))
    problems = list(schema_problems(errors_of(value, "phrases"), root, file))
    cases: list[Case] = []
    if not problems:
        assert isinstance(root, Sequence)
        for row, node in zip(value, root.items, strict=True):
            try:
                cases.append(_case(row, _Place(file, node), timezone))
            except Wrong as wrong:
                problems.append(wrong.problem)
    if problems:
        raise InvalidInput(sorted(problems, key=_by_line))
    return tuple(cases)


def _by_line(problem: Problem) -> tuple[int, int]:
    return (problem.origin.line, problem.origin.column) if problem.origin else (0, 0)


class _Place:
    """Where a mapping of the file stands, and with it the values of its keys."""

    def __init__(self, file: str, node: Node) -> None:
        self.file = file
        self.node = node

    def of(self, key: str) -> Origin:
        """Return where the value of *key* is, or the mapping itself where it has no such key."""
        found = child(self.node, key)
        return Origin(self.file, found.line, found.column)

    @property
    def origin(self) -> Origin:
        """Return where the mapping is."""
        return Origin(self.file, self.node.line, self.node.column)

    def items(self, key: str) -> Iterator[_Place]:
        """Yield the places of the list under *key*."""
        found = child(self.node, key)
        assert isinstance(found, Sequence)
        return (_Place(self.file, item) for item in found.items)


def _case(row: Mapping[str, Any], place: _Place, timezone: str) -> Case:
    """Return the case of one row; raise Wrong where it says nothing certain."""
    means = [(row, place)] if _kinds(row) or "accept" not in row else []
    if "accept" in row:
        shared = {key: row[key] for key in ("timezone", "start", "end", "exclude", "holidays") if key in row}
        others = zip(row["accept"], place.items("accept"), strict=True)
        means += [(shared | other, at) for other, at in others]
    for meaning, at in means:
        _check_one_kind(meaning, at)
    return Case(
        row["phrase"],
        row.get("family", _OTHER),
        place.origin,
        tuple(_timing(meaning, at, timezone) for meaning, at in means if not _refusal(meaning)),
        refusable=any(_refusal(meaning) for meaning, _ in means),
        ambiguous=row.get("ambiguous", False),
    )


def _kinds(meaning: Mapping[str, Any]) -> list[str]:
    return [key for key in (*_RULES, *_REFUSALS) if meaning.get(key)]


def _refusal(meaning: Mapping[str, Any]) -> bool:
    return any(meaning.get(key) for key in _REFUSALS)


def _check_one_kind(meaning: Mapping[str, Any], place: _Place) -> None:
    kinds = _kinds(meaning)
    if not kinds:
        raise Wrong("the meaning is missing", place.origin, "add `cron:`, `expect:`, `interval:` or `refuse: true`")
    if len(kinds) > 1:
        hint = "keep one; further meanings that are right go under `accept:`"
        raise Wrong(f"both `{kinds[0]}:` and `{kinds[1]}:`", place.of(kinds[1]), hint)


def _timing(meaning: Mapping[str, Any], place: _Place, timezone: str) -> Timing:
    zone = meaning.get("timezone", timezone)
    try:
        check_zone(zone)
    except UnknownZone as error:
        raise Wrong(str(error), place.of("timezone"), error.hint) from None
    interval = meaning.get("interval", {})
    inside = _Place(place.file, child(place.node, "interval"))
    start = _date(interval, "start", inside) or _date(meaning, "start", place)
    excluded = [_day(text, place.of("exclude")) for text in meaning.get("exclude", ())]
    rule = _interval(interval, inside, zone) if interval else _union(meaning, place, zone)
    timing = Timing(
        zone,
        rule,
        start=start,
        end=_date(meaning, "end", place),
        exclude=tuple(sorted(excluded)),
        calendars=tuple(map(HolidayCalendar, meaning.get("holidays", ()))),
    )
    if next_fire(timing, _COMPARED_FROM) is None:  # two that are never due would be alike
        raise Wrong("what is meant is never due", place.origin, "readings are compared by due times from 2024 on")
    return timing


def _date(value: Mapping[str, Any], key: str, place: _Place) -> date | None:
    return _day(value[key], place.of(key)) if key in value else None


def _day(text: str, origin: Origin) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Wrong(f"there is no such date: {text}", origin, "write a date that exists") from None


def _union(meaning: Mapping[str, Any], place: _Place, zone: str) -> tuple[Member, ...]:
    """Return the union that `expect:` or `cron:` means."""
    try:
        if "expect" in meaning:
            return rule_union(rule_member(kwargs) for kwargs in meaning["expect"])
        lines = meaning["cron"] if isinstance(meaning["cron"], list) else [meaning["cron"]]
        return rule_union(_members(lines, zone))
    except FieldError as error:
        raise Wrong(str(error), place.of("expect"), error.hint) from None
    except Refused as refused:
        raise Wrong(refused.question.message, place.of("cron"), refused.question.hint) from None


def _members(lines: Iterable[str], zone: str) -> Iterator[Member]:
    for line in lines:
        rule = read_cronsim(line, timezone=zone).rule
        assert isinstance(rule, tuple)
        yield from rule


def _interval(value: Mapping[str, Any], place: _Place, zone: str) -> Rule:
    """Return the interval that *value* says, counted on the wall of *zone*."""
    _check_keys(value, place)
    if "elapsed" in value:
        anchor = _instant(value.get("anchor", Conventions().anchor.isoformat()), place.of("anchor"), zone)
        return ElapsedInterval(parse_duration(value["elapsed"]), anchor)
    anchor_day = _day(value["anchor"], place.of("anchor"))
    times = tuple(time.fromisoformat(clock) for clock in value["times"])
    weekdays = tuple(sorted(_weekday(day) for day in value.get("weekdays", ())))
    return CalendarInterval(value["unit"], value["every"], anchor_day, times, weekdays)


def _check_keys(value: Mapping[str, Any], place: _Place) -> None:
    needed, other = (("elapsed",), ("anchor", "start")) if "elapsed" in value else (_CALENDAR, ("weekdays", "start"))
    missing = next((key for key in needed if key not in value), None)
    if missing is not None:
        raise Wrong(f"the interval lacks `{missing}:`", place.origin, f"it needs {', '.join(needed)}, or `elapsed:`")
    extra = next((key for key in value if key not in (*needed, *other)), None)
    if extra is not None:
        raise Wrong(f"`{needed[0]}:` and `{extra}:` do not go together", place.of(extra), "keep one of the two")
    if "weekdays" in value and value["unit"] != "weeks":
        raise Wrong("`weekdays:` without `unit: weeks`", place.of("weekdays"), "leave them out, or count weeks")


def _instant(text: str, origin: Origin, zone: str) -> datetime:
    day = _day(text[:10], origin)
    clock = time.fromisoformat(text[11:]) if len(text) > 10 else time()
    return datetime.combine(day, clock, ZoneInfo(zone))


def _weekday(text: str) -> int:
    return WEEKDAYS.index(text) if text in WEEKDAYS else int(text)
