"""Keys of other tools: the hint holds the line to write instead, and that line is accepted."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reconciler.declaration.foreign_keys import ALIASES
from reconciler.declaration.loading import load, load_sound
from reconciler.declaration.schema import load_schema
from reconciler.errors import InvalidInput, Problem

BASE = {"when": "every day at 9am", "run": "[echo, backup]"}
WITH_TASK = {"when": "every day at 9am", "task": "t"}
TASKS = "tasks: {t: {command: [x, '{a}']}, u: {command: [x]}}\n"


def written(lines: dict[str, str]) -> str:
    body = "".join(f"    {key}: {value}\n" for key, value in lines.items())
    return f"timezone: UTC\nschedules:\n  job:\n{body}{TASKS}"


def problems(tmp_path: Path, text: str) -> list[Problem]:
    folder = tmp_path / "schedules"
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(text)
    try:
        load(folder)
    except InvalidInput as error:
        return list(error.problems)
    return []


def hint_of(found: list[Problem], key: str) -> str:
    (problem,) = [one for one in found if one.message.startswith(f"unknown key `{key}:`")]
    return problem.hint or ""


def line_in(hint: str) -> str:
    match = re.match(r"write (?:for example )?`(.*?)`(?:;|$)", hint)
    assert match, hint
    return match[1]


TURNED = [
    ("schedule: 0 9 * * *", "when: 0 9 * * *"),
    ('cron: "0 9 * * *"', "when: 0 9 * * *"),
    ('cron: "* * * * *"', 'when: "* * * * *"'),
    ("schedule: [{cron: 0 9 * * *}]", "when: 0 9 * * *"),
    ("schedule: [{cron: 0 9 * * *}, {cron: 0 5 * * *}]", "when: [0 9 * * *, 0 5 * * *]"),
    ("at: 09:00", "when: every day at 09:00"),
    ("every: 5 minutes", "when: every 5 minutes"),
    ("every: day at 9am", "when: every day at 9am"),
    ("every: every hour", "when: every hour"),
    ("interval: 15m", "when: every 15m"),
    ("schedule_interval: '@daily'", 'when: "@daily"'),
    ("OnCalendar: Mon..Fri 09:00", "when: Mon..Fri 09:00"),
    ("command: pg_dump -Fc 'my db'", "run: [pg_dump, -Fc, my db]"),
    ("cmd: [a, '{b}']", 'run: [a, "{b}"]'),
    ("shell: a | b > c", 'run: [sh, -c, "a | b > c"]'),
    ("script: it's", 'run: [sh, -c, "it\'s"]'),
    ("exec: /bin/true", "run: [/bin/true]"),
    ("tz: Europe/Berlin", "timezone: Europe/Berlin"),
    ("time_zone: UTC", "timezone: UTC"),
    ("enabled: false", "paused: true"),
    ("enabled: 'yes'", "paused: false"),
    ("disabled: true", "paused: true"),
    ("suspend: false", "paused: false"),
    ("is_active: 0", "paused: true"),
    ("concurrencyPolicy: Forbid", "on_overlap: skip"),
    ("concurrencyPolicy: Replace", "on_overlap: replace"),
    ("concurrency: {group: x, cancel-in-progress: true}", "on_overlap: replace"),
    ("max_instances: 1", "on_overlap: skip"),
    ("max_instances: 3", "on_overlap: allow"),
    ("no_overlap: true", "on_overlap: skip"),
    ("allow_overlap: true", "on_overlap: allow"),
    ("coalesce: true", "catch_up: latest"),
    ("coalesce: false", "catch_up: all"),
    ("Persistent: true", "catch_up: latest"),
    ("catchup: false", "catch_up: skip"),
    ("catchup: true", "catch_up: all"),
    ("misfire_grace_time: 300", "grace: 300s"),
    ("startingDeadlineSeconds: 100", "grace: 100s"),
    ("team: [ops, data]", 'owner: "ops, data"'),
    ("team: 'a: b'", 'owner: "a: b"'),
    ("RandomizedDelaySec: 5min", "jitter: 5m"),
    ("RandomizedDelaySec: 30", "jitter: 30s"),
    ("holidays: DE-BY", "except: holidays:DE-BY"),
    ("skip: [2026-12-24, DE]", "except: [2026-12-24, holidays:DE]"),
    ("until: 2027-01-31", "end: 2027-01-31"),
    ("end_date: 2027-01-31T00:00:00Z", "end: 2027-01-31"),
    ("start_date: 2026-01-01", "start: 2026-01-01"),
    ("max_retries: 3", "retries: {attempts: 4}"),
    ("attempts: 3", "retries: {attempts: 3}"),
    ("backoffLimit: 0", "retries: {attempts: 1}"),
    ("retry_delay: 5 minutes", "retries: {backoff: 5m}"),
    ("timeout_minutes: 30", "timeout: 30m"),
    ("timeout-minutes: 30", "timeout: 30m"),
    ("activeDeadlineSeconds: 90", "timeout: 90s"),
    ("Timeout: 1h30m", "timeout: 1h30m"),
    ("onOverlap: queue", "on_overlap: queue"),
    ("Retries: {attempts: 3}", "retries: {attempts: 3}"),
    ("environment: {PGHOST: db, PGUSER: me}", "env: [PGHOST, PGUSER]"),
    ("environment: [PGHOST=db]", "env: [PGHOST]"),
    ("desc: nightly, really", 'description: "nightly, really"'),
    ("url: https://wiki.example.com/x", "runbook: https://wiki.example.com/x"),
    ("renamed_from: old", "moved: old"),
    ("critical: true", "protected: true"),
    ("successfulJobsHistoryLimit: 3", "history: {runs: 3}"),
    ("ttlSecondsAfterFinished: 600", "history: {age: 600s}"),
    ("args: [a, b c]", "run: [echo, backup, a, b c]"),
]


@pytest.mark.parametrize(("line", "instead"), TURNED, ids=[line for line, _ in TURNED])
def test_a_line_of_another_tool_is_turned_into_one_of_ours(line: str, instead: str, tmp_path: Path) -> None:
    key, _, value = line.partition(": ")
    found = problems(tmp_path, written({**BASE, key: value}))
    assert line_in(hint_of(found, key)) == instead
    ours, _, turned = instead.partition(": ")
    assert problems(tmp_path, written({**BASE, ours: turned})) == []


def test_values_of_a_task_are_turned_too(tmp_path: Path) -> None:
    for key in ("args", "kwargs", "params"):
        found = problems(tmp_path, written({**WITH_TASK, "with": "{a: 1}", key: "{a: b c}"}))
        assert line_in(hint_of(found, key)) == "with: {a: b c}"
    assert problems(tmp_path, written({**WITH_TASK, "with": "{a: b c}"})) == []


PLACES = {
    "schedule": "timezone: UTC\nschedules:\n  job: {{{}when: every day, run: [x]}}\n",
    "task": "tasks:\n  v: {{{}command: [x]}}\n",
    "defaults": "defaults: {{{}timeout: 5m}}\n",
    "retries": "defaults: {{retries: {{{}past_next: true}}}}\n",
    "history": "defaults: {{history: {{{}runs: 1}}}}\n",
    "dst": "defaults: {{dst: {{{}gap: skip}}}}\n",
    "policy": "policy: {{{}max_runs_per_day: 9000}}\n",
    "freeze": "freeze: {{{}when: on weekends, timezone: UTC}}\n",
    "expect": "timezone: UTC\nschedules: {{job: {{when: every day, run: [x], expect: {{{}never: [sat]}}}}}}\n",
    "file": "{}policy: {{max_runs_per_day: 9000}}\n",
}
VALUES = ["x", "5", "5m", "false", "2026-12-24", "DE", "{cron: 0 9 * * *}", "[a, b]", "first.skip", "''", "pkg.mod.f"]
KEYS = [
    (place, alias)
    for place, aliases in ALIASES.items()
    for alias in aliases
    if (place, alias) != ("task", "command")  # which is a key there
]


INSTEAD_OF = {"task": "run", "python": "command"}


def given(place: str, lines: dict[str, str]) -> str:
    """Return a file with *lines* at *place*, instead of what it has there of the same sense."""
    text = PLACES[place]
    for key in lines:
        for gone in (key, INSTEAD_OF.get(key, key)):
            text = re.sub(rf"(?<=[}} ]){gone}: (?:\[[^\]]*\]|[^,}}\n]+)(?:, )?", "", text)
    sign = "\n" if place == "file" else ", "
    return text.format("".join(f"{key}: {value}{sign}" for key, value in lines.items())).replace(", }", "}")


def test_every_place_has_a_sample() -> None:
    assert set(PLACES) == set(ALIASES)
    assert len(ALIASES["schedule"]) > 100


@pytest.mark.parametrize(("place", "alias"), KEYS, ids=[f"{place} {alias}" for place, alias in KEYS])
def test_whatever_the_value_the_line_in_the_hint_is_accepted(place: str, alias: str, tmp_path: Path) -> None:
    lines = set()
    for value in VALUES:
        hint = hint_of(problems(tmp_path, given(place, {alias: value})), alias)
        if hint.startswith("write "):
            lines.add(line_in(hint))
        else:
            assert " stands " in hint, hint
    for line in lines:
        key, _, value = line.partition(": ")
        if not value:
            assert key.removesuffix(":") in load_schema("schedules")["properties"], line
            continue
        text = written({**WITH_TASK, key: value}) if key == "with" else given(place, {key: value})
        left = problems(tmp_path, text)
        # names are the person's own: whether there is such a task, or a place for such a value, is not in the hint
        own = ("there is no task", "the task has no placeholder", "the task needs a value")
        assert [one for one in left if not one.message.startswith(own)] == []


@pytest.mark.parametrize(
    ("key", "says"),
    [
        ("tags", "no tags"), ("user", "user of the daemon"), ("alert", "nobody is told"), ("notify", "nobody is told"),
        ("workdir", "project's directory"), ("depends_on", "do not wait"), ("image", "processes"),
        ("name", "the key above it"), ("function", "under `tasks:`"), ("priority", "no priorities"),
    ],
)  # fmt: skip
def test_what_there_is_nothing_for_gets_an_honest_word(key: str, says: str, tmp_path: Path) -> None:
    assert says in hint_of(problems(tmp_path, written({**BASE, key: "x"})), key)


def test_a_key_at_the_wrong_place_is_told_where_it_stands(tmp_path: Path) -> None:
    assert "stands in a schedule" in hint_of(problems(tmp_path, "defaults: {paused: true}\n"), "paused")
    assert "stands in a schedule" in hint_of(problems(tmp_path, "defaults: {cron: 0 9 * * *}\n"), "cron")
    assert "stands in a schedule" in hint_of(problems(tmp_path, "timezone: UTC\nwhen: every day\n"), "when")
    assert "beside `schedules:`" in hint_of(problems(tmp_path, written({**BASE, "policy": "{}"})), "policy")


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("tiemout", "did you mean `timeout:`?"), ("wehn", "did you mean `when:`?"), ("rum", "did you mean `run:`?"),
        ("retrys", "did you mean `retries:`?"), ("ownr", "did you mean `owner:`?"),
        ("foo", "known here: when, timezone,"), ("xyz", "known here: "), ("alarm", "known here: "),
    ],
)  # fmt: skip
def test_a_misspelt_key_is_put_right_and_an_unlike_one_is_not_guessed(key: str, hint: str, tmp_path: Path) -> None:
    assert hint_of(problems(tmp_path, written({**BASE, key: "x"})), key).startswith(hint)


def test_a_hint_of_a_broken_schedule_leaves_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "schedules"
    folder.mkdir()
    (folder / "a.yaml").write_text(written({**BASE, "enabled": "false"}))
    _, wrong = load_sound(folder)
    assert [one.hint for one in wrong["job"]] == ["write `paused: true`"]
