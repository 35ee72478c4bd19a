"""What is wrong with one schedule alone, and what is wrong with all that is declared."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.declaration.loading import load, load_conventions, load_policy, load_sound
from reconciler.errors import InvalidInput, Problem
from reconciler.model import Conventions, Declaration, InvalidSchedule, Policy

HEAD = "timezone: UTC\nschedules:\n"
GOOD = "  good:\n    when: every day at 9am\n    run: [x]\n"
BAD = "  bad:\n    when: every day at 9am\n    run: [x]\n"


def loaded(tmp_path: Path, *texts: str) -> tuple[Declaration, dict[str, list[Problem]]]:
    folder = tmp_path / "schedules"
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.yaml").write_text(text)
    return load_sound(folder, root=tmp_path)


OWN = {
    "zone": BAD + "    timezone: Europe/Berln\n",
    "key": BAD + "    tiemout: 5m\n",
    "duration": BAD + "    timeout: soon\n",
    "duration below": BAD + "    retries: {backoff: 1h1h}\n",
    "no duration to live with": BAD + "    timeout: 0s\n",
    "task": "  bad: {when: every day at 9am, task: nope}\n",
    "values for a task": "  bad: {when: every day at 9am, task: t, with: {x: 1}}\n",
    "zero width": '  bad:\n    when: "every \\u200bday"\n    run: [x]\n',
    "zero width, raw": "  bad:\n    when: every \u200bday\n    run: [x]\n",
    "bidi": '  bad:\n    when: "every \\u202eday"\n    run: [x]\n',
    "bidi in another value": BAD + '    owner: "x\\u202e"\n',
    "bidi in a list": '  bad: {when: every day, run: ["x\\u202e"]}\n',
    "a key twice": BAD + "    run: [y]\n",
    "an anchor": "  bad:\n    when: &a every day\n    run: [x]\n",
    "a tag": "  bad:\n    when: !!str every day\n    run: [x]\n",
    "nothing": "  bad:\n",
    "a text": "  bad: every day\n",
    "no phrase": "  bad: {run: [x]}\n",
    "an empty phrase": "  bad: {when: ' ', run: [x]}\n",
    "no run": "  bad: {when: every day}\n",
    "run and task": BAD + "    task: t\n",
    "a shell line": "  bad: {when: every day, run: echo hi}\n",
    "a date": BAD + "    end: 2026-02-30\n",
    "an exception": BAD + "    except: [2026-02-30]\n",
    "an expectation": BAD + "    expect: {fires: [2026-02-30 09:00]}\n",
    "a pause": BAD + "    paused_until: 2026-02-30\n",
    "a variable": BAD + "    env: [OPENAI_API_KEY]\n",
    "moved from one that is here": BAD + "    moved: good\n",
}
TASKS = "tasks: {t: {command: [x]}}\n"


@pytest.mark.parametrize("text", OWN.values(), ids=OWN.keys())
def test_what_is_wrong_with_one_schedule_leaves_the_others(text: str, tmp_path: Path) -> None:
    declaration, wrong = loaded(tmp_path, HEAD + text + GOOD + TASKS)
    assert [one.id for one in declaration.schedules] == ["good"]
    assert [one.id for one in declaration.invalid] == ["bad"]
    (problem,) = wrong["bad"]
    assert problem.origin is not None
    assert problem.origin.line >= 3
    assert problem.hint
    with pytest.raises(InvalidInput):
        load(tmp_path / "schedules")


SHARED = {
    "no YAML": HEAD + GOOD + "  bad: [\n",
    "a conflict": HEAD + GOOD + "<<<<<<< HEAD\n",
    "an alias": HEAD + GOOD + "  bad: *x\n",
    "an empty file": "",
    "a list": "- a\n",
    "a second document": HEAD + GOOD + "---\n" + HEAD,
    "no mapping of schedules": "timezone: UTC\nschedules: [a]\n",
    "one id twice": HEAD + GOOD + GOOD,
    "one id twice, of which one is wrong": HEAD + GOOD + GOOD + "    foo: 1\n",
    "an id that is none": HEAD + GOOD + "  a b: {when: every day, run: [x]}\n",
    "an id with something invisible in it": HEAD + GOOD + '  "ba\\u200bd": {when: every day, run: [x]}\n',
    "two that moved from one": HEAD + GOOD + "    moved: old\n" + BAD + "    moved: old\n",
    "an unknown section": HEAD + GOOD + "task: {t: {command: [x]}}\n",
    "the zone": HEAD.replace("UTC", "Utopia") + GOOD,
    "an empty zone": HEAD.replace("UTC", "") + GOOD,
    "a task": HEAD + GOOD + "tasks: {t: {command: x}}\n",
    "a task's key": HEAD + GOOD + "tasks: {t: {command: [x], foo: 1}}\n",
    "a task's duration": HEAD + GOOD + "tasks: {t: {command: [x], timeout: 0s}}\n",
    "a task twice": HEAD + GOOD + "tasks:\n  t: {command: [x]}\n  t: {command: [x]}\n",
    "tasks": HEAD + GOOD + "tasks: 5\n",
    "a default": HEAD + GOOD + "defaults: {timeout: soon}\n",
    "a default's key": HEAD + GOOD + "defaults: {foo: 1}\n",
    "a default's date": HEAD + GOOD + "defaults: {except: 2026-02-30}\n",
    "a default's character": HEAD + GOOD + 'defaults: {owner: "x\\u202e"}\n',
    "a convention": HEAD + GOOD + "conventions: {morning: 25:00}\n",
    "a policy": HEAD + GOOD + "policy: {max_runs_per_day: 0}\n",
    "a freeze": HEAD + GOOD + "freeze: {when: on weekends, timezone: Utopia}\n",
}


@pytest.mark.parametrize("text", SHARED.values(), ids=SHARED.keys())
def test_what_is_wrong_with_more_than_one_schedule_is_wrong_with_all(text: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        loaded(tmp_path, text)
    assert len(caught.value.problems) == 1


def test_one_id_in_two_files_is_wrong_with_all_even_if_one_of_them_is_wrong_by_itself(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        loaded(tmp_path, HEAD + GOOD, HEAD + GOOD + "    foo: 1\n")
    assert [problem.message for problem in caught.value.problems] == [
        "two schedules are called good",
        "unknown key `foo:` in schedules.good",
    ]


def test_all_that_is_wrong_with_a_schedule_is_said_in_one_go(tmp_path: Path) -> None:
    text = """\
  bad:
    when: "every \\u200bday"
    task: nope
    timezone: Utopia
    foo: 1
    timeout: soon
    retries: {attempts: 0, backoff: 9999d}
    end: 2026-02-30
    except: 2026-02-31
    expect: {never: [2026-02-29]}
    paused_until: 2026-06-31
    env: [OPENAI_API_KEY]
    moved: good
"""
    declaration, wrong = loaded(tmp_path, HEAD + text + GOOD)
    assert declaration.invalid == (InvalidSchedule("bad", "good"),)
    lines = [problem.origin.line for problem in wrong["bad"] if problem.origin]
    assert lines == sorted(lines)
    assert sorted({*lines}) == list(range(3, 15))
    assert lines.count(9) == 2


def test_problems_of_schedules_are_told_beside_those_of_all(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        loaded(tmp_path, HEAD + BAD + "    foo: 1\n    timezone: Utopia\n", "tasks: 5\n")
    assert [str(problem).partition(": ")[0] for problem in caught.value.problems] == [
        "schedules/0.yaml:6:5",
        "schedules/0.yaml:7:15",
        "schedules/1.yaml:1:8",
    ]


def test_a_date_that_all_inherit_is_told_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput) as caught:
        loaded(tmp_path, HEAD + GOOD + BAD + "defaults: {except: 2026-02-30}\n")
    assert len(caught.value.problems) == 1


def test_the_conventions_and_the_policy_are_known_whatever_a_schedule_is_like(tmp_path: Path) -> None:
    loaded(
        tmp_path,
        HEAD + BAD + "    foo: 1\nconventions: {}\npolicy: {max_runs_per_day: 9}\n".replace("{}", "{morning: 8:00}"),
    )
    assert load_policy(tmp_path / "schedules") == Policy(max_runs_per_day=9)
    assert load_conventions(tmp_path / "schedules") != Conventions()
