"""The lockfile of a directory is taken whole: what is on its way, torn or gone for a moment is never what it says."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.errors import LockInvalid, ReconcileError
from reconciler.lockfile import dumps
from reconciler.model import Lock
from reconciler.sources.directory import DirectorySource, Snapshot
from tests.builders import entry

STEP = 0.02  # a writer at 50 Hz


class World:
    """A lockfile, the source that reads it, and a writer that goes on only while the source waits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: Iterator[None] = iter(())
        self.source = DirectorySource(path, name="schedules.lock", root=path.parent, pause=self.pass_)

    def pass_(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP)):
            next(self.writer, None)

    def poll(self) -> tuple[list[str] | ReconcileError, bool]:
        found, news = self.source.poll()
        return (list(found.lock.entries) if isinstance(found, Snapshot) else found), news


def text(*ids: str) -> str:
    return dumps(Lock({id: entry(id) for id in ids}))


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "schedules.lock")
    made.path.write_text(text("a", "b", "c"))
    assert made.poll() == (["a", "b", "c"], True)
    return made


def slowly(path: Path, pieces: list[str]) -> Iterator[None]:
    path.write_text("")
    for piece in pieces:
        yield
        with path.open("a") as file:
            file.write(piece)


def test_the_same_bytes_are_no_news(world: World) -> None:
    world.path.write_text(text("a", "b", "c"))
    assert world.poll() == (["a", "b", "c"], False)


def test_a_file_written_in_pieces_is_taken_whole_wherever_it_is_looked_at(tmp_path: Path) -> None:
    ids = [f"job-{number:03}" for number in range(60)]
    new = text(*ids, "job-new")
    # each piece ends with an entry, so that all of them look like whole lockfiles
    pieces = [piece + "\n\n" for piece in new.removesuffix("\n").split("\n\n")]
    pieces[-1] = pieces[-1].removesuffix("\n")
    assert "".join(pieces) == new
    for late in range(len(pieces)):
        world = World(tmp_path / f"{late}.lock")
        world.path.write_text(text(*ids))
        world.poll()
        world.writer = slowly(world.path, pieces)
        world.pass_(late * STEP)
        found = [world.poll()]
        while not found[-1][1]:
            world.pass_(0.1)
            found.append(world.poll())
        assert [jobs for jobs, news in found if news] == [[*ids, "job-new"]], f"looked at after {late} pieces"
        assert all(jobs == ids for jobs, news in found if not news)


def test_a_pause_of_the_writer_between_two_entries_deletes_nothing(world: World) -> None:
    def writer() -> Iterator[None]:
        world.path.write_text(text("a", "b"))
        for _ in range(round(0.4 / STEP)):
            yield
        world.path.write_text(text("a", "b", "c", "d"))

    world.writer = writer()
    next(world.writer)
    assert world.poll() == (["a", "b", "c", "d"], True)


def test_what_is_cut_off_for_good_is_believed(world: World) -> None:
    world.path.write_text(text("a", "b"))
    assert world.poll() == (["a", "b"], True)


def test_a_file_that_keeps_changing_stays_what_it_was_until_it_stands_still(world: World) -> None:
    def writer() -> Iterator[None]:
        for number in range(1000):
            world.path.write_text(text("a", "b", "c", f"d{number:03}"))
            yield

    world.writer = writer()
    for _ in range(5):
        assert world.poll() == (["a", "b", "c"], False)
    world.pass_(1000 * STEP)
    assert world.poll() == (["a", "b", "c", "d999"], True)


def test_a_daemon_that_starts_while_the_file_keeps_changing_knows_nothing_yet(tmp_path: Path) -> None:
    world = World(tmp_path / "schedules.lock")

    def writer() -> Iterator[None]:
        for number in range(1000):
            world.path.write_text(text(f"d{number:03}"))
            yield

    world.writer = writer()
    found, _ = world.poll()
    assert isinstance(found, LockInvalid)
    assert "changes all the time" in str(found)
    world.pass_(1000 * STEP)
    assert world.poll() == (["d999"], True)


def test_a_file_that_is_gone_for_a_moment_is_no_news(world: World) -> None:
    def writer() -> Iterator[None]:
        world.path.unlink()
        for _ in range(10):
            yield
        world.path.write_text(text("a", "b", "c"))

    world.writer = writer()
    next(world.writer)
    assert world.poll() == (["a", "b", "c"], False)


def replaced_by_nothing(path: Path) -> None:
    path.unlink()


def replaced_by_a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replaced_by_a_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def emptied(path: Path) -> None:
    path.write_text("")


@pytest.mark.parametrize(
    "fault", [replaced_by_nothing, replaced_by_a_directory, replaced_by_a_fifo, replaced_by_a_loop, emptied]
)
def test_what_is_no_lockfile_is_unreadable_and_never_empty_and_never_hangs(
    world: World, fault: Callable[[Path], None]
) -> None:
    fault(world.path)
    found, news = world.poll()
    assert news
    assert isinstance(found, LockInvalid)
    assert "schedules.lock" in str(found)
    assert world.poll() == (found, False)
