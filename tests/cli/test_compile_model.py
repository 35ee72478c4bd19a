"""`reconcile compile` with a model behind a loopback server that speaks the protocol."""

from __future__ import annotations

import json
from typing import Any

from reconciler.lockfile import loads
from tests.cli.conftest import YAML, Project
from tests.servers.openai_server import Reply, Scripted, says, serving

KEY = "sk-canary-4711"
BY_GRAMMAR = "timezone: UTC\nschedules:\n  a:\n    when: every weekday at 9am\n    run: [echo]\n"
BY_MODEL = BY_GRAMMAR.replace("every weekday at 9am", "on each working morning at the stroke of nine")


def proposes(*fields: dict[str, str], error: str | None = None) -> Reply:
    names = ("year", "month", "day", "week", "day_of_week", "hour", "minute", "second")
    sets = [{name: one.get(name) for name in names} for one in fields]
    return says(json.dumps({"schedules": sets, "timezone": None, "assumptions": [], "error": error}))


NINE = proposes({"day_of_week": "mon-fri", "hour": "9", "minute": "0"})
TEN = proposes({"day_of_week": "mon-fri", "hour": "10", "minute": "0"})


def compile_with(project: Project, server: Scripted, *arguments: str) -> Any:
    return project.run(
        "compile", *arguments, RECONCILE_MODEL="test-model", OPENAI_BASE_URL=server.url, OPENAI_API_KEY=KEY
    )


def test_what_grammar_and_model_read_alike_is_agreed(project: Project) -> None:
    project.write(BY_GRAMMAR)
    with serving(NINE) as server:
        result = compile_with(project, server)
    assert result.code == 0, result.err
    entry = loads(project.lock.read_text(), file="f").entries["a"]
    assert (entry.evidence, entry.compiled_by) == ("agreed", "grammar, test-model")
    assert server.keys == [f"Bearer {KEY}"]


def test_what_they_read_differently_is_a_question_with_both_and_the_date(project: Project) -> None:
    project.write(BY_GRAMMAR)
    with serving(TEN) as server:
        result = compile_with(project, server)
    assert result.code == 5
    assert "at 09:00, Monday to Friday, UTC" in result.err
    assert "at 10:00, Monday to Friday, UTC" in result.err
    assert loads(project.lock.read_text(), file="f").entries == {}


def test_an_unchanged_lock_asks_nothing(project: Project) -> None:
    project.write(BY_GRAMMAR)
    with serving(NINE) as server:
        compile_with(project, server)
        before = project.lock.read_bytes()
        assert compile_with(project, server).code == 0
        assert compile_with(project, server, "--check").code == 0
        assert len(server.requests) == 1
    assert project.lock.read_bytes() == before


def test_one_new_phrase_among_hundreds_is_one_call(project: Project) -> None:
    many = "timezone: UTC\nschedules:\n" + "".join(
        f"  job-{n}: {{when: every day at {n % 24}:{n % 60:02}, run: [echo]}}\n" for n in range(300)
    )
    project.write(many)
    project.ok("compile", "--no-model")
    project.write(many + "  new:\n    when: every weekday at 9am\n    run: [echo]\n")
    with serving(NINE) as server:
        assert compile_with(project, server).code == 0
        assert len(server.requests) == 1
        assert "job-1" not in json.dumps(server.requests)


def test_a_model_that_is_down_does_not_stop_what_the_grammar_knows(project: Project) -> None:
    project.write(BY_GRAMMAR)
    with serving(Reply("oops", status=500)) as server:
        result = compile_with(project, server)
    assert result.code == 0, result.err
    assert 'evidence: "grammar"' in project.lock.read_text()


def test_a_phrase_for_the_model_alone_keeps_its_entry_while_the_model_is_down(compiled: Project) -> None:
    before = compiled.lock.read_bytes()
    compiled.write(YAML.replace("every weekday at 9am", "on each working morning at the stroke of nine"))
    with serving(Reply("oops", status=500)) as server:
        result = compile_with(compiled, server)
    assert result.code == 5
    assert "schedules/schedules.yaml:4:11: db-backup: " in result.err
    assert compiled.lock.read_bytes() == before


def test_what_only_the_model_reads_is_marked_for_a_human_eye(project: Project) -> None:
    project.write(BY_MODEL)
    with serving(NINE) as server:
        result = compile_with(project, server)
    assert result.code == 0, result.err
    assert "only a model could read this: check it" in result.out
    entry = loads(project.lock.read_text(), file="f").entries["a"]
    assert (entry.evidence, entry.compiled_by) == ("model", "test-model")
    assert len(server.requests) == 2
    assert project.ok("compile", "--check")


def test_the_key_is_never_shown(project: Project) -> None:
    project.write(BY_MODEL)
    for reply in (Reply("no", status=401), Reply(f"bad key {KEY}", status=400), Reply("<html>", status=200)):
        with serving(reply) as server:
            result = compile_with(project, server)
        assert KEY not in result.out + result.err


def test_serve_never_asks(project: Project) -> None:
    project.write(BY_GRAMMAR)
    project.ok("compile")
    with serving(NINE) as server:
        environment = {"RECONCILE_MODEL": "m", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}
        daemon = project.serve("--for", "3s", **environment)
        assert daemon.wait(20) == 0
        assert server.requests == []
