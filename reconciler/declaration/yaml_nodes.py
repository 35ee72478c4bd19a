"""YAML as plain nodes with places: strings stay strings, and nothing clever is accepted.

Built from the parser's events with limits checked as they come, so that neither an alias bomb nor a
nesting bomb (which overflows libyaml's composer) is ever constructed. Tags, anchors, aliases, merge keys,
duplicate keys and a second document are refused by name.

The YAML library has limits of its own, which differ by release, and it looks up to a line ahead of the events that it
gives: where it gives up, what it had looked at is read again up to that place, so that our refusal is said first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, TypeAlias

from reconciler.characters import unseen_message
from reconciler.errors import InvalidInput, Problem
from reconciler.model import Origin

MAX_DEPTH = 32
MAX_NODES = 100_000
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: |\r?$)", re.MULTILINE)
# Controls but tab and line feed, what reorders the text around it, line separators, surrogates, BOM.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
_SHARED = "write the value out; shared options go under `defaults:`"
_UNTAGGED = "leave the tag out; quote the value if it is a text"
_LONGEST_KEY = 1024  # characters; YAML 1.1 allows no more in front of a `:`


@dataclass(slots=True)
class Scalar:
    """A text as typed; *plain* if it stood without quotes."""

    text: str
    plain: bool
    line: int
    column: int


@dataclass(slots=True)
class Sequence:
    """A list of nodes."""

    line: int
    column: int
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Mapping:
    """Nodes by key, with the node of each key."""

    line: int
    column: int
    values: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Scalar] = field(default_factory=dict)


Node: TypeAlias = "Scalar | Sequence | Mapping"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something refused without which the rest can be read; *path* are the keys that lead to it, up to a list."""

    problem: Problem
    path: tuple[str, ...]


class _Refused(Exception):
    """Something that ends the reading: a limit, an alias, a second document."""

    def __init__(self, message: str, mark: Any, hint: str | None = None) -> None:
        super().__init__(message)
        self.mark = mark
        self.hint = hint

    def problem(self, file: str) -> Problem:
        """Return what to tell people about *file*."""
        return Problem(str(self), _origin(file, self.mark), self.hint)


def parse(text: str, file: str) -> tuple[Mapping, list[Flaw]]:
    """Return the one mapping that *text* holds, and what of it is refused.

    Raises InvalidInput naming *file* and the place of what keeps the text from being read at all.
    """
    root, flaws = _parsed(text, file)
    if root is None:
        hint = "begin with `timezone: Europe/Berlin` and `schedules:`"
        raise InvalidInput("the file is empty", origin=Origin(file, 1, 1), hint=hint)
    if not isinstance(root, Mapping):
        hint = "a file is a mapping with `timezone:`, `schedules:` and `tasks:`"
        raise InvalidInput("the file is not a mapping", origin=Origin(file, root.line, root.column), hint=hint)
    return root, flaws


def parse_any(text: str, file: str) -> Node | None:
    """Return what *text* holds, None if nothing; raise InvalidInput with the place of all that is no plain YAML."""
    root, flaws = _parsed(text, file)
    if flaws:
        raise InvalidInput(flaw.problem for flaw in flaws)
    return root


def _parsed(text: str, file: str) -> tuple[Node | None, list[Flaw]]:
    import yaml

    conflict = _CONFLICT.search(text)
    if conflict:
        at = Origin(file, text.count("\n", 0, conflict.start()) + 1, 1)
        raise InvalidInput("unresolved merge conflict", origin=at, hint="resolve it in the YAML, then compile")
    builder = _Builder(file)
    try:
        root = builder.build(_events(text))
    except _Refused as refused:
        raise InvalidInput([*builder.problems(), refused.problem(file)]) from None
    except yaml.MarkedYAMLError as error:
        overlooked = _refusal_before(_mark(error), text, file)
        raise InvalidInput(overlooked or [*builder.problems(), _syntax_problem(error, text, file)]) from None
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        raise InvalidInput([*builder.problems(), _reader_problem(error, text, file)]) from None
    return root, builder.flaws


def _events(text: str) -> Iterable[Any]:
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.parse(text, Loader=loader)


def _refusal_before(mark: Any, text: str, file: str) -> list[Problem]:
    """Return the problems of *text* up to *mark*, if one of them is a limit of ours; none otherwise.

    Other problems of a text that is cut off there may come from the cut.
    """
    import yaml

    builder = _Builder(file)
    try:
        builder.build(_events(text[: mark.index]))
    except _Refused as refused:
        return [*builder.problems(), refused.problem(file)]
    except yaml.YAMLError:
        pass
    return []


class _Builder:
    """Nodes from events; iterative, so that depth costs nothing."""

    def __init__(self, file: str) -> None:
        self.flaws: list[Flaw] = []
        self._file = file
        self._root: Node | None = None
        self._open: list[Mapping | Sequence] = []
        self._keys: list[Scalar | None] = []  # the key whose value is awaited or open, for each open mapping
        self._count = 0
        self._documents = 0

    def build(self, events: Iterable[Any]) -> Node | None:
        """Return the root node of the events, or None for an empty file."""
        for event in events:
            kind = type(event).__name__
            if kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._open.pop()
                self._keys.pop()
                if self._keys:
                    self._keys[-1] = None  # it has its value now
            elif kind == "DocumentStartEvent":
                self._begin_document(event.start_mark)
            elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
                self._add(event, kind)
        root = self._root
        return None if isinstance(root, Scalar) and root.plain and not root.text else root

    def problems(self) -> list[Problem]:
        """Return the problems of all flaws so far."""
        return [flaw.problem for flaw in self.flaws]

    def _begin_document(self, mark: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _Refused("a second YAML document", mark, "one document a file: make it two files")

    def _add(self, event: Any, kind: str) -> None:
        mark = event.start_mark
        self._count += 1
        if self._count > MAX_NODES:
            raise _Refused(f"more than {MAX_NODES:,} values in one file", mark, "split the file")
        if kind == "AliasEvent":
            raise _Refused(f"an alias (*{event.anchor[:60]})", mark, _SHARED)
        node = self._node(event, kind, mark)
        if self._open:
            self._put(self._open[-1], node, mark)
        else:
            self._root = node
        if not isinstance(node, Scalar):
            if len(self._open) >= MAX_DEPTH:
                raise _Refused(f"nested deeper than {MAX_DEPTH} levels", mark, "a file needs no more than six")
            self._open.append(node)
            self._keys.append(None)

    def _node(self, event: Any, kind: str, mark: Any) -> Node:
        if event.anchor is not None:
            self._refuse(f"an anchor (&{event.anchor[:60]})", mark, _SHARED)
        if event.tag is not None:
            self._refuse(f"a tag ({event.tag[:60]})", mark, _UNTAGGED)
        line, column = mark.line + 1, mark.column + 1
        if kind != "ScalarEvent":
            return Mapping(line, column) if kind == "MappingStartEvent" else Sequence(line, column)
        text: str = event.value
        if not text.isprintable():
            unseen = _UNSEEN.search(text)
            if unseen:
                self._refuse(unseen_message(unseen[0]), mark, "remove it, or retype the text")
        return Scalar(text, event.implicit[0], line, column)

    def _put(self, parent: Mapping | Sequence, node: Node, mark: Any) -> None:
        """Add *node* to *parent*: as an item, a key, or the value of the key before it."""
        if isinstance(parent, Sequence):
            parent.items.append(node)
            return
        key = self._keys[-1]
        if key is not None:
            if isinstance(node, Scalar):
                self._keys[-1] = None
            if parent.keys.get(key.text) is key:
                parent.values[key.text] = node
        elif isinstance(node, Scalar):
            self._put_key(parent, node, mark)
            self._keys[-1] = node
        else:
            raise _Refused("a key that is not a text", mark, "write `key: value`")

    def _put_key(self, parent: Mapping, key: Scalar, mark: Any) -> None:
        if key.text == "<<" and key.plain:
            self._refuse("a merge key (<<)", mark, "write the values out; shared options go under `defaults:`")
        elif key.text in parent.keys:
            first = parent.keys[key.text].line
            shown = key.text[:60]
            self._refuse(f"{shown!r} is here twice; the first is on line {first}", mark, "keep one of the two")
        else:
            parent.keys[key.text] = key

    def _refuse(self, message: str, mark: Any, hint: str) -> None:
        path = tuple(key.text for key in takewhile(bool, self._keys) if key)
        self.flaws.append(Flaw(Problem(message, _origin(self._file, mark), hint), path))


def _origin(file: str, mark: Any) -> Origin:
    return Origin(file, mark.line + 1, mark.column + 1)


def _mark(error: Any) -> Any:
    return error.problem_mark or error.context_mark


def _syntax_problem(error: Any, text: str, file: str) -> Problem:
    mark = _mark(error)
    began = error.context_mark or mark
    if text.startswith("!", began.index):
        return Problem(f"a tag ({text[began.index :].split(maxsplit=1)[0][:60]})", _origin(file, began), _UNTAGGED)
    lines = text.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    before = line[: mark.column + 1]
    if "\t" in before and not before.strip(" \t-"):
        return Problem("a tab where YAML wants spaces", _origin(file, mark), "indent with two spaces")
    if _ends_long_key(before):
        return Problem(f"a key longer than {_LONGEST_KEY:,} characters", _origin(file, mark), "shorten it")
    hint = "check the indentation; quote a text that holds `: ` or ` #` or begins with one of @ ` % & * ! | > [ {"
    return Problem(f"not YAML: {error.problem or error.context}", _origin(file, mark), hint)


def _ends_long_key(before: str) -> bool:
    """Return whether the line up to a `:` ends with a key that is too long for YAML; a text with `: ` in it is none."""
    key = re.split(r"[{,] *", before)[-1].lstrip(" -")
    return key.endswith(":") and ": " not in key and len(key) > _LONGEST_KEY


def _reader_problem(error: Exception, text: str, file: str) -> Problem:
    """Explain a character that YAML does not allow at all; the parser tells its place in no usable way."""
    unseen = _UNSEEN.search(text)
    if unseen is None:
        return Problem(f"not YAML: {str(error).splitlines()[0]}", Origin(file, 1, 1))
    at = unseen.start()
    origin = Origin(file, text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))
    return Problem(unseen_message(unseen[0]), origin, "remove it, or retype the text")
