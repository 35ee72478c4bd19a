"""YAML is read without cleverness, and hostile YAML is refused before anything is built."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.declaration.yaml_nodes import MAX_NODES, Scalar, parse
from reconciler.errors import InvalidInput, Problem

DEEP = "x.yaml:{}: nested deeper than 32 levels"


class Shallow(yaml.SafeLoader):
    """A YAML library that gives up at 40 levels, and looks ahead of its events as the real ones do."""

    def fetch_flow_collection_start(self, kind: Any) -> None:
        self.give_up_beyond(self.flow_level)
        super().fetch_flow_collection_start(kind)  # type: ignore[misc]

    def add_indent(self, column: int) -> bool:
        self.give_up_beyond(len(self.indents))
        return bool(super().add_indent(column))  # type: ignore[misc]

    def give_up_beyond(self, levels: int) -> None:
        if levels > 40:
            raise yaml.scanner.ScannerError("while going deeper", self.get_mark(), "too deep for me", self.get_mark())


Library = Callable[[pytest.MonkeyPatch], None]
LIBRARIES: dict[str, Library] = {
    "in C": lambda patch: None if hasattr(yaml, "CSafeLoader") else pytest.skip("PyYAML was built without libyaml"),
    "in Python": lambda patch: patch.delattr(yaml, "CSafeLoader", raising=False),
    "a shallow one": lambda patch: patch.setattr(yaml, "CSafeLoader", Shallow, raising=False),
}


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever YAML library there is; one without libyaml is slower."""
    LIBRARIES[request.param](monkeypatch)


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
        ("a: !e!x y\n", ["x.yaml:1:4: a tag (!e!x)"]),
        ("a: !e! y\n", ["x.yaml:1:4: a tag (!e!)"]),
        ("a: !<x\n", ["x.yaml:1:4: a tag (!<x)"]),
        ("a" * 2000 + ": b\n", ["x.yaml:1:2001: a key longer than 1,024 characters"]),
        ("a: {'" + "b" * 2000 + "': c}\n", ["x.yaml:1:2007: a key longer than 1,024 characters"]),
        ("a: \ud800\n", ["x.yaml:1:4: an invisible character: NO CHARACTER (U+D800)"]),
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


BLOCK = "\n".join(" " * level + "a:" for level in range(1000))


@pytest.mark.usefixtures("library")
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: " + "[" * 100_000, [DEEP.format("1:35")], id="lists on one line"),
        pytest.param("a: " + "[ " * 50_000, [DEEP.format("1:66")], id="lists with spaces between"),
        pytest.param("a: " + "[\n" * 50_000, [DEEP.format("32:1")], id="lists on lines of their own"),
        pytest.param("{a: " * 50_000, [DEEP.format("1:129")], id="mappings on one line"),
        pytest.param("- " * 100_000, [DEEP.format("1:65")], id="lists in block form"),
        pytest.param(BLOCK, [DEEP.format("33:33")], id="mappings in block form"),
        pytest.param("? " * 2000, ["x.yaml:1:3: a key that is not a text"], id="mappings as keys"),
        pytest.param("# ü😀\nä: 😀\nö: " + "[" * 9000, [DEEP.format("3:35")], id="after what is no ASCII"),
        pytest.param("a: 1\r\nb: " + "[" * 9000, [DEEP.format("2:35")], id="after a line of Windows"),
        pytest.param("a: " + "[" * 33 + "@", [DEEP.format("1:35")], id="before what is no YAML"),
        pytest.param(
            "a: 1\na: 2\nb: " + "[" * 9000,
            ["'a' is here twice; the first is on line 1", DEEP.format("3:35")],
            id="after others",
        ),
        pytest.param("a: [*b, " + "[" * 9000, ["x.yaml:1:5: an alias (*b)"], id="after an alias"),
        pytest.param("a: b\n--- " + "[" * 9000, ["x.yaml:2:1: a second YAML document"], id="in a second document"),
        pytest.param("a: !x@ " + "[" * 9000, ["x.yaml:1:4: a tag (!x@)", DEEP.format("1:39")], id="under a tag"),
    ],
)
def test_our_limits_are_told_first_whatever_the_library_does(text: str, expected: list[str]) -> None:
    found = refusals(text)
    assert len(found) == len(expected)
    assert all(shown.endswith(one) for one, shown in zip(expected, found, strict=True))


@pytest.mark.usefixtures("library")
def test_as_many_levels_as_are_allowed_are_read() -> None:
    assert parse("a: " + "[" * 31 + "]" * 31, "x.yaml")[0].values
    assert "not YAML" in refusals("a: " + "[" * 31 + "@")[-1]


@pytest.mark.timeout(10)
def test_too_many_values_are_refused() -> None:
    assert refusals("a: [" + "1," * MAX_NODES + "[" * 9000) == ["x.yaml:1:199999: more than 100,000 values in one file"]


@pytest.mark.timeout(10)
def test_a_file_of_a_mebibyte_is_refused_as_fast_as_it_is_read() -> None:
    lines = "a: [b, c]\n" + "".join(f"k{number:05}: {'x' * 32}\n" for number in range(24_000))
    assert "not YAML" in refusals(lines + "b: @")[0]


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
