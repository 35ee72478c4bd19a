"""A directory becomes a declaration, or one error that holds every problem of every file."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from reconciler.declaration import load
from reconciler.declaration.schema import load_schema
from reconciler.errors import InvalidInput
from reconciler.model import (
    CatchUp,
    Conventions,
    Declaration,
    DstPolicy,
    History,
    OnInterrupt,
    OnOverlap,
    Origin,
    Retries,
    RunSpec,
    Schedule,
)

HEAD = "timezone: UTC\nschedules:\n"
JOB = "  a:\n    when: every day at 9am\n    run: [x]\n"


def declared(tmp_path: Path, *texts: str) -> Declaration:
    folder = tmp_path / "schedules"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    return load(folder, root=tmp_path)


def only(tmp_path: Path, *texts: str) -> Schedule:
    (schedule,) = declared(tmp_path, *texts).schedules
    return schedule


def problems(tmp_path: Path, *texts: str) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        declared(tmp_path, *texts)
    assert all(problem.hint for problem in caught.value.problems), "each problem says what to write instead"
    return [str(problem).removeprefix("schedules/") for problem in caught.value.problems]


def test_a_schedule_has_everything_resolved_into_it(tmp_path: Path) -> None:
    text = """\
timezone: Europe/Berlin
defaults: {timeout: 30m, retries: {attempts: 3, backoff: 2s}, history: {runs: 9}, dst: {gap: skip}, owner: ops}
schedules:
  dump:
    when: [every weekday at 9am, Sunday at noon]
    task: pg_dump
    with: {database: orders, level: 9}
    retries: {attempts: 5, past_next: true}
    on_interrupt: rerun
    history: {age: 30d}
    dst: {overlap: both}
    on_overlap: queue
    paused: true
    moved: old-dump
    expect: {fires: [2026-03-02 09:00], never: [sat, 2026-12-24]}
"""
    tasks = (
        "tasks:\n  pg_dump: {command: [pg_dump, '-Z{level}', '{database}', '{{}}'], env: [PGPASSFILE], timeout: 2h}\n"
    )
    schedule = only(tmp_path, text, tasks)
    assert schedule.run == RunSpec(
        command=("pg_dump", "-Z9", "orders", "{}"),
        env=("PGPASSFILE",),
        timeout=timedelta(hours=2),
        retries=Retries(5, timedelta(seconds=2), past_next=True),
        on_overlap=OnOverlap.QUEUE,
        catch_up=CatchUp.LATEST,
        on_interrupt=OnInterrupt.RERUN,
        history=History(9, timedelta(days=30)),
    )
    assert schedule.dst == DstPolicy("skip", "both")
    assert (schedule.owner, schedule.paused, schedule.moved) == ("ops", True, "old-dump")
    assert schedule.expect.fires == (datetime(2026, 3, 2, 9),)
    assert schedule.expect.never == ("sat", "2026-12-24")
    assert schedule.origin == Origin("schedules/0.yaml", 4, 3)
    assert schedule.phrase_origins == (Origin("schedules/0.yaml", 5, 12), Origin("schedules/0.yaml", 5, 34))


def test_what_nobody_sets_has_the_defaults_of_the_lockfile(tmp_path: Path) -> None:
    assert only(tmp_path, HEAD + JOB).run == RunSpec(command=("x",))


def test_secrets_are_inherited_like_env_and_a_name_in_both_is_a_secret(tmp_path: Path) -> None:
    tasks = "tasks:\n  t: {command: [x], env: [A, B], secrets: [TOKEN]}\n"
    (tmp_path / "other").mkdir()
    inherited = only(tmp_path / "other", HEAD + "  a: {when: every day at 9am, task: t}\n", tasks).run
    assert (inherited.env, inherited.secrets) == (("A", "B"), ("TOKEN",))
    schedule = "  a: {when: every day at 9am, task: t, env: [TOKEN, C], secrets: [B, TOKEN]}\n"
    own = only(tmp_path, HEAD + schedule, tasks).run
    assert (own.env, own.secrets) == (("C",), ("B", "TOKEN"))


def test_defaults_and_timezone_hold_for_their_own_file_only(tmp_path: Path) -> None:
    first = "timezone: UTC\ndefaults: {timeout: 1m}\nschedules: {}\n"
    schedule = only(tmp_path, first, "schedules:\n" + JOB)
    assert (schedule.timezone, schedule.run.timeout) == (None, None)


def test_schedules_are_sorted_by_id_whatever_the_files(tmp_path: Path) -> None:
    first, second = HEAD + JOB.replace("a:", "c:", 1), HEAD + JOB + JOB.replace("a:", "b:", 1)
    assert [schedule.id for schedule in declared(tmp_path, first, second).schedules] == ["a", "b", "c"]


def test_texts_stay_what_was_typed(tmp_path: Path) -> None:
    schedule = only(tmp_path, HEAD + "  a: {when: 09:00, run: [NO, 010, 1.50, true, 2026-01-01], owner: on}\n")
    assert (schedule.phrases, schedule.owner) == (("09:00",), "on")
    assert schedule.run.command == ("NO", "010", "1.50", "true", "2026-01-01")


def test_a_python_task_gets_its_values_as_texts(tmp_path: Path) -> None:
    tasks = "tasks:\n  report: {python: 'reports.daily:send'}\n"
    run = only(tmp_path, HEAD + "  a: {when: x, task: report, with: {to: ops, copies: 2}}\n", tasks).run
    assert (run.python, run.arguments, run.command) == ("reports.daily:send", (("copies", "2"), ("to", "ops")), ())


def test_conventions_are_read(tmp_path: Path) -> None:
    text = "conventions: {anchor: 2025-01-06, business_hours: 8:00-16:30, morning: 7:15}\n"
    expected = Conventions(date(2025, 1, 6), (time(8), time(16, 30)), time(7, 15))
    assert declared(tmp_path, text).conventions == expected


CASES = {
    "unknown key": (HEAD + JOB + "    tiemout: 5m\n", "0.yaml:6:5: unknown key `tiemout:` in schedules.a"),
    "no value": (HEAD + "  a:\n", "0.yaml:3:5: schedules.a is empty"),
    "null": (HEAD + JOB + "    owner: null\n", "0.yaml:6:12: schedules.a.owner is empty"),
    "no phrase": (HEAD + "  a:\n    run: [x]\n", "0.yaml:4:5: schedules.a lacks `when:`"),
    "both": (HEAD + JOB + "    task: t\ntasks: {t: {command: [x]}}\n", "schedules.a has both `run:` and `task:`"),
    "neither": (HEAD + "  a: {when: x}\n", "0.yaml:3:6: schedules.a does not say what to run"),
    "shell line": (HEAD + "  a: {when: x, run: echo hi}\n", "schedules.a.run must be a list, not `echo hi`"),
    "no program": (HEAD + "  a: {when: x, run: ['']}\n", "0.yaml:3:21: `run:` begins with an empty text"),
    "duration": (HEAD + JOB + "    grace: 30 min\n", "0.yaml:6:12: schedules.a.grace cannot be `30 min`"),
    "line end": (HEAD + JOB + '    grace: "30m\\n"\n', r"schedules.a.grace cannot be `30m\n`"),
    "zero": (HEAD + JOB + "    timeout: 0s\n", "0.yaml:6:14: `timeout:` is zero"),
    "endless": (HEAD + JOB + "    retries: {backoff: 999999999d}\n", "`backoff:` is longer than a year"),
    "no history": (HEAD + JOB + "    history: {age: 0s}\n", "0.yaml:6:20: `age:` is zero"),
    "all history": (HEAD + JOB + "    history: {age: 99999d}\n", "0.yaml:6:20: `age:` is longer than ten years"),
    "choice": (HEAD + JOB + "    on_overlap: skipp\n", "schedules.a.on_overlap cannot be `skipp`"),
    "yes": (HEAD + JOB + "    paused: yes\n", "schedules.a.paused must be true or false, not `yes`"),
    "octal": (HEAD + JOB + "    retries: {attempts: 010}\n", "attempts must be a whole number, not `010`"),
    "digits": (HEAD + JOB + f"    retries: {{attempts: {'9' * 5000}}}\n", "attempts must be a whole number, not `999"),
    "zone": (HEAD + JOB + "    timezone: Europe/Belin\n", "0.yaml:6:15: unknown timezone 'Europe/Belin'"),
    "zone path": ("timezone: ../../etc/passwd\n", "0.yaml:1:11: unknown timezone '../../etc/passwd'"),
    "long phrase": (HEAD + f"  a: {{when: {'x' * 10_000}, run: [x]}}\n", "has 10,000 characters; at most 500"),
    "bidi": (HEAD + '  a: {when: "every \\u202eday", run: [x]}\n', "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
    "zero width": (
        HEAD + '  a: {when: "every \\u200bday", run: [x]}\n',
        "0.yaml:3:13: an invisible character: ZERO WIDTH SPACE (U+200B)",
    ),
    "two lines": (HEAD + '  a: {when: "x\\ny", run: [x]}\n', "0.yaml:3:13: the phrase has a line break"),
    "blank": (HEAD + "  a: {when: '  ', run: [x]}\n", "0.yaml:3:13: the phrase is empty"),
    "no task": (HEAD + "  a: {when: x, task: dmp}\ntasks: {dump: {command: [x]}}\n", "there is no task 'dmp'"),
    "no with": (HEAD + "  a: {when: x, task: t}\ntasks: {t: {command: ['{db}']}}\n", "needs a value for {db}"),
    "odd with": (HEAD + "  a: {when: x, task: t, with: {b: 1}}\ntasks: {t: {command: [x]}}\n", "no placeholder {b}"),
    "with run": (HEAD + JOB + "    with: {a: b}\n", "0.yaml:4:5: schedules.a has `with:` but no `task:`"),
    "brace": ("tasks:\n  t: {command: [x, '{']}\n", "0.yaml:2:20: a lone brace in the command: '{'"),
    "module": ("tasks:\n  t: {python: send}\n", "0.yaml:2:15: tasks.t.python cannot be `send`"),
    "no date": (HEAD + JOB + "    expect: {fires: [2026-02-30 09:00]}\n", "no such date or time: 2026-02-30 09:00"),
    "hours": ("conventions: {business_hours: 17:00-9:00}\n", "business hours end before they begin"),
    "moved to itself": (HEAD + JOB + "    moved: a\n", "a cannot have moved from a, which is still here"),
}


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=CASES.keys())
def test_each_mistake_is_one_problem_with_its_place(text: str, expected: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, text)
    assert expected in found


@pytest.mark.parametrize("id", ["on", "NO", "y", "version", "null", "9a", "a b", "é", "a/b", "x" * 101, r'"a\n"'])
def test_ids_that_the_lockfile_could_not_hold_are_refused(id: str, tmp_path: Path) -> None:
    (found,) = problems(tmp_path, f"{HEAD}  {id}: {{when: x, run: [x]}}\n")
    assert found.startswith("0.yaml:3:3: ")
    assert "cannot be a name in schedules" in found


def test_one_id_in_two_files_names_both_places(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        declared(tmp_path, HEAD + JOB, HEAD + JOB)
    (problem,) = caught.value.problems
    assert str(problem) == "schedules/1.yaml:3:3: two schedules are called a"
    assert "schedules/0.yaml:3:3" in (problem.hint or "")


def test_conventions_in_two_files_are_refused(tmp_path: Path) -> None:
    assert problems(tmp_path, "conventions: {morning: 8:00}\n", "conventions: {morning: 9:00}\n") == [
        "1.yaml:1:14: conventions in a second file"
    ]


def test_all_problems_of_all_files_come_in_one_go(tmp_path: Path) -> None:
    first = (
        HEAD + "  a: {when: x, run: [x], foo: 1}\n  b: {when: x, task: nope}\n  c: {when: x, run: [x], timezone: No}\n"
    )
    assert [line.split(": ")[0] for line in problems(tmp_path, first, "tasks: 5\n")] == [
        "0.yaml:3:26",
        "0.yaml:4:22",
        "0.yaml:5:36",
        "1.yaml:1:8",
    ]


@pytest.mark.parametrize("broken", ["tasks: {t: {command: [x], bad: 1}}\n", "tasks: [\n"])
def test_a_task_in_a_file_that_is_wrong_is_not_reported_as_missing(broken: str, tmp_path: Path) -> None:
    found = problems(tmp_path, broken, HEAD + "  a: {when: x, task: t}\n")
    assert len(found) == 1
    assert "there is no task" not in found[0]


def test_no_problem_shows_the_words_of_the_validator(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        declared(tmp_path, *[text for text, _ in CASES.values()])
    shown = "\n".join(f"{problem} {problem.hint}" for problem in caught.value.problems)
    assert not any(words in shown for words in ("is not valid under", "does not match", "is a required", "[A-Za-z"))


@pytest.mark.parametrize("name", ["schedules", "lock", "phrases"])
def test_the_schemas_are_valid_and_explain_every_property(name: str) -> None:
    schema = load_schema(name)  # type: ignore[arg-type]
    Draft202012Validator.check_schema(schema)

    def unexplained(part: object, path: str) -> list[str]:
        if not isinstance(part, dict):
            return []
        found = [
            f"{path}.{key}"
            for key, value in part.get("properties", {}).items()
            if not (value.get("title") and value.get("description"))
        ]
        below = [
            *part.get("properties", {}).items(),
            ("*", part.get("additionalProperties")),
            ("[]", part.get("items")),
        ]
        return found + [line for key, value in below for line in unexplained(value, f"{path}.{key}")]

    assert unexplained(schema, name) == []


@pytest.mark.parametrize(
    ("text", "until"), [("2026-12-24", datetime(2026, 12, 24)), ("2026-12-24 09:30", datetime(2026, 12, 24, 9, 30))]
)
def test_a_pause_may_have_an_end(tmp_path: Path, text: str, until: datetime) -> None:
    schedule = only(tmp_path, f"{HEAD}{JOB}    paused_until: {text}\n    protected: true\n")
    assert (schedule.paused, schedule.paused_until, schedule.protected) == (True, until, True)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "    paused: false\n    paused_until: 2026-12-24\n",
            "0.yaml:7:19: it is said not to be paused, and until when",
        ),
        ("    paused_until: 2026-02-30\n", "0.yaml:6:19: there is no such date or time: 2026-02-30"),
        ("    paused_until: tomorrow\n", "0.yaml:6:19: "),
        ("    protected: 'yes'\n", "0.yaml:6:16: "),
    ],
)
def test_a_pause_that_cannot_be_meant_is_told_with_its_place(tmp_path: Path, lines: str, said: str) -> None:
    (problem,) = problems(tmp_path, f"{HEAD}{JOB}{lines}")
    assert problem.startswith(said)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "RECONCILE_GIT_TOKEN", "RECONCILE_WEBHOOK_SECRET"])
def test_no_schedule_gets_what_is_for_the_program_alone(tmp_path: Path, name: str) -> None:
    (problem,) = problems(tmp_path, f"{HEAD}{JOB}    env: [{name}]\n")
    assert problem.startswith(f"0.yaml:6:10: {name} is for reconcile alone and reaches no job")
