"""The lockfile as text: `dumps`, `loads` and `salvage`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from reconciler.errors import LockInvalid, Problem
from reconciler.lockfile.declared import own_timing
from reconciler.lockfile.entries import checksum, entry_from_json, entry_to_json, fields_checksum
from reconciler.lockfile.freezes import NAME, freeze_checksum, freeze_from_json, freeze_to_json
from reconciler.lockfile.unions import MONTH_DAYS
from reconciler.model import Freeze, Json, Lock, LockEntry, Origin, digest, parse_json
from reconciler.timing import FieldError

_NEEDED = {MONTH_DAYS: 2}
"""The fields that the first release did not know, each with the version that a reader of it must know."""
VERSION = max(_NEEDED.values())
_LISTS = ("cron", MONTH_DAYS, "holidays")
"""The fields that are written an item a line."""
_HEADER = "# Written by `reconcile compile`. Review it, do not edit it.\n"
_VERSION_LINE = re.compile(r"version: ([0-9]{1,9})")
_ID_LINE = re.compile(r"([A-Za-z][A-Za-z0-9._-]{0,99}):")
_CHECKSUM_LINE = re.compile(r'^  checksum: "(sha256:[0-9a-f]{64})"$', re.MULTILINE)
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})(?: .*)?$", re.MULTILINE)
_ENCODER = json.JSONEncoder(ensure_ascii=False)
HEAL = "run `reconcile compile` and review the difference"


def dumps(lock: Lock) -> str:
    """Return *lock* as text; the same lock gives the same bytes."""
    blocks = [freeze_block(lock.freeze)] if lock.freeze else []
    return document([*blocks, *(block(entry) for _, entry in sorted(lock.entries.items()))])


def document(blocks: Iterable[str]) -> str:
    """Return the file that holds *blocks*, each of which ends its last line; its version is the least that will do."""
    body = "\n".join(["", *blocks])
    return f"{_HEADER}version: {_version_of(body)}\n{body}"


def _version_of(text: str) -> int:
    """Return the version that a reader of *text* must know: 1 unless a field of it came later."""
    return max((version for key, version in _NEEDED.items() if f"\n  {key}:" in text), default=1)


def block(entry: LockEntry) -> str:
    """Return the lines of *entry*."""
    fields = entry_to_json(entry)
    return _lines(entry.id, fields, fields_checksum(entry.id, fields))


def freeze_block(freeze: Freeze) -> str:
    """Return the lines of *freeze*."""
    return _lines(NAME, freeze_to_json(freeze), freeze_checksum(freeze))


def _lines(name: str, fields: dict[str, Json], held: str) -> str:
    source = fields.pop("source")
    fields |= {"checksum": held, "source": source}
    lines = [f"{name}:"]
    for key, value in fields.items():
        if key in _LISTS:
            lines.append(f"  {key}:")
            lines += [f"    - {_json(member)}" for member in cast("list[Json]", value)]
        else:
            lines.append(f"  {key}: {_json(value)}")
    return "\n".join(lines) + "\n"


def _json(value: Json) -> str:
    """Return *value* as one line of JSON in which every character that does not print is escaped."""
    match value:
        case str():
            text = _ENCODER.encode(value)
            if text.isprintable():
                return text
            return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
        case list():
            return "[" + ", ".join(map(_json, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{_json(key)}: {_json(item)}" for key, item in value.items()) + "}"
        case _:
            return _ENCODER.encode(value)


@dataclass(frozen=True, slots=True)
class _Block:
    """The lines of one entry as found: its id, the line number of the id, and the text."""

    id: str
    line: int
    text: str


def loads(text: str, *, file: str) -> Lock:
    """Return the lock that `dumps` wrote as *text*.

    Raises LockInvalid naming *file* and line for every entry that is not exactly what `dumps` writes.
    """
    return Reader().loads(text, file=file)


class Reader:
    """Reads a lockfile again and again: an entry whose lines are as they were is the same object as before.

    *digest* is the `lock_digest` of what was read last, from the checksums in it, which were checked.
    """

    def __init__(self) -> None:
        self._known: dict[str, LockEntry] = {}
        self.digest = ""

    def loads(self, text: str, *, file: str) -> Lock:
        """Do what the function `loads` does, and no more work than what changed since the last time."""
        problems = [*_header_problems(text, file)]
        known: dict[str, LockEntry] = {}
        if not problems:
            for found in _blocks(text):
                try:
                    known[found.text] = self._known.get(found.text) or _parse(found)
                except _Rejected as rejected:
                    problems.append(Problem(str(rejected), Origin(file, found.line, 1), HEAL))
            problems += _order_problems(text, file)
        freeze: Freeze | None = None
        try:
            freeze = _frozen(text)
        except _Rejected as rejected:
            problems.append(Problem(str(rejected), Origin(file, _line_of(NAME, text), 1), HEAL))
        if problems:
            raise LockInvalid(problems)
        self._known = known
        self.digest = _digest(known, freeze)
        return Lock({entry.id: entry for entry in known.values()}, freeze)


def _digest(known: Mapping[str, LockEntry], freeze: Freeze | None) -> str:
    held = {NAME: freeze_checksum(freeze)} if freeze else {}
    for text, entry in known.items():
        found = _CHECKSUM_LINE.search(text)
        assert found is not None
        held[entry.id] = found[1]
    return digest(held)


def _frozen(text: str) -> Freeze | None:
    """Return the freeze that *text* begins with; raise _Rejected unless `dumps` would write it so."""
    start = text.find(f"\n{NAME}:\n") + 1
    if not start:
        return None
    found = text[start:].partition("\n\n")[0].removesuffix("\n") + "\n"
    try:
        fields = _fields(found)
        freeze = freeze_from_json(fields)
        written = freeze_block(freeze)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Rejected(f"{NAME}: {_what(error)}") from None
    if written == found:
        return freeze
    if fields.get("checksum") != freeze_checksum(freeze):
        raise _Rejected(f"{NAME}: it does not match its checksum: edited by hand, or merged badly")
    raise _Rejected(f"{NAME}: it is not written the way `reconcile compile` writes it")


def _line_of(name: str, text: str) -> int:
    return text[: text.index(f"{name}:")].count("\n") + 1


def salvage(text: str) -> Lock:
    """Return the entries of a damaged or conflicted lockfile whose checksum still holds, each once.

    An id that appears twice with different answers, as both sides of a merge conflict may, is left out; where
    both give the same answer, the rest of the entry comes from the declaration anyhow.
    """
    kept: dict[str, LockEntry] = {}
    torn: set[str] = set()
    for found in _blocks("\n".join(line for line in text.splitlines() if not _CONFLICT.match(line)) + "\n"):
        with suppress(_Rejected):
            entry = _parse(found)
            if _answer(kept.get(found.id, entry)) != _answer(entry):
                torn.add(found.id)
            kept[found.id] = entry
    freeze: Freeze | None = None
    if text.count(f"\n{NAME}:\n") == 1 and not _CONFLICT.search(text.partition(f"\n{NAME}:\n")[2].partition("\n\n")[0]):
        with suppress(_Rejected):
            freeze = _frozen(text)
    return Lock({id: entry for id, entry in sorted(kept.items()) if id not in torn}, freeze)


def _answer(entry: LockEntry) -> tuple[object, ...]:
    """Return the question of *entry* and its answer, which no declaration can give again."""
    asked = (entry.when, entry.timezone_from_phrase, entry.conventions)
    return (*asked, own_timing(entry), entry.evidence, entry.compiled_by, entry.assumptions)


def is_newer(text: str) -> bool:
    """Return whether *text* says it is of a newer format than this program writes."""
    version = _VERSION_LINE.search(text)
    return version is not None and int(version[1]) > VERSION


class _Rejected(Exception):
    """A block that `dumps` did not write."""


def _header_problems(text: str, file: str) -> Iterator[Problem]:
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        hint = "run `reconcile compile`: it keeps what both sides agree on and compiles the rest"
        yield Problem("unresolved merge conflict", Origin(file, line, 1), hint)
        return
    if "\r" in text:
        hint = f"add `*.lock text eol=lf` to .gitattributes, then {HEAL}"
        yield Problem("lines end in CRLF", Origin(file, 1, 1), hint)
        return
    version = next((match for line in text.split("\n", 2)[:2] if (match := _VERSION_LINE.fullmatch(line))), None)
    if version is None:
        yield Problem("this is not a lockfile: the second line does not name a version", Origin(file, 1, 1), HEAL)
    elif int(version[1]) > VERSION:
        message = f"lockfile version {version[1]}; this program reads versions up to {VERSION}"
        yield Problem(message, Origin(file, 2, 1), "it was written by a newer release: upgrade reconcile")
    elif int(version[1]) != (needed := _version_of(text)):
        yield Problem(f"lockfile version {version[1]}; what it holds is version {needed}", Origin(file, 2, 1), HEAL)


def _blocks(text: str) -> Iterator[_Block]:
    """Yield every run of lines that begins with an id at column 0 and goes on indented."""
    start, current = 0, ""
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if current and not line.startswith("  "):
            yield _Block(current, start, "\n".join(lines[start - 1 : number - 1]) + "\n")
            current = ""
        match = _ID_LINE.fullmatch(line)
        if match:
            start, current = number, match[1]


def _parse(found: _Block) -> LockEntry:
    """Return the entry that *found* holds; raise _Rejected unless `dumps` would write just this text."""
    try:
        fields = _fields(found.text)
        entry = entry_from_json(found.id, fields)
        written = block(entry)  # fails for half a surrogate pair, which JSON can hold and UTF-8 cannot
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _Rejected(f"{found.id}: {_what(error)}") from None
    if written == found.text:
        return entry
    if fields.get("checksum") != checksum(entry):
        raise _Rejected(f"{found.id}: the entry does not match its checksum: edited by hand, or merged badly")
    raise _Rejected(f"{found.id}: the entry is not written the way `reconcile compile` writes it")


def _what(error: Exception) -> str:
    match error:
        case KeyError():
            return f"the field {error.args[0]!r} is missing"
        case FieldError() | json.JSONDecodeError():
            return f"the entry is damaged ({error})"
        case ValueError():
            return f"the entry is damaged ({error})"
        case _:
            return "a field has the wrong type"


def _fields(text: str) -> dict[str, Any]:
    """Return the fields of a block; whatever else its lines may hold shows when they are written again."""
    items: list[str] = []
    lists: dict[str, list[str]] = {}
    parts: list[str] = []
    for line in text.split("\n")[1:-1]:
        if line.startswith("    - "):
            items.append(line[6:])
        elif line[2:-1] in _LISTS and line[-1] == ":":
            items = lists[line[2:-1]] = []
        else:
            key, colon, value = line[2:].partition(": ")
            if not colon:
                raise ValueError(f"line {line.strip()[:40]!r} is not `key: value`")
            parts.append(f'"{key}":{value}')
    parts += [f'"{key}":[{",".join(values)}]' for key, values in lists.items()]
    fields: dict[str, Any] = parse_json("{" + ",".join(parts) + "}")
    return fields


def _order_problems(text: str, file: str) -> Iterator[Problem]:
    """Yield a problem for the first line that belongs to no entry, and for ids that repeat or are out of order."""
    previous = ""
    inside = frozen = False
    for number, line in enumerate(text.split("\n"), 1):
        match = _ID_LINE.fullmatch(line)
        if match:
            inside = True
            if match[1] <= previous:
                what = "appears twice" if match[1] == previous else f"stands after {previous}"
                yield Problem(f"{match[1]}: the entry {what}", Origin(file, number, 1), HEAL)
                return
            previous = match[1]
        elif line == f"{NAME}:" and not previous and not frozen:
            inside = frozen = True
        elif not line:
            inside = False
        elif not (inside and line.startswith("  ")) and number > 2:
            yield Problem("this line belongs to no entry", Origin(file, number, 1), HEAL)
            return
    if not _ends_whole(text):
        yield Problem("the file is cut short", Origin(file, text.count("\n") + 1, 1), HEAL)


def _ends_whole(text: str) -> bool:
    """Return whether *text* ends the way `dumps` ends it: one newline, no blank line."""
    return text.endswith("\n") and not text.endswith("\n\n")
