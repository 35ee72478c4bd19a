"""A real model, and a poor one, behind a real server: whatever it says, nothing wrong enters the lock unmarked.

How often it is right is printed and never judged: that would say something about the model only.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import jsonschema
import pytest

from reconciler.compiler.answer import SCHEMA, Proposed, Unavailable, understand
from reconciler.compiler.grammar import read
from reconciler.compiler.llm import ModelSettings, Translator
from reconciler.lockfile import loads
from reconciler.model import Conventions, Evidence, LockEntry, Reading, Timing
from reconciler.timing import equal
from tests.cli.conftest import Project, Result, project, until
from tests.real_model.conftest import Server
from tests.real_model.phrases import KNOWN, UNKNOWN, Labelled
from tests.real_model.relay import Exchange, relaying

__all__ = ["project"]

# the first test installs 130 MB
pytestmark = [pytest.mark.real_model, pytest.mark.timeout(900)]
LONGEST = 30.0


@dataclass(frozen=True)
class Compiled:
    """What one phrase in a project of its own came to."""

    about: Labelled
    result: Result
    entry: LockEntry | None
    exchanges: tuple[Exchange, ...]

    @property
    def outcome(self) -> str:
        return self.entry.evidence if self.entry else "question"

    @property
    def right(self) -> bool:
        meant = self.about.timing
        return self.entry is not None and meant is not None and equal(self.entry.timing, meant)

    @property
    def proposed(self) -> list[Timing]:
        """What the model said that could have become a schedule."""
        now, phrase = datetime.now(UTC), self.about.phrase
        said = [understand(one.text, phrase=phrase, timezone="UTC", now=now) for one in self.exchanges if one.finished]
        return [one.reading.timing for one in said if isinstance(one, Proposed)]


def yaml_of(*phrases: Labelled) -> str:
    rows = (f'  id-{number}: {{when: "{one.phrase}", run: [echo]}}\n' for number, one in enumerate(phrases))
    return "timezone: UTC\nschedules:\n" + "".join(rows)


def entries(project: Project) -> dict[str, LockEntry]:
    return dict(loads(project.lock.read_text(), file="schedules.lock").entries)


def wrong_answers(made: list[Compiled]) -> list[str]:
    """The phrases that the model answered with a schedule which is valid, and wrong."""
    said = [(one.about, timing) for one in made for timing in one.proposed]
    return [about.phrase for about, timing in said if about.timing is None or not equal(about.timing, timing)]


def report(made: list[Compiled]) -> str:
    counts = Counter(f"{one.outcome} {'right' if one.right else 'wrong'}" if one.entry else "refused" for one in made)
    said, wrong = sum(len(one.proposed) for one in made), wrong_answers(made)
    return f"lock: {dict(counts)}; valid answers of the model: {said}, of which wrong: {len(wrong)} {wrong}"


@pytest.fixture(scope="module")
def compiled(server: Server, tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> list[Compiled]:
    """Every phrase, compiled in a project of its own, so that none waits for another."""
    made = []
    with relaying(server.url) as relay:
        for number, about in enumerate(KNOWN + UNKNOWN):
            one = Project(tmp_path_factory.mktemp(f"phrase-{number}"))
            one.write(yaml_of(about))
            relay.exchanges.clear()
            result = one.run("compile", "--model", "--json", **server.environment(relay.url))
            made.append(Compiled(about, result, entries(one).get("id-0"), tuple(relay.exchanges)))
    with pytestconfig.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print(f"\n{report(made)}")
    return made


def test_at_least_twelve_phrases_are_answered_each_in_time(compiled: list[Compiled]) -> None:
    assert len(compiled) >= 12
    for one in compiled:
        assert one.exchanges, one.about.phrase
        assert {exchange.phrase for exchange in one.exchanges} == {one.about.phrase}
        assert all(exchange.status == 200 for exchange in one.exchanges), one.about.phrase
        assert all(exchange.ended - exchange.began < LONGEST for exchange in one.exchanges), one.about.phrase
        assert "could not be asked" not in one.result.out, one.about.phrase


def test_every_finished_answer_has_the_shape_that_was_asked_for(compiled: list[Compiled]) -> None:
    finished = [exchange for one in compiled for exchange in one.exchanges if exchange.finished]
    assert len(finished) >= len(compiled) // 2
    for exchange in finished:
        assert exchange.request["response_format"]["type"] == "json_schema"
        jsonschema.validate(json.loads(exchange.text), SCHEMA)


def test_every_phrase_ends_in_exactly_one_outcome(compiled: list[Compiled]) -> None:
    for one in compiled:
        said = one.result.json
        ends = [*said["added"], *(question["schedule"] for question in said["questions"])]
        assert ends == ["id-0"], one.about.phrase
        assert (one.entry is not None) == (said["added"] == ["id-0"])
        assert one.result.code == (0 if one.entry else 5)


def test_the_model_is_poor_enough_to_prove_something(compiled: list[Compiled]) -> None:
    assert wrong_answers(compiled)


def test_what_is_certain_is_what_the_grammar_alone_reads(compiled: list[Compiled]) -> None:
    certain = [one for one in compiled if one.entry and one.entry.evidence is not Evidence.MODEL]
    assert certain
    for one in certain:
        alone = read(one.about.phrase, timezone="UTC", conventions=Conventions())
        assert isinstance(alone, Reading), one.about.phrase
        assert one.entry is not None
        assert equal(one.entry.timing, alone.timing), one.about.phrase


def test_nothing_wrong_enters_the_lock_unmarked(compiled: list[Compiled]) -> None:
    for one in compiled:
        if one.entry is not None and not one.right:
            assert one.entry.evidence is Evidence.MODEL, one.about.phrase


def test_what_the_grammar_cannot_read_is_marked_or_asked_back(compiled: list[Compiled]) -> None:
    beyond = [one for one in compiled if one.about in UNKNOWN]
    assert {one.outcome for one in beyond} <= {Evidence.MODEL, "question"}


def killed_mid_run(project: Project, server: Server) -> Result:
    """Compile, and kill the server with SIGKILL while it is at work on an answer."""
    command = [sys.executable, "-m", "reconciler", "compile", "--model"]
    environment = {"PATH": os.environ["PATH"], **server.environment()}
    with subprocess.Popen(
        command, cwd=project.root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as compiling:
        until(server.busy)
        assert compiling.poll() is None
        server.process.send_signal(signal.SIGKILL)
        out, err = compiling.communicate(timeout=90)
    assert server.process.wait(10) == -signal.SIGKILL
    assert "Traceback" not in out + err
    return Result(compiling.returncode, out, err)


@pytest.fixture
def before(project: Project) -> bytes:
    """The lock of what the grammar reads alone."""
    project.write(yaml_of(*KNOWN))
    project.ok("compile", "--no-model")
    return project.lock.read_bytes()


def test_a_server_killed_mid_run_leaves_the_lock_as_it_was(project: Project, before: bytes, doomed: Server) -> None:
    project.write(yaml_of(*KNOWN, *UNKNOWN))
    result = killed_mid_run(project, doomed)
    assert result.code == 5
    assert result.err.count("the model could not be asked: the model server cannot be reached") == len(UNKNOWN)
    assert project.lock.read_bytes() == before


def test_a_server_killed_mid_run_does_not_stop_what_the_grammar_reads(
    project: Project, before: bytes, doomed: Server
) -> None:
    project.write(yaml_of(*KNOWN))
    was = entries(project)
    project.write(yaml_of(*KNOWN, *UNKNOWN[:1], Labelled("Mondays at 6:10am", None)))
    assert killed_mid_run(project, doomed).code == 5
    new = f"id-{len(KNOWN) + 1}"
    now = entries(project)
    assert {id: entry for id, entry in now.items() if id != new} == was
    assert now[new].evidence is Evidence.GRAMMAR


@pytest.mark.parametrize(("deadline", "read_timeout"), [(0.05, 15.0), (20.0, 0.05)], ids=["deadline", "read timeout"])
def test_a_model_that_is_too_slow_is_unavailable(server: Server, deadline: float, read_timeout: float) -> None:
    hasty = Translator(ModelSettings("smollm2", "none", f"{server.url}/v1", deadline, read_timeout))
    answer = hasty.ask("a phrase never asked before, at 9am", timezone="UTC")
    assert isinstance(answer, Unavailable)
    assert answer.retryable
