"""YAML is read without cleverness, and hostile YAML is refused before anything is built."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declaration.yaml_nodes import Scalar, parse
from reconciler.errors import InvalidInput, Problem


def refusals(text: str) -> list[str]:
    try:
        _, flaws = parse(text, "x.yaml")
    except InvalidInput as error:
        return [str(problem) for problem in error.problems]
    assert flaws
    return [str(flaw.problem) for flaw in flaws]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["x.yaml:1:1: the file is empty"]),
        ("# only this\n", ["x.yaml:1:1: the file is empty"]),
        ("- a\n", ["x.yaml:1:1: the file is not a mapping"]),
        ("a: 1\nb: 2\na: 3\n", ["x.yaml:3:1: 'a' is here twice; the first is on line 1"]),
        ("a: !!python/name:os x\n", ["x.yaml:1:4: a tag (tag:yaml.org,2002:python/name:os)"]),
        ("a: &b [*b]\n", ["x.yaml:1:4: an anchor (&b)", "x.yaml:1:8: an alias (*b)"]),
        ("a:\n  <<: {b: c}\n", ["x.yaml:2:3: a merge key (<<)"]),
        ("a: b\n---\nc: d\n", ["x.yaml:2:1: a second YAML document"]),
        ("? [a]\n: b\n", ["x.yaml:1:3: a key that is not a text"]),
        ("a:\n\tb: c\n", ["x.yaml:2:1: a tab where YAML wants spaces"]),
        (
            'a: "x\\u202ey"\n',
            ["x.yaml:1:4: an invisible character that reorders the text: RIGHT-TO-LEFT OVERRIDE (U+202E)"],
        ),
        ("a: x\x01y\n", ["x.yaml:1:5: an invisible character: CONTROL CHARACTER (U+0001)"]),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n", ["x.yaml:2:1: unresolved merge conflict"]),
        ("a: 1\r\n<<<<<<< HEAD\r\nb: 1\r\n=======\r\n", ["x.yaml:2:1: unresolved merge conflict"]),
    ],
)
def test_what_is_refused_is_named_with_its_place(text: str, expected: list[str]) -> None:
    assert refusals(text) == expected


def test_several_refusals_come_in_one_go() -> None:
    assert len(refusals("a: &x 1\na: !t 2\nb: 1\nb: 2\n")) == 4


@pytest.mark.parametrize("text", ["a: " + "[" * 100_000, "{a: " * 50_000, "- " * 100_000])
@pytest.mark.timeout(5)
def test_deep_nesting_is_refused_before_anything_overflows(text: str) -> None:
    assert "nested deeper than 32 levels" in refusals(text)[0]


@pytest.mark.timeout(10)
def test_too_many_values_are_refused() -> None:
    assert "more than 100,000 values" in refusals("a: [" + "1," * 100_001 + "]")[0]


@pytest.mark.parametrize("typed", ["on", "NO", "09:00", "9:00", "010", "2026-01-01", "1_000", "1e3", "0x1f", ".inf"])
def test_a_scalar_is_the_text_that_was_typed(typed: str) -> None:
    node = parse(f"a: {typed}\n", "x.yaml")[0].values["a"]
    assert node == Scalar(typed, plain=True, line=1, column=4)


def test_a_quoted_text_is_told_from_a_plain_one() -> None:
    root, _ = parse("a: ''\nb: 'true'\nc:\n", "x.yaml")
    assert [root.values[key].plain for key in "abc" if isinstance(root.values[key], Scalar)] == [False, False, True]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        problems = tuple(flaw.problem for flaw in parse(text, "x.yaml")[1])
    except InvalidInput as error:
        problems = error.problems
    assert all(problem.origin is not None and problem.origin.line >= 1 for problem in problems)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a:\n  b:\n    c: &x 1\n", ("a", "b", "c")),
        ("a:\n  b:\n    c: {d: 1}\n    e: &x 1\n", ("a", "b", "e")),
        ("a:\n  b:\n    c: 1\n    c: 2\n", ("a", "b")),
        ("a:\n  b: {}\n  b: {}\n", ("a",)),
        ("a:\n  b: [1, &x 2]\n", ("a", "b")),
        ('a:\n  b: {}\n  "c\\u202e": {}\n', ("a",)),
        ("a: {b: {}}\nc: &x 1\n", ("c",)),
    ],
)
def test_a_flaw_knows_what_it_is_in(text: str, path: tuple[str, ...]) -> None:
    (flaw,) = parse(text, "x.yaml")[1]
    assert flaw.path == path
