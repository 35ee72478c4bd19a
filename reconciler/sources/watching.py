"""File events as hints that a directory may have changed; what changed is decided by looking.

An event says when to look, never what to believe: a ConfigMap swap names no YAML file, a replaced
directory falls silent, a busy one floods the queue. So the watch covers the directory and its parent,
is armed again whenever the directory is another one than before, and the caller looks at least once a
minute whether or not there was an event.
"""

from __future__ import annotations

import hashlib
import logging
import stat
from collections.abc import Callable, Iterator
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


class Watch:
    """Calls *hint* (from a thread of its own) when something may have changed in *directory*."""

    def __init__(self, directory: Path, hint: Callable[[], None]) -> None:
        self._directory = directory
        self._hint = hint
        self._observer: BaseObserver | None = None
        self._armed: tuple[tuple[int, int] | None, ...] = ()
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
        places = (self._directory.absolute().parent, self._directory.resolve())
        present = tuple(_identity(place) for place in places)
        same = present == self._armed and not self._replaced
        if same and self._observer is not None and self._observer.is_alive():
            return
        self._disarm()
        self._armed, self._replaced = present, False
        try:
            self._observe([place for place, found in zip(places, present, strict=True) if found])
        except (OSError, RuntimeError) as error:  # no descriptors, no watches, no threads
            self._disarm()  # what did start holds descriptors and a thread
            if not self._blind:
                why = getattr(error, "strerror", None) or error
                log.warning("file events are not available (%s); looking every two seconds instead", why)
            self._blind = True
        else:
            self._blind = False

    def _observe(self, places: list[Path]) -> None:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        outer = self

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in _READING:
                    return
                if event.is_directory and event.event_type in _REPLACING:
                    outer._replaced = True
                outer._hint()

        self._observer = observer = Observer()
        for place in dict.fromkeys(places):
            observer.schedule(Handler(), str(place), recursive=False)
        observer.start()

    def _disarm(self) -> None:
        if self._observer is not None:
            self._observer.stop()
            with suppress(RuntimeError):  # it never started
                self._observer.join(5)
            self._observer = None


def _identity(place: Path) -> tuple[int, int] | None:
    try:
        found = place.stat()
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None


def fingerprint(directory: Path, suffixes: tuple[str, ...]) -> str:
    """Return a digest of the names and contents of *directory*'s files that end in one of *suffixes*.

    What cannot be read counts by its error, so that a change from readable to not, or back, is a change.
    """
    total = hashlib.sha256()
    for name, content in _contents(directory, suffixes):
        total.update(f"{len(name)}:{name}:{len(content)}:".encode())
        total.update(content)
    return total.hexdigest()


def _contents(directory: Path, suffixes: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    try:
        names = sorted(path.name for path in directory.iterdir() if path.name.endswith(suffixes))
    except OSError as error:
        yield "", str(error.errno).encode()
        return
    for name in names:
        path = directory / name
        try:
            # a FIFO or a device would hang a read
            yield name, path.read_bytes() if stat.S_ISREG(path.stat().st_mode) else b"not a file"
        except OSError as error:
            yield name, str(error.errno).encode()
