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


BAD = "  bad:\n    when: every day at noon\n    run: [echo, bad]\n    timezone: Europe/Berln\n    tiemout: 5m\n"


def entries(project: Project) -> dict[str, str]:
    """Return the text of each entry of the lockfile, by id."""
    blocks = project.lock.read_text().split("\n\n")[1:]
    return {block.partition(":")[0].strip(): block.strip() for block in blocks}


def test_an_invalid_schedule_is_an_error_of_its_own_and_the_others_compile(compiled: Project) -> None:
    before = entries(compiled)
    text = YAML.replace("every weekday at 9am", "every weekday at 10am").replace(
        "    run: [echo, clean]", "    rum: [x]"
    )
    compiled.write(text + BAD)
    result = compiled.run("compile")
    assert result.code == 3
    for place in ("8:5: unknown key `rum:`", "16:5: unknown key `tiemout:`", "15:15: unknown timezone 'Europe/Berln'"):
        assert f"schedules/schedules.yaml:{place}" in result.err
    assert "1 compiled again, 1 unchanged, 1 invalid, kept as it was, 1 invalid, left out" in result.out
    after = entries(compiled)
    assert sorted(after) == sorted(before), "a new one gets no entry, and none is lost"
    assert after["clean-up"] == before["clean-up"]
    assert '"hour": "10"' in after["db-backup"]


def test_errors_and_questions_are_told_together(compiled: Project) -> None:
    compiled.write(YAML.replace("every weekday at 9am", "every day at 5") + BAD)
    result = compiled.run("compile", "--json")
    assert result.code == 3
    assert [(one["schedule"], one["line"]) for one in result.json["errors"]] == [("bad", 15), ("bad", 16)]
    assert [one["schedule"] for one in result.json["questions"]] == ["db-backup"]
    assert (result.json["invalid"], result.json["removed"], result.json["unchanged"]) == (["bad"], [], 2)
    assert "may be morning or evening" in result.err
    assert "unknown timezone" in result.err


def test_without_errors_their_list_is_empty(compiled: Project) -> None:
    assert compiled.ok("compile", "--json").json["errors"] == []


def test_the_check_says_all_that_is_wrong_and_all_that_is_stale(compiled: Project) -> None:
    compiled.write(YAML.replace("every weekday at 9am", "every weekday at 10am") + BAD)
    result = compiled.run("compile", "--check")
    assert result.code == 3
    assert "unknown key `tiemout:`" in result.err
    assert "unknown timezone" in result.err
    assert 'db-backup: the phrase is "every weekday at 10am"' in result.err
    assert "bad: not in the lockfile" not in result.err
    compiled.lock.write_text(compiled.lock.read_text().replace('"hour": "9"', '"hour": "8"'))
    result = compiled.run("compile", "--check")
    assert (result.code, "does not match its checksum" in result.err, "tiemout" in result.err) == (3, True, True)


def test_the_check_of_a_lock_in_which_an_invalid_schedule_has_its_old_entry_tells_the_error_alone(
    compiled: Project,
) -> None:
    compiled.write(YAML.replace("    run: [echo, clean]", "    rum: [x]"))
    assert compiled.run("compile").code == 3
    result = compiled.run("compile", "--check", "--json")
    assert result.code == 3
    assert {one["message"] for one in result.json["error"]["problems"]} == {
        "unknown key `rum:` in schedules.clean-up",
        "schedules.clean-up does not say what to run",
    }


def test_if_all_are_invalid_none_is_removed(compiled: Project) -> None:
    before = compiled.lock.read_bytes()
    compiled.write(YAML.replace("run:", "rum:"))
    result = compiled.run("compile")
    assert (result.code, compiled.lock.read_bytes()) == (3, before)
    assert "0 unchanged, 3 invalid, kept as they were" in result.out


def test_a_removal_and_a_move_go_through_beside_an_invalid_schedule(compiled: Project) -> None:
    before = entries(compiled)
    text = YAML[: YAML.index("  report:")].replace("  clean-up:", "  sweep:\n    moved: clean-up")
    compiled.write(text.replace("    run: [echo, backup]", "    rum: [x]"))
    result = compiled.run("compile", "--json")
    assert result.code == 3
    assert (result.json["added"], result.json["removed"]) == (["sweep"], ["clean-up", "report"])
    after = entries(compiled)
    assert after["db-backup"] == before["db-backup"]
    assert '"clean-up"' in after["sweep"]


@pytest.mark.parametrize(("phrase", "code"), [("every Sunday at 3:30am\n    foo: 1", 3), ("biweekly on monday", 5)])
def test_one_that_moved_and_is_invalid_or_open_keeps_the_entry_it_had(
    compiled: Project, phrase: str, code: int
) -> None:
    before = compiled.lock.read_bytes()
    text = YAML.replace("  clean-up:", "  sweep:\n    moved: clean-up").replace("every Sunday at 3:30am", phrase)
    compiled.write(text)
    result = compiled.run("compile")
    assert (result.code, compiled.lock.read_bytes()) == (code, before)
    assert "kept as it was" in result.out or code == 5
    compiled.write(text.replace(phrase, "every Sunday at 3:30am"))
    compiled.ok("compile")
    assert "clean-up" not in entries(compiled)
    compiled.ok("compile", "--check")


def test_asking_again_for_one_that_is_invalid_says_why_it_is(compiled: Project) -> None:
    compiled.write(YAML + BAD)
    result = compiled.run("compile", "--refresh", "bad")
    assert (result.code, "unknown key `tiemout:`" in result.err) == (3, True)
