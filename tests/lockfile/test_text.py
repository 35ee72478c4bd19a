"""`loads` accepts what `dumps` writes and nothing else."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler.declaration.schema import load_schema
from reconciler.errors import LockInvalid
from reconciler.lockfile import VERSION, Reader, dumps, freeze_from_json, freeze_text, loads, lock_digest, salvage
from reconciler.lockfile.freezes import EVERY_MINUTE
from reconciler.model import (
    CalendarInterval,
    CatchUp,
    CronFields,
    DstPolicy,
    ElapsedInterval,
    Evidence,
    Freeze,
    History,
    HolidayCalendar,
    Limits,
    Lock,
    LockEntry,
    OnInterrupt,
    OnOverlap,
    Retries,
    RunSpec,
    Timing,
)
from reconciler.timing import cron_fields, month_days, rule_union
from tests.builders import entry, timing

# YAML's words, `y` among them, are no ids: the declaration refuses them
WORDS = {"y", "n", "on", "off", "no", "yes", "true", "false", "null"}
IDS = st.from_regex(r"[a-zA-Z][a-zA-Z0-9._-]{0,12}", fullmatch=True).filter(lambda id: id.lower() not in WORDS)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# JSON escapes what does not print beyond U+FFFF in two halves, YAML in one
YAML_TEXTS = st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0xFFFF), max_size=30)
TIMINGS = st.one_of(
    st.builds(
        lambda hour, minute, dow: timing(hour=str(hour), minute=str(minute), day_of_week=dow),
        st.integers(0, 23),
        st.integers(0, 59),
        st.sampled_from(["*", "mon", "mon-fri", "sat,sun"]),
    ),
    st.builds(
        lambda every, at, exclude: Timing(
            "UTC", CalendarInterval("weeks", every, date(2024, 1, 1), (at,), (1, 3)), exclude=exclude
        ),
        st.integers(1, 9),
        st.times().map(lambda t: t.replace(microsecond=0)),
        st.tuples(st.dates()),
    ),
    st.builds(
        lambda minutes, dst: Timing(
            "Asia/Tokyo", ElapsedInterval(timedelta(minutes=minutes), datetime(2024, 1, 1, tzinfo=UTC)), dst=dst
        ),
        st.integers(1, 10**5),
        st.builds(DstPolicy, st.sampled_from(["after", "skip"]), st.sampled_from(["first", "last", "both"])),
    ),
    st.builds(
        lambda days, name: Timing(
            "UTC",
            (cron_fields({"hour": "9"}),),
            calendars=(HolidayCalendar("DE-BY", tuple((day, name) for day in sorted(days))), HolidayCalendar("XNYS")),
        ),
        st.sets(st.dates(date(2026, 1, 1), date(2028, 12, 31)), min_size=1, max_size=8),
        TEXTS.filter(lambda text: len(text.encode("utf-16-le")) == 2 * len(text)),
    ),
    st.just(Timing("UTC", (cron_fields({"hour": "9"}), cron_fields({"hour": "17", "minute": "30"})))),
    st.builds(
        lambda positions, month, beside: Timing(
            "UTC", rule_union([*beside, month_days({"business_days": positions, "month": month, "hour": "9"})])
        ),
        st.sampled_from(["-1", "1,3,-2"]),
        st.sampled_from(["*", "jan,jul"]),
        st.sampled_from([(), (cron_fields({"day": "15", "hour": "9"}),)]),
    ),
)
COUNTED = Timing("UTC", (month_days({"business_days": "-1", "hour": "17"}),))


def entries(texts: st.SearchStrategy[str]) -> st.SearchStrategy[LockEntry]:
    runs = st.builds(
        RunSpec,
        command=st.lists(texts, min_size=1, max_size=3).map(tuple),
        env=st.lists(texts, max_size=2).map(tuple),
        secrets=st.sampled_from(((), ("TOKEN",), ("A", "B"))),
        timeout=st.none() | st.integers(1, 10**6).map(lambda s: timedelta(seconds=s)),
        retries=st.builds(
            Retries, st.integers(1, 9), st.integers(0, 999).map(lambda s: timedelta(seconds=s)), st.booleans()
        ),
        on_overlap=st.sampled_from(OnOverlap),
        catch_up=st.sampled_from(CatchUp),
        jitter=st.integers(0, 99).map(lambda s: timedelta(milliseconds=s)),
        on_interrupt=st.sampled_from(OnInterrupt),
        history=st.builds(History, st.integers(1, 10**6), st.integers(0, 999).map(lambda d: timedelta(days=d))),
    )
    return st.builds(
        LockEntry,
        id=IDS,
        when=st.lists(texts, min_size=1, max_size=3).map(tuple),
        means=texts,
        timing=TIMINGS,
        evidence=st.sampled_from(Evidence),
        compiled_by=texts,
        run=runs,
        source=texts,
        timezone_from_phrase=st.booleans(),
        assumptions=st.lists(texts, max_size=2).map(tuple),
        declared=st.builds(
            Limits,
            start=st.none() | st.dates(),
            end=st.none() | st.dates(),
            exclude=st.lists(st.dates(), max_size=2).map(tuple),
            calendars=st.lists(st.sampled_from(["DE-BY", "US"]), max_size=2, unique=True).map(tuple),
        ),
        description=st.none() | texts.filter(bool),
        paused=st.booleans(),
        paused_until=st.none() | st.datetimes(datetime(2000, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
        protected=st.booleans(),
    )


def freezes(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Freeze]:
    fields = st.sampled_from(
        [
            cron_fields({"day_of_week": "fri", "hour": "16-23", "minute": "*"}),
            cron_fields({"hour": "*", "minute": "0-29"}),
            month_days({"days": "-2", "hour": "*", "minute": "*"}),
        ]
    )
    return st.builds(
        Freeze,
        when=st.lists(texts, min_size=1, max_size=2).map(tuple),
        means=texts,
        timing=st.builds(
            Timing,
            timezone=st.sampled_from(["UTC", "Europe/Berlin"]),
            rule=st.lists(fields, min_size=1, max_size=2).map(rule_union),
            dst=st.just(EVERY_MINUTE),
            start=st.none() | st.dates(),
            end=st.none() | st.dates(),
            exclude=st.lists(st.dates(), max_size=2).map(tuple),
        ),
        source=texts,
        reason=st.none() | texts.filter(bool),
    )


def locks(texts: st.SearchStrategy[str]) -> st.SearchStrategy[Lock]:
    found = st.lists(entries(texts), max_size=4)
    both = st.tuples(found, st.none() | freezes(texts))
    return both.map(lambda pair: Lock({one.id: one for one in pair[0]}, pair[1]))


SCHEMA = Draft202012Validator(load_schema("lock"))
TWO = Lock({id: entry(id) for id in ("alpha", "beta")})


@given(locks(TEXTS))
def test_a_lock_survives_writing_and_reading(lock: Lock) -> None:
    reader = Reader()
    assert reader.loads(dumps(lock), file="f") == Lock(dict(sorted(lock.entries.items())), lock.freeze)
    assert reader.digest == lock_digest(lock)
    assert salvage(dumps(lock)).freeze == lock.freeze
    if lock.freeze is not None:
        assert freeze_from_json(json.loads(freeze_text(lock.freeze))) == lock.freeze
        assert lock_digest(lock) != lock_digest(replace(lock, freeze=None))


@settings(max_examples=30)  # PyYAML is slow
@given(locks(YAML_TEXTS))
def test_any_yaml_reader_sees_the_same_facts(lock: Lock) -> None:
    text = dumps(lock)
    document = yaml.safe_load(text)
    assert document.pop("version") in (1, 2)
    frozen = document.pop("change freeze", None)
    assert (frozen and tuple(frozen["when"])) == (lock.freeze and lock.freeze.when)
    assert {id: tuple(value["when"]) for id, value in document.items()} == {
        id: one.when for id, one in lock.entries.items()
    }


@settings(max_examples=30)
@given(locks(YAML_TEXTS))
def test_what_is_written_fits_the_published_schema(lock: Lock) -> None:
    text = dumps(lock)
    assert list(SCHEMA.iter_errors(yaml.safe_load(text))) == []


def test_the_version_is_what_a_reader_must_know_and_goes_back_with_the_entry_that_needed_it() -> None:
    old = dumps(TWO)
    new = dumps(Lock({**TWO.entries, "gamma": entry("gamma", timing=COUNTED)}))
    assert old.split("\n")[1] == "version: 1"
    assert new.split("\n")[1] == "version: 2"
    assert new.split("\n")[2 : len(old.split("\n")) - 1] == old.split("\n")[2:-1]  # no other entry changed a byte
    assert '\n  month_days:\n    - {"business_days": "-1", "hour": "17", "minute": "0"}\n' in new
    read = loads(new, file="f")
    assert dumps(Lock({id: one for id, one in read.entries.items() if id != "gamma"})) == old
    with pytest.raises(LockInvalid, match="version 1; what it holds is version 2"):
        loads(new.replace("version: 2", "version: 1"), file="f")
    assert salvage(new.replace("version: 2", "version: 1")) == read


def test_a_text_that_looks_like_the_new_field_does_not_raise_the_version() -> None:
    lock = Lock({"alpha": entry("alpha", description="\n  month_days:\n")})
    assert dumps(lock).split("\n")[1] == "version: 1"
    assert loads(dumps(lock), file="f") == lock


def test_a_freeze_on_days_counted_within_the_month_needs_the_version_too() -> None:
    rule = (month_days({"days": "-2", "hour": "*", "minute": "*"}),)
    freeze = Freeze(("x",), "all day", Timing("UTC", rule, EVERY_MINUTE), "a")
    assert dumps(Lock({}, freeze)).split("\n")[1] == "version: 2"
    assert loads(dumps(Lock({}, freeze)), file="f").freeze == freeze


@given(entries(TEXTS))
def test_nothing_unprintable_reaches_the_file(one: LockEntry) -> None:
    assert all(line.isprintable() for line in dumps(Lock({one.id: one})).split("\n"))


def test_a_file_cut_anywhere_but_between_entries_is_refused() -> None:
    text = dumps(TWO)
    whole = {text, text[: text.index("\nbeta:")], text[: text.index("\nalpha:")]}  # these are locks themselves
    for length in range(len(text)):
        if text[:length] not in whole:
            with pytest.raises(LockInvalid):
                loads(text[:length], file="f")


@given(st.data())
def test_changing_any_character_is_noticed(data: st.DataObject) -> None:
    text = dumps(TWO)
    at = data.draw(st.integers(text.index("version"), len(text) - 1))
    char = data.draw(st.characters(codec="utf-8", exclude_characters=text[at]))
    with pytest.raises(LockInvalid):
        loads(text[:at] + char + text[at + 1 :], file="f")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        pytest.param('"hour": "9"', '"hour": "10"', "does not match its checksum", id="another hour"),
        pytest.param('"hour": "9"', '"hour": 9', "damaged", id="a number for a string"),
        pytest.param("  evidence:", "  evidenze:", "'evidence' is missing", id="a field that vanished"),
        pytest.param('"Europe/Berlin"\n', '"Mars/Base"\n', "Mars/Base", id="a zone that does not exist"),
        pytest.param('"mon-fri"', '"mon wed"', "not understood", id="a field APScheduler would cut short"),
        pytest.param("\nbeta:", "\nalpha:", "checksum", id="an entry under another name"),
        pytest.param("version: 1", f"version: {VERSION + 1}", "upgrade", id="a newer format"),
        pytest.param("version: 1", "version: 2", "what it holds is version 1", id="a version that nothing needs"),
        pytest.param("version: 1", "version: 0", "version 0", id="an older format"),
        pytest.param("version: 1\n", "version: 1\n\nstray\n", "belongs to no entry", id="a stray line"),
        pytest.param("\n\nbeta", "\n<<<<<<< ours\n\nbeta", "merge conflict", id="conflict markers"),
        pytest.param("\n", "\r\n", "CRLF", id="Windows line ends"),
    ],
)
def test_what_dumps_would_not_write_is_refused_with_its_reason(old: str, new: str, says: str) -> None:
    text = dumps(TWO)
    assert old in text
    with pytest.raises(LockInvalid) as refused:
        loads(text.replace(old, new), file="schedules/schedules.lock")
    shown = " ".join(f"{problem} {problem.hint}" for problem in refused.value.problems)
    assert says in shown
    assert "schedules/schedules.lock:" in shown


def test_half_a_surrogate_pair_is_refused_and_no_defect_of_ours() -> None:
    text = dumps(Lock({"db-backup": entry()})).replace("every weekday at 9am", "every \\ud800 at 9am")
    with pytest.raises(LockInvalid, match="db-backup: the entry is damaged"):
        loads(text, file="schedules.lock")
    assert salvage(text).entries == {}


@pytest.mark.parametrize(
    "value",
    ["[" * 100_000, '{"a":' * 100_000, "1" * 100_000, "1e999999", "NaN", "{" * 10, '"\\u"', "null", "[]", "7"],
)
@pytest.mark.parametrize("field", ["run", "when", "means", "timezone", "cron", "evidence", "checksum", "stray"])
def test_whatever_json_may_hold_the_entry_is_refused_with_its_place(field: str, value: str) -> None:
    damaged = dumps(TWO).replace('  source: "schedules/databases.yaml"\n\n', f"  {field}: {value}\n\n", 1)
    assert damaged != dumps(TWO)
    with pytest.raises(LockInvalid) as refused:
        loads(damaged, file="schedules.lock")
    assert [str(problem).split(": ")[:2] for problem in refused.value.problems] == [["schedules.lock:4:1", "alpha"]]
    assert list(salvage(damaged).entries) == ["beta"]


def test_a_refusal_names_the_line_of_the_entry() -> None:
    text = dumps(TWO).replace('"hour": "9"', '"hour": "8"')
    with pytest.raises(LockInvalid) as refused:
        loads(text, file="f")
    lines = text.split("\n")
    assert [lines[p.origin.line - 1] for p in refused.value.problems if p.origin] == ["alpha:", "beta:"]


def test_salvage_keeps_every_entry_of_a_real_merge_conflict_that_both_sides_agree_on(tmp_path: Path) -> None:
    def git(*args: str) -> subprocess.CompletedProcess[str]:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
        return subprocess.run(["git", *identity, *args], cwd=tmp_path, capture_output=True, text=True, check=False)

    def commit(**hours: str) -> None:
        entries = {id: entry(id, timing=timing(hour=hours.get(id, "9"))) for id in ("a", "b", "c", "d")}
        (tmp_path / "schedules.lock").write_text(dumps(Lock(entries)))
        git("add", "."), git("commit", "-m", "x")

    git("init")
    commit()
    git("checkout", "-b", "theirs")
    commit(b="10")
    git("checkout", "main")
    commit(b="11")
    assert git("merge", "theirs").returncode == 1
    conflicted = (tmp_path / "schedules.lock").read_text()
    with pytest.raises(LockInvalid, match="merge conflict"):
        loads(conflicted, file="f")
    assert sorted(salvage(conflicted).entries) == ["a", "c", "d"]


def test_a_hunk_header_names_the_schedule() -> None:
    assert [line for line in dumps(TWO).split("\n") if line and not line.startswith((" ", "#"))] == [
        "version: 1",
        "alpha:",
        "beta:",
    ]


def test_values_are_json_on_one_line_each() -> None:
    for line in dumps(TWO).split("\n"):
        if line.startswith("    - "):
            json.loads(line[6:])
        elif line.startswith("  ") and line != "  cron:":
            json.loads(line.partition(": ")[2])


def test_fields_that_an_earlier_release_wrote_stay_as_they_were_reviewed() -> None:
    old = Timing(
        "UTC", (CronFields(day="1-7", day_of_week="mon", hour="9"), CronFields(hour="9"), CronFields(hour="17"))
    )
    text = dumps(Lock({"a": entry("a", timing=old)}))
    assert '{"day": "1-7", "day_of_week": "mon", "hour": "9", "minute": "0"}' in text
    assert loads(text, file="lock").entries["a"].timing == old
    assert dumps(loads(text, file="lock")) == text


def test_reading_again_gives_what_reading_afresh_does_and_keeps_the_entries_that_are_as_they_were() -> None:
    reader = Reader()
    first = Lock({id: entry(id) for id in ("a", "b", "c")})
    second = Lock({"a": entry("a", paused=True), "c": entry("c"), "d": entry("d")})
    before = reader.loads(dumps(first), file="x")
    assert before == first
    damaged = dumps(second).replace("paused: true", "paused: false")
    with pytest.raises(LockInvalid) as again:
        reader.loads(damaged, file="x")
    with pytest.raises(LockInvalid) as afresh:
        loads(damaged, file="x")
    assert str(again.value) == str(afresh.value)
    after = reader.loads(dumps(second), file="x")
    assert after == second
    assert after.entries["c"] is before.entries["c"]
    assert dumps(reader.loads(dumps(first), file="x")) == dumps(first)
