"""What GitHub is told of problems: one line each, nothing in it acts, no more than it shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.errors import Problem
from reconciler.model import Origin
from reconciler.review.annotations import MOST, error_annotations, unheeded
from tests.actions.runner import Ran


def commands(problems: list[Problem]) -> list[tuple[str, dict[str, str], str]]:
    return Ran(0, "\n".join(error_annotations(problems, title="schedules")), {}, "", []).commands


@given(st.lists(st.tuples(st.text(), st.text() | st.none(), st.text()), min_size=1, max_size=MOST))
def test_any_text_is_one_command_that_names_its_place(texts: list[tuple[str, str | None, str]]) -> None:
    problems = [Problem(message, Origin(file, 3, 4), hint) for message, hint, file in texts]
    found = commands(problems)
    assert len(found) == len(problems)
    for name, properties, message in found:
        assert name == "error"
        assert (properties["line"], properties["col"], properties["title"]) == ("3", "4", "schedules")
        assert all(char.isprintable() or char == "\n" for char in message)


@pytest.mark.parametrize("count", [1, MOST, MOST + 1, 500])
def test_what_is_not_shown_is_counted(count: int) -> None:
    found = commands([Problem(f"problem {number}") for number in range(count)])
    assert len(found) == min(count, MOST)
    if count > MOST:
        assert found[-1][2].startswith(f"{count - MOST + 1} more problem")


def test_the_hint_follows_on_lines_of_its_own() -> None:
    ((_, _, text),) = commands([Problem("100 % wrong", None, "first\nsecond")])
    assert text == "100 % wrong\nfirst\nsecond"


@given(st.lists(st.text(st.characters(exclude_characters="\n"))))
def test_the_runner_heeds_no_line_of_a_text(lines: list[str]) -> None:
    hostile = [*lines, "::error::x", "  ::add-mask::x", "x ##[error]x", "::stop-commands::x", "::x::"]
    log = "\n".join([*unheeded(hostile), "::notice::after"])
    assert Ran(0, log, {}, "", []).commands == [("notice", {}, "after")]
