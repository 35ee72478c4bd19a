"""File events as hints that a directory may have changed; what changed is decided by looking.

An event says when to look, never what to believe: a ConfigMap swap names no YAML file, a replaced
directory falls silent, a busy one floods the queue. So the watch covers the directory, its place in its
parent and those of the links that lead to it, is armed again whenever one of them is another than before,
and the caller looks at least once a minute whether or not there was an event.
"""

from __future__ import annotations

import hashlib
import logging
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from watchdog.events import FileSystemEvent
    from watchdog.observers.api import BaseObserver

log = logging.getLogger(__name__)

_READING = frozenset({"opened", "closed_no_write"})  # our own looks cause these
_REPLACING = frozenset({"created", "deleted", "moved"})  # a new directory may have the inode number of the old one
_MOST_LINKS = 40  # as many as Linux follows


class Watch:
    """Calls *hint* (from a thread of its own) when something may have changed in *directory*."""

    def __init__(self, directory: Path, hint: Callable[[], None]) -> None:
        self._directory = directory
        self._hint = hint
        self._observer: BaseObserver | None = None
        self._armed: list[tuple[Path, tuple[int, int] | None]] = []
        self._blind = False
        self._replaced = False

    def __enter__(self) -> Watch:
        self.arm()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._disarm()

    @property
    def blind(self) -> bool:
        """Return whether the system refuses events (no inotify watches left), so that only looking helps."""
        return self._blind

    def arm(self) -> None:
        """Watch the directory that is there now; cheap when it is the one already watched."""
        places = _places(self._directory)
        present = _present(places)
        same = present == self._armed and not self._replaced
        if same and self._observer is not None and self._observer.is_alive():
            return
        self._disarm()
        self._armed, self._replaced = present, False
        try:
            self._observe({place: places[place] for place, found in present if found})
        except (OSError, RuntimeError) as error:  # no descriptors, no watches, no threads
            self._disarm()  # what did start holds descriptors and a thread
            if not self._blind:
                why = getattr(error, "strerror", None) or error
                log.warning("file events are not available (%s); looking every two seconds instead", why)
            self._blind = True
        else:
            self._blind = False
            if _present(_places(self._directory)) != present:  # one was replaced before its watch was there
                self._replaced = True
                self._hint()

    def _observe(self, places: Mapping[Path, frozenset[str]]) -> None:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        outer = self

        class Handler(FileSystemEventHandler):
            def __init__(self, place: Path) -> None:
                self._names = places[place]
                self._self = str(place)

            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in _READING or not self._matters(event):
                    return
                if event.is_directory and event.event_type in _REPLACING:
                    outer._replaced = True
                outer._hint()

            def _matters(self, event: FileSystemEvent) -> bool:
                if not self._names:
                    return True
                touched = (os.fsdecode(event.src_path), os.fsdecode(event.dest_path))
                gone = event.event_type == "deleted" and touched[0] == self._self
                return gone or any(Path(path).name in self._names for path in touched)

        self._observer = observer = Observer()
        for place in places:
            observer.schedule(Handler(place), str(place), recursive=False)
        observer.start()

    def _disarm(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            with suppress(RuntimeError):  # it never started
                self._observer.join(5)
            self._observer = None


def _places(directory: Path) -> dict[Path, frozenset[str]]:
    """Return the directories to watch, and which names in them matter; no name: all of them.

    Besides *directory* itself these are the directories in which it, and each link on the way to it, has its name.
    They are real ones: a watch on a link may be one on the link itself.
    """
    path = directory.absolute()
    named: dict[Path, set[str]] = {_real(path.parent): {path.name}}
    for link in _links(path):
        named.setdefault(_real(link.parent), set()).add(link.name)
    return {place: frozenset(names) for place, names in named.items()} | {_real(path): frozenset()}


def _present(places: Iterable[Path]) -> list[tuple[Path, tuple[int, int] | None]]:
    return [(place, _identity(place)) for place in places]


def _links(path: Path) -> set[Path]:
    """Return the links on the way to *path*, those included that other links lead over."""
    found: set[Path] = set()
    ways = [path]
    while ways and len(found) < _MOST_LINKS:
        way = ways.pop()
        for link in {place for place in (way, *way.parents) if place.is_symlink()} - found:
            found.add(link)
            with suppress(OSError):
                ways.append(link.parent / link.readlink())
    return found


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except RuntimeError:  # a link that leads to itself, until Python 3.13
        return path


def _identity(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def fingerprint(directory: Path, suffixes: tuple[str, ...]) -> str:
    """Return a digest of the names and contents of *directory*'s files that end in one of *suffixes*.

    Hidden ones, such as the links that Emacs makes beside what it edits, do not count. What cannot be read counts
    by its error, so that a change from readable to not, or back, is a change.
    """
    total = hashlib.sha256()
    for name, content in _contents(directory, suffixes):
        total.update(f"{len(name)}:{name}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def _contents(directory: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    try:
        names = _names(directory, suffixes)
    except OSError as error:
        yield "", str(error.errno).encode()
        return
    for name in names:
        try:
            yield name, _content(directory / name)
        except OSError as error:
            yield name, str(error.errno).encode()


def _names(directory: Path, suffixes: tuple[str, ...]) -> list[str]:
    names = (entry.name for entry in os.scandir(directory))
    return sorted(name for name in names if name.endswith(suffixes) and not name.startswith("."))


def _content(path: Path) -> bytes:
    """Return the digest of a file of any size; a FIFO would hang a read."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b"not a file"
        return hashlib.file_digest(file, "sha256").digest()


def outlines(directory: Path, suffixes: tuple[str, ...]) -> dict[str, tuple[int, int, int]]:
    """Return inode, size and modification time of the files that `fingerprint` reads; none of those that are gone.

    Cheap, and enough to see whether somebody is at work on them.
    """
    found = {}
    with suppress(OSError):
        for name in _names(directory, suffixes):
            with suppress(OSError):
                file = (directory / name).stat()
                found[name] = (file.st_ino, file.st_size, file.st_mtime_ns)
    return found
