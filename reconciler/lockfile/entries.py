"""Lock entries as JSON: the fields of the lockfile, in their order; also how the engine keeps them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, cast

from reconciler.durations import format_duration, parse_duration
from reconciler.lockfile.freezes import NAME, freeze_checksum
from reconciler.lockfile.unions import union_from_json, union_to_json
from reconciler.model import (
    CalendarInterval,
    CatchUp,
    DstPolicy,
    ElapsedInterval,
    Evidence,
    History,
    HolidayCalendar,
    Json,
    Limits,
    Lock,
    LockEntry,
    OnInterrupt,
    OnOverlap,
    Retries,
    Rule,
    RunSpec,
    Timing,
    digest,
)
from reconciler.timing import check_zone
from reconciler.timing.fields import WEEKDAYS

_DEFAULT_RUN = RunSpec()
_NO_LIMITS = Limits()
_HOLIDAYS = "holidays:"


def entry_to_json(entry: LockEntry) -> dict[str, Json]:
    """Return *entry* as the fields of the lockfile, in their order, without id and checksum."""
    timing = entry.timing
    shown: dict[str, Json] = {
        "when": list(entry.when),
        "means": entry.means,
        "timezone": timing.timezone,
        "timezone_from": "phrase" if entry.timezone_from_phrase else None,
        **rule_to_json(timing),
        "dst": None if timing.dst == DstPolicy() else dst_to_json(timing.dst),
        **limits_to_json(timing),
        "holidays": [year for calendar in timing.calendars for year in _years(calendar)],
        "declared": _limits_to_json(entry.declared),
        "evidence": entry.evidence.value,
        "assumptions": list(entry.assumptions),
        "conventions": dict(entry.conventions),
        "compiled_by": entry.compiled_by,
        "paused": entry.paused or None,
        "paused_until": f"{entry.paused_until:%Y-%m-%d %H:%M}" if entry.paused_until else None,
        "protected": entry.protected or None,
        "moved": entry.moved,
        "description": entry.description,
        "owner": entry.owner,
        "runbook": entry.runbook,
        "run": run_to_json(entry.run),
        "source": entry.source,
    }
    return {key: value for key, value in shown.items() if value not in (None, [], {})}


def dst_to_json(dst: DstPolicy) -> dict[str, Json]:
    """Return *dst* as `{"gap": "after", "overlap": "first"}`."""
    return {"gap": dst.gap, "overlap": dst.overlap}


def limits_to_json(timing: Timing) -> dict[str, Json]:
    """Return the `start` and `end` of *timing*, None where it has none, and what it is not due on as `except`."""
    return {
        "start": _date_text(timing.start),
        "end": _date_text(timing.end),
        "except": _except_texts(timing.exclude, (calendar.code for calendar in timing.calendars)),
    }


def _except_texts(exclude: Iterable[date], codes: Iterable[str]) -> list[Json]:
    return [*(day.isoformat() for day in exclude), *(_HOLIDAYS + code for code in codes)]


def _years(calendar: HolidayCalendar) -> Iterator[Json]:
    """Yield what is known of *calendar*, a year at a time."""
    for year, days in groupby(calendar.days, key=lambda one: one[0].year):
        yield {"calendar": calendar.code, "year": year, "days": {f"{day:%m-%d}": name for day, name in days}}


def _limits_to_json(limits: Limits) -> dict[str, Json]:
    if limits == _NO_LIMITS:
        return {}
    shown: dict[str, Json] = {
        "start": _date_text(limits.start),
        "end": _date_text(limits.end),
        "except": _except_texts(limits.exclude, limits.calendars),
    }
    return {key: value for key, value in shown.items() if value}


def rule_to_json(timing: Timing) -> dict[str, Json]:
    """Return the rule of *timing* by the keys of all rules: `cron`, `month_days` and `interval`; others are empty."""
    union = timing.rule if isinstance(timing.rule, tuple) else ()
    return {**union_to_json(union), "interval": _interval_to_json(timing.rule)}


def _interval_to_json(rule: Rule) -> dict[str, Json] | None:
    match rule:
        case CalendarInterval():
            on: dict[str, Json] = {"on": [WEEKDAYS[day] for day in rule.weekdays]} if rule.weekdays else {}
            at = [_clock_text(clock) for clock in rule.times]
            return {rule.unit: rule.every, **on, "at": at, "anchor": rule.anchor.isoformat()}
        case ElapsedInterval():
            return {"elapsed": format_duration(rule.every), "anchor": instant_text(rule.anchor)}
        case _:
            return None


def _clock_text(clock: time) -> str:
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


def instant_text(instant: datetime) -> str:
    """Return *instant* in UTC as `2026-01-05T08:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_to_json(run: RunSpec) -> dict[str, Json]:
    """Return *run* with everything left out that has the default of lockfile version 1."""
    shown: dict[str, Json] = {
        "command": list(run.command),
        "python": run.python,
        "with": dict(run.arguments),
        "env": list(run.env),
        "secrets": list(run.secrets),
        "timeout": None if run.timeout is None else format_duration(run.timeout),
    }
    if run.retries != _DEFAULT_RUN.retries:
        past_next: dict[str, Json] = {"past_next": True} if run.retries.past_next else {}
        shown["retries"] = {
            "attempts": run.retries.attempts,
            "backoff": format_duration(run.retries.backoff),
            **past_next,
        }
    for key in ("on_overlap", "on_interrupt", "catch_up"):
        if getattr(run, key) != getattr(_DEFAULT_RUN, key):
            shown[key] = getattr(run, key).value
    for key in ("grace", "jitter"):
        if getattr(run, key) != getattr(_DEFAULT_RUN, key):
            shown[key] = format_duration(getattr(run, key))
    if run.history != _DEFAULT_RUN.history:
        shown["history"] = {"runs": run.history.runs, "age": format_duration(run.history.age)}
    return {key: value for key, value in shown.items() if value not in (None, [], {})}


def entry_from_json(id: str, value: Mapping[str, Any]) -> LockEntry:
    """Return the entry that `entry_to_json` wrote as *value*; raise ValueError, KeyError or TypeError for others."""
    dst = value.get("dst", {})
    exclude, codes = _except_from_texts(value.get("except", ()))
    return LockEntry(
        id=id,
        when=tuple(value["when"]),
        means=value["means"],
        timing=Timing(
            timezone=check_zone(value["timezone"]),
            rule=_rule_from_json(value),
            dst=DstPolicy(dst.get("gap", "after"), dst.get("overlap", "first")),
            start=_date(value.get("start")),
            end=_date(value.get("end")),
            exclude=exclude,
            calendars=_calendars_from_json(codes, value.get("holidays", ())),
        ),
        evidence=Evidence(value["evidence"]),
        compiled_by=value["compiled_by"],
        run=_run_from_json(value["run"]),
        source=value["source"],
        timezone_from_phrase=value.get("timezone_from") == "phrase",
        assumptions=tuple(value.get("assumptions", ())),
        conventions=tuple(value.get("conventions", {}).items()),
        declared=_limits_from_json(value.get("declared", {})),
        description=value.get("description"),
        owner=value.get("owner"),
        runbook=value.get("runbook"),
        paused=value.get("paused", False),
        paused_until=_wall(value.get("paused_until")),
        protected=value.get("protected", False),
        moved=value.get("moved"),
    )


def _except_from_texts(texts: Sequence[str]) -> tuple[tuple[date, ...], tuple[str, ...]]:
    """Return the dates and the codes of the calendars."""
    codes = tuple(text.removeprefix(_HOLIDAYS) for text in texts if text.startswith(_HOLIDAYS))
    return tuple(date.fromisoformat(text) for text in texts if not text.startswith(_HOLIDAYS)), codes


def _calendars_from_json(codes: Sequence[str], years: Sequence[Mapping[str, Any]]) -> tuple[HolidayCalendar, ...]:
    if not codes and not years:
        return ()
    found: dict[str, list[tuple[date, str]]] = {code: [] for code in codes}
    for year in years:
        days = year["days"].items()
        found[year["calendar"]] += [(date.fromisoformat(f"{year['year']:04}-{day}"), name) for day, name in days]
    return tuple(HolidayCalendar(code, tuple(days)) for code, days in found.items())


def _limits_from_json(value: Mapping[str, Any]) -> Limits:
    if not value:
        return _NO_LIMITS
    exclude, codes = _except_from_texts(value.get("except", ()))
    return Limits(_date(value.get("start")), _date(value.get("end")), exclude, codes)


def _date_text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _wall(text: str | None) -> datetime | None:
    return None if text is None else datetime.strptime(text, "%Y-%m-%d %H:%M")  # noqa: DTZ007 -- a wall time


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _rule_from_json(value: Mapping[str, Any]) -> Rule:
    interval = value.get("interval")
    if interval is None:
        return union_from_json(value)
    if "elapsed" in interval:
        every = parse_duration(interval["elapsed"])
        if every < timedelta(seconds=1):
            raise ValueError("an interval of less than a second")
        return ElapsedInterval(every, datetime.fromisoformat(interval["anchor"]))
    (unit,) = interval.keys() & {"days", "weeks", "months"}
    if interval[unit] < 1 or not interval["at"]:
        raise ValueError("an interval without a length or without a time of day")
    return CalendarInterval(
        unit=unit,
        every=interval[unit],
        anchor=date.fromisoformat(interval["anchor"]),
        times=tuple(time.fromisoformat(clock) for clock in interval["at"]),
        weekdays=tuple(WEEKDAYS.index(day) for day in interval.get("on", ())),
    )


def _run_from_json(value: Mapping[str, Any]) -> RunSpec:
    retries, history = value.get("retries"), value.get("history")
    return RunSpec(
        command=tuple(value.get("command", ())),
        python=value.get("python"),
        arguments=tuple(value.get("with", {}).items()),
        env=tuple(value.get("env", ())),
        secrets=tuple(value.get("secrets", ())),
        timeout=_duration(value, "timeout", None),
        retries=_retries(retries) if retries else _DEFAULT_RUN.retries,
        on_overlap=OnOverlap(value.get("on_overlap", _DEFAULT_RUN.on_overlap)),
        catch_up=CatchUp(value.get("catch_up", _DEFAULT_RUN.catch_up)),
        grace=cast(timedelta, _duration(value, "grace", _DEFAULT_RUN.grace)),
        jitter=cast(timedelta, _duration(value, "jitter", _DEFAULT_RUN.jitter)),
        on_interrupt=OnInterrupt(value.get("on_interrupt", _DEFAULT_RUN.on_interrupt)),
        history=History(history["runs"], parse_duration(history["age"])) if history else _DEFAULT_RUN.history,
    )


def _retries(value: Mapping[str, Any]) -> Retries:
    return Retries(value["attempts"], parse_duration(value["backoff"]), value.get("past_next", False))


def _duration(value: Mapping[str, Any], key: str, default: timedelta | None) -> timedelta | None:
    return parse_duration(value[key]) if key in value else default


def checksum(entry: LockEntry) -> str:
    """Return the checksum of *entry*: over its id and every field the lockfile shows."""
    return fields_checksum(entry.id, entry_to_json(entry))


def fields_checksum(id: str, fields: Mapping[str, Json]) -> str:
    """Return the checksum of the entry *id* whose `entry_to_json` is *fields*."""
    return digest({"id": id, **fields})


def lock_digest(lock: Lock) -> str:
    """Return one digest for all that *lock* says."""
    freeze = {NAME: freeze_checksum(lock.freeze)} if lock.freeze else {}
    return digest({**freeze, **{id: checksum(entry) for id, entry in lock.entries.items()}})
