"""A hostile newcomer's first hour: each mistake ends in its exit code, one clear message, and nothing lost."""

from __future__ import annotations

import os

import pytest

from tests.cli.conftest import YAML, Project

HEAD = "timezone: UTC\nschedules:\n"
ONE = HEAD + "  a:\n    when: every hour\n    run: [echo]\n"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        pytest.param("", "1:1", "the file is empty", id="an empty file"),
        pytest.param("# nothing\n", "1:1", "the file is empty", id="only a comment"),
        pytest.param("- a\n", "1:1", "not a mapping", id="a list"),
        pytest.param("schedules:\n\ta: {}\n", "2:1", "a tab where YAML wants spaces", id="tabs"),
        pytest.param(ONE + "<<<<<<< HEAD\n", "6:1", "unresolved merge conflict", id="conflict markers"),
        pytest.param(ONE.replace("when", "wenn"), "4:5", "unknown key `wenn:`", id="an unknown key"),
        pytest.param(ONE.replace("[echo]", "echo hi"), "5:10", "must be a list", id="a shell line"),
        pytest.param(ONE.replace("run: [echo]", "task: dmup"), "5:11", "there is no task 'dmup'", id="an unknown task"),
        pytest.param(ONE + "  a:\n    when: every day\n", "6:3", "twice", id="one id twice"),
        pytest.param(
            ONE.replace("every hour", "every hour " * 1000), "4:11", "500", id="a phrase of 11,000 characters"
        ),
        pytest.param(
            ONE.replace("UTC", "Europe/Berln"), "1:11", "unknown timezone 'Europe/Berln'", id="an unknown zone"
        ),
        pytest.param(ONE.replace("timezone: UTC\n", ""), "3:11", "timezone", id="no zone at all"),
        pytest.param(ONE + "    timeout: soon\n", "6:14", "timeout", id="a duration that is none"),
        pytest.param(ONE.replace("[echo]", "&x [echo]"), "5:10", "anchor", id="an anchor"),
        pytest.param(ONE.replace("  a:", "  on:"), "3:3", "cannot be a name", id="an id that YAML reads as true"),
        pytest.param(ONE + "---\n" + ONE, "6:1", "second YAML document", id="two documents"),
        pytest.param("a: " + "[" * 100, "1:35", "nested deeper", id="deep nesting"),
    ],
)
def test_a_mistake_in_the_yaml_is_named_at_its_place_and_the_lock_stays(
    compiled: Project, text: str, place: str, says: str
) -> None:
    before = compiled.lock.read_bytes()
    compiled.write(text, "more.yaml")
    for arguments in (["compile"], ["compile", "--check"]):
        result = compiled.run(*arguments)
        assert result.code in (3, 5), result.err
        assert f"schedules/more.yaml:{place}: " in result.err, result.err
        assert says in result.err
        if result.code == 5:
            break
    assert b'"every weekday at 9am"' in compiled.lock.read_bytes()
    if result.code == 3:
        assert compiled.lock.read_bytes() == before


def test_all_problems_of_all_files_come_in_one_go(project: Project) -> None:
    project.write(YAML.replace("run:", "rum:"))
    project.write(ONE.replace("when", "wenn"), "more.yaml")
    err = project.run("compile").err
    assert err.count("unknown key `rum:`") == 3
    assert "did you mean `run:`?" in err
    assert "schedules/more.yaml:4:5: unknown key `wenn:`" in err


def test_one_id_in_two_files_names_both_places(compiled: Project) -> None:
    compiled.write(YAML, "copy.yaml")
    result = compiled.run("compile")
    assert result.code == 3
    assert "schedules/schedules.yaml:3:3: two schedules are called db-backup" in result.err
    assert "the other is at schedules/copy.yaml:3:3" in result.err


def test_an_empty_directory_says_how_to_begin(project: Project) -> None:
    for path in (project.root / "schedules").iterdir():
        path.unlink()
    result = project.run("compile")
    assert result.code == 3
    assert "reconcile init" in result.err


@pytest.mark.parametrize(
    "kind", ["fifo", "directory", "dangling link", "link out of the directory", "latin-1", "utf-16"]
)
def test_what_is_no_text_file_is_named_and_nothing_hangs(compiled: Project, kind: str) -> None:
    path = compiled.root / "schedules" / "odd.yaml"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "directory":
            path.mkdir()
        case "dangling link":
            path.symlink_to("nowhere.yaml")
        case "link out":
            (compiled.root / "secret").write_text("password: hunter2\n")
            path.symlink_to("../secret")
        case "latin-1":
            path.write_bytes("timezone: UTC # \xe9".encode("latin-1"))
        case _:
            path.write_text("timezone: UTC\n", encoding="utf-16")
    result = compiled.run("compile")
    assert result.code == 3
    assert "schedules/odd.yaml:" in result.err
    assert "hunter2" not in result.err


def test_what_people_type_stays_text_where_text_is_due(project: Project) -> None:
    project.write(HEAD + "  a:\n    when: every day at 9:00am\n    run: [echo, on, NO, 9:00, 010, 1e3, true]\n")
    project.ok("compile")
    command = '["echo", "on", "NO", "9:00", "010", "1e3", "true"]'
    assert f'"command": {command}' in project.lock.read_text()


def test_a_hostile_phrase_cannot_speak_for_the_program(project: Project) -> None:
    project.write(HEAD + '  a:\n    when: "every hour\\n::error file=x::\\u001b[2J"\n    run: [echo]\n')
    result = project.run("compile")
    assert result.code in (3, 5)
    assert "\x1b" not in result.out + result.err
    assert not any(line.startswith("::") for line in (result.out + result.err).splitlines())
