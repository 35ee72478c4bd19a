"""The files of a schedules directory, opened so that nothing in it can hang, leak or lead astray."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from time import sleep

from reconciler.errors import InvalidInput
from reconciler.model import Origin

MAX_BYTES = 1 << 20
_SUFFIXES = (".yaml", ".yml")
_BOM = "\ufeff"
_TRIES = 5
_PAUSE = 0.02  # seconds; a save takes less


def schedule_files(directory: Path) -> list[Path]:
    """Return the YAML files of *directory*, sorted; hidden files (editors' and ConfigMaps') are left out.

    Raises InvalidInput if there is no such directory, or no YAML in it.
    """
    try:
        names = sorted(entry.name for entry in os.scandir(directory))
    except NotADirectoryError:
        hint = "schedules are the *.yaml files of a directory; name the project with -C DIR"
        raise InvalidInput(f"{directory} is not a directory", hint=hint) from None
    except FileNotFoundError:
        hint = "run `reconcile init` for a starter, or name the project with -C DIR"
        raise InvalidInput(f"there is no directory {directory}", hint=hint) from None
    except OSError as error:
        raise InvalidInput(f"{directory}: {error.strerror}") from None
    found = [directory / name for name in names if is_schedule_file(name)]
    if not found:
        hint = "run `reconcile init` for a starter, or add a file such as schedules/backups.yaml"
        raise InvalidInput(f"there are no schedules in {directory}", hint=hint)
    return found


def is_schedule_file(name: str) -> bool:
    """Return whether a file called *name* is one of schedules: YAML, and not hidden."""
    return name.endswith(_SUFFIXES) and not name.startswith(".")


def read_schedule_file(path: Path, name: str) -> str:
    """Return the text of the file *path*, called *name* in messages.

    Raises InvalidInput for whatever is not a regular UTF-8 file of at most 1 MiB inside its directory.
    """
    at = Origin(name, 1, 1)
    try:
        target = _target(path, at)
        _check_kind(target.stat(), at)
        data = _content(target, at)
    except OSError as error:
        raise InvalidInput(f"cannot be read: {error.strerror}", origin=at, hint="mend its permissions") from None
    if len(data) > MAX_BYTES:
        hint = "split it: every *.yaml of the directory is read"
        raise InvalidInput(f"larger than {MAX_BYTES:,} bytes", origin=at, hint=hint)
    return _decoded(data, at)


def _target(path: Path, at: Origin) -> Path:
    """Return what *path* leads to, inside its directory: another target's content would end up in messages."""
    try:
        target = path.resolve(strict=True)
    except FileNotFoundError:
        if not path.is_symlink():
            raise InvalidInput("gone since the directory was read", origin=at, hint="try again") from None
        raise InvalidInput("a symbolic link to nothing", origin=at, hint="remove it, or mend its target") from None
    except (OSError, RuntimeError):
        hint = "remove it, or mend its target"
        raise InvalidInput("a symbolic link that cannot be followed", origin=at, hint=hint) from None
    if not target.is_relative_to(path.parent.resolve()):
        hint = "put the file itself into the directory"
        raise InvalidInput("a symbolic link that leads out of the directory", origin=at, hint=hint)
    return target


def _check_kind(found: os.stat_result, at: Origin) -> None:
    if stat.S_ISREG(found.st_mode):
        return
    kinds = ((stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a FIFO"), (stat.S_ISSOCK, "a socket"))
    kind = next((name for test, name in kinds if test(found.st_mode)), "a device")
    raise InvalidInput(f"{kind}, not a file", origin=at, hint="rename or remove it")


def _content(target: Path, at: Origin) -> bytes:
    """Return the first bytes of a file that stood still meanwhile, one more than allowed at the most."""
    descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        for _ in range(_TRIES):
            before = os.fstat(descriptor)
            _check_kind(before, at)
            file.seek(0)
            data = file.read(MAX_BYTES + 1)
            after = os.fstat(descriptor)
            if (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns):
                return data
            sleep(_PAUSE)
    raise InvalidInput("changes while it is being read", origin=at, hint="try again when it has been saved")


def _decoded(data: bytes, at: Origin) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
        line = data.count(b"\n", 0, error.start) + 1
        what = "UTF-16, not UTF-8" if wide else "not UTF-8"
        raise InvalidInput(what, origin=Origin(at.file, line, 1), hint="save the file as UTF-8") from None
    for number, column in _nulls(text):
        raise InvalidInput("a NUL character", origin=Origin(at.file, number, column), hint="save it as UTF-8 text")
    return text.removeprefix(_BOM)


def _nulls(text: str) -> Iterator[tuple[int, int]]:
    at = text.find("\0")
    if at >= 0:
        yield text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
