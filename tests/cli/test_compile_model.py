"""`reconcile compile` with a model behind a loopback server that speaks the protocol."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest

from reconciler.compiler.prompting import prompt_digest
from reconciler.lockfile import loads
from tests.cli.conftest import YAML, Project, Result, until
from tests.servers.openai_server import Reply, Scripted, fails, says, schedule, serving

KEY = "sk-canary-4711"
BY_GRAMMAR = "timezone: UTC\nschedules:\n  a:\n    when: every weekday at 9am\n    run: [echo]\n"
BY_MODEL = BY_GRAMMAR.replace("every weekday at 9am", "on each working morning at the stroke of nine")


def proposes(*fields: dict[str, str]) -> Reply:
    return says(schedule(*fields))


NINE = proposes({"day_of_week": "mon-fri", "hour": "9", "minute": "0"})
TEN = proposes({"day_of_week": "mon-fri", "hour": "10", "minute": "0"})


def environment(server: Scripted) -> dict[str, str]:
    return {"RECONCILE_MODEL": "test-model", "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": KEY}


def compile_with(project: Project, server: Scripted, *arguments: str) -> Result:
    return project.run("compile", *arguments, **environment(server))


def many(count: int) -> str:
    return "timezone: UTC\nschedules:\n" + "".join(
        f"  job-{n}: {{when: every day at {n // 60}:{n % 60:02}, run: [echo]}}\n" for n in range(count)
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
    project.write(many(300))
    project.ok("compile", "--no-model")
    project.write(many(300) + "  new:\n    when: every weekday at 9am\n    run: [echo]\n")
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
        daemon = project.serve("--for", "3s", **environment(server))
        assert daemon.wait(60) == 0
        assert server.requests == []


def test_more_phrases_than_200_stop_before_the_first_and_nothing_is_written(compiled: Project) -> None:
    before = compiled.lock.read_bytes()
    compiled.write(many(201))
    with serving(NINE) as server:
        result = compile_with(compiled, server)
        assert server.requests == []
    assert result.code == 5
    assert "201 phrases would be put to the model test-model, and 200 are allowed" in result.err
    assert "nothing was written" in result.err
    assert "--max-phrases 201 allows it" in result.err
    assert compiled.lock.read_bytes() == before


def test_the_budget_is_what_the_option_says_counts_new_phrases_only_and_is_the_models_alone(project: Project) -> None:
    project.write(many(3))
    with serving(NINE) as server:
        refused = compile_with(project, server, "--max-phrases", "2", "--json")
        assert refused.code == 5
        assert refused.json["error"]["exit_code"] == 5
        assert server.requests == []
        assert compile_with(project, server, "--max-phrases", "0", "--no-model").code == 0
        assert compile_with(project, server, "--max-phrases", "0").code == 0
        assert compile_with(project, server, "--max-phrases", "3", "--refresh").code == 5  # the model says 9 to all
        assert len(server.requests) == 3


def test_a_rejected_key_is_told_once_and_what_the_grammar_knows_is_compiled(project: Project) -> None:
    project.write(many(30) + "  odd: {when: at the stroke of nine, run: [echo]}\n")
    with serving(fails(401)) as server:
        result = compile_with(project, server, "--json")
        assert len(server.requests) <= 4  # as many as are asked at a time
    assert result.code == 5
    assert result.err.count("the model did not answer for 31 of 31 phrases") == 1
    told = result.json
    assert [question["schedule"] for question in told["questions"]] == ["odd"]
    assert "the model server answered 401: check OPENAI_API_KEY" in told["questions"][0]["message"]
    assert len(told["added"]) == 30
    assert told["model"]["unanswered"] == 31
    assert told["model"]["reason"] == "the model server answered 401: check OPENAI_API_KEY"


def test_what_was_spent_and_with_which_prompt_is_told_and_not_in_the_lock(project: Project) -> None:
    project.write(BY_MODEL)
    with serving(NINE) as server:
        result = compile_with(project, server, "--json")
        again = compile_with(project, server, "--json")
    assert result.json["model"] == {
        "name": "test-model",
        "prompt": prompt_digest(),
        "phrases": 1,
        "unanswered": 0,
        "reason": None,
        "requests": 2,
        "prompt_tokens": 6,
        "completion_tokens": 4,
    }
    assert f"model test-model, prompt {prompt_digest()}: 2 requests, 6 tokens in, 4 out" in result.err
    assert again.json["model"]["requests"] == 0
    assert "tokens" not in again.err
    assert prompt_digest() not in project.lock.read_text()
    assert project.run("compile", "--no-model", "--json").json["model"] is None


def test_a_convention_that_the_model_was_told_decides_the_recompilation(project: Project) -> None:
    phrase = BY_MODEL.replace("at the stroke of nine", "in the morning")
    project.write(f"conventions: {{morning: 09:00}}\n{phrase}")
    with serving(NINE) as server:
        assert compile_with(project, server).code == 0
        assert loads(project.lock.read_text(), file="f").entries["a"].conventions == (("morning", "09:00"),)
        project.write(f"conventions: {{morning: 09:00, evening: 20:00}}\n{phrase}")
        assert compile_with(project, server, "--check").code == 0
        project.write(f"conventions: {{morning: 08:00}}\n{phrase}")
        assert compile_with(project, server, "--check").code == 4
        compile_with(project, server)
    assert '{"morning": "08:00"}' in server.requests[-1]["messages"][1]["content"]


def test_an_interrupt_ends_at_once_and_leaves_the_lock_as_it_was(compiled: Project) -> None:
    before = compiled.lock.read_bytes()
    compiled.write(many(20))
    with serving(Reply(NINE.body, before=60)) as server:
        running = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "compile"],
            cwd=compiled.root,
            env=compiled._environment(environment(server)),
            stderr=subprocess.PIPE,
            text=True,
        )
        until(lambda: server.requests)
        started = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=50)
        assert time.monotonic() - started < 30
    assert (running.returncode, err.strip()) == (130, "interrupted")
    assert compiled.lock.read_bytes() == before


def test_a_server_that_dies_in_the_middle_leaves_an_entry_that_only_it_could_renew(project: Project) -> None:
    two = BY_MODEL + "  b:\n    when: working days at the stroke of nine in the morning\n    run: [echo]\n"
    project.write(two)
    with serving(NINE) as server:
        assert compile_with(project, server).code == 0
    before = project.lock.read_bytes()
    with serving(NINE, Reply(NINE.body, cut=30)) as server:
        result = compile_with(project, server, "--refresh")
    assert result.code == 5
    assert project.lock.read_bytes() == before


def test_a_watching_compiler_asks_a_server_again_that_was_down(project: Project) -> None:
    project.write(BY_MODEL)
    with serving(fails(401), NINE) as server:
        running = subprocess.Popen(
            [sys.executable, "-m", "reconciler", "compile", "--watch"],
            cwd=project.root,
            env=project._environment(environment(server)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(project.lock.exists)
            time.sleep(0.3)
            project.write(BY_MODEL.replace("nine", "9 am"))
            until(lambda: "evidence" in project.lock.read_text())
        finally:
            running.kill()
            running.wait()


def test_a_model_that_is_wanted_and_not_configured_is_invalid_input_at_once(project: Project) -> None:
    for arguments in ((), ("--watch",)):
        result = project.run("compile", "--model", *arguments, OPENAI_API_KEY=KEY)
        assert result.code == 3
        assert "RECONCILE_MODEL" in result.err
        assert KEY not in result.err


@pytest.mark.parametrize("number", ["-1", "many"])
def test_a_budget_that_is_no_number_is_a_usage_error(project: Project, number: str) -> None:
    assert project.run("compile", "--max-phrases", number).code == 64
