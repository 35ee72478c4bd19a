"""Events are hints: whatever happens to the directory, somebody is told to look, and looking tells the truth."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from reconciler.sources.watching import Watch, fingerprint

YAML = (".yaml",)


def quiet(hinted: Event) -> None:
    """Wait until the events of what was just done have come, and forget them."""
    while hinted.wait(0.3):
        hinted.clear()


def saved_in_place(directory: Path) -> None:
    (directory / "a.yaml").write_text("two")


def saved_atomically(directory: Path) -> None:
    (directory / ".a.yaml.swp").write_text("two")
    (directory / ".a.yaml.swp").rename(directory / "a.yaml")


def removed(directory: Path) -> None:
    (directory / "a.yaml").unlink()


def added(directory: Path) -> None:
    (directory / "b.yaml").write_text("b")


def replaced_whole(directory: Path) -> None:
    shutil.rmtree(directory)
    directory.mkdir()
    (directory / "a.yaml").write_text("two")


@pytest.mark.parametrize("change", [saved_in_place, saved_atomically, removed, added, replaced_whole])
def test_a_change_is_hinted_at_and_shows_in_the_fingerprint(tmp_path: Path, change: Callable[[Path], None]) -> None:
    directory = tmp_path / "schedules"
    directory.mkdir()
    (directory / "a.yaml").write_text("one")
    before = fingerprint(directory, YAML)
    hinted = Event()
    with Watch(directory, hinted.set):
        quiet(hinted)
        change(directory)
        assert hinted.wait(60)
    assert fingerprint(directory, YAML) != before


def test_looking_is_no_hint(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("one")
    hinted = Event()
    with Watch(tmp_path, hinted.set):
        quiet(hinted)
        fingerprint(tmp_path, YAML)
        assert not hinted.wait(0.5)


def test_a_directory_that_was_replaced_is_watched_again_after_the_next_look(tmp_path: Path) -> None:
    directory = tmp_path / "schedules"
    directory.mkdir()
    hinted = Event()
    with Watch(directory, hinted.set) as watch:
        shutil.rmtree(directory)
        directory.mkdir()
        assert hinted.wait(60)
        quiet(hinted)
        watch.arm()
        (directory / "a.yaml").write_text("one")
        assert hinted.wait(60)


def test_a_directory_that_is_replaced_while_the_watch_is_armed_is_watched_after_the_next_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    directory = tmp_path / "schedules"
    directory.mkdir()
    hinted = Event()
    observe = Watch._observe

    def replaced_meanwhile(watch: Watch, places: Any) -> None:
        directory.rename(tmp_path / f"away-{len(list(tmp_path.iterdir()))}")
        directory.mkdir()
        observe(watch, places)
        monkeypatch.undo()

    monkeypatch.setattr(Watch, "_observe", replaced_meanwhile)
    with Watch(directory, hinted.set) as watch:
        assert hinted.wait(60)
        quiet(hinted)
        watch.arm()
        quiet(hinted)
        (directory / "a.yaml").write_text("one")
        assert hinted.wait(60)


def test_a_swap_of_the_link_that_a_mount_goes_through_is_hinted_at(tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a.yaml").write_text(version)
    (tmp_path / "..data").symlink_to("v1")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    before = fingerprint(tmp_path, YAML)
    hinted = Event()
    with Watch(tmp_path, hinted.set):
        quiet(hinted)
        (tmp_path / "..data_tmp").symlink_to("v2")
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        assert hinted.wait(60)
    assert fingerprint(tmp_path, YAML) != before


def test_a_directory_that_is_not_there_yet_is_found_when_it_comes(tmp_path: Path) -> None:
    directory = tmp_path / "schedules"
    absent = fingerprint(directory, YAML)
    hinted = Event()
    with Watch(directory, hinted.set):
        quiet(hinted)
        directory.mkdir()
        assert hinted.wait(60)
    assert fingerprint(directory, YAML) != absent


def linked(tmp_path: Path, name: str = "project") -> Path:
    """Make two releases and a link to the first; return the directory as it is reached by the link."""
    for release in ("r1", "r2"):
        (tmp_path / release / "schedules").mkdir(parents=True)
    (tmp_path / name).symlink_to("r1")
    return tmp_path / name / "schedules"


def swap(link: Path, target: str | Path) -> None:
    """Do what `ln -sfn` does."""
    new = link.with_name("new-link")
    new.symlink_to(target)
    new.rename(link)


def test_a_swap_of_a_link_above_is_hinted_at_and_the_new_target_is_watched_after_the_next_look(tmp_path: Path) -> None:
    directory = linked(tmp_path)
    hinted = Event()
    with Watch(directory, hinted.set) as watch:
        quiet(hinted)
        swap(tmp_path / "project", "r2")
        assert hinted.wait(60)
        quiet(hinted)
        watch.arm()
        (tmp_path / "r2" / "schedules" / "a.yaml").write_text("two")
        assert hinted.wait(60)


def test_a_swap_of_a_link_that_a_link_leads_to_is_hinted_at(tmp_path: Path) -> None:
    linked(tmp_path, "current")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "schedules").symlink_to("../current/schedules")
    hinted = Event()
    with Watch(tmp_path / "deep" / "schedules", hinted.set):
        quiet(hinted)
        swap(tmp_path / "current", "r2")
        assert hinted.wait(60)


def test_a_link_to_itself_is_a_directory_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "schedules").symlink_to("schedules")
    hinted = Event()
    with Watch(tmp_path / "schedules", hinted.set):
        quiet(hinted)
        (tmp_path / "real").mkdir()
        swap(tmp_path / "schedules", "real")
        assert hinted.wait(60)


def test_what_else_happens_in_the_directory_above_is_no_hint(tmp_path: Path) -> None:
    directory = tmp_path / "schedules"
    directory.mkdir()
    hinted = Event()
    with Watch(directory, hinted.set):
        quiet(hinted)
        (tmp_path / "a.log").write_text("a job wrote this")
        (tmp_path / "other").mkdir()
        assert not hinted.wait(0.5)


def test_what_editors_leave_beside_a_file_is_not_in_the_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("one")
    before = fingerprint(tmp_path, YAML)
    for name in (".a.yaml.swp", "a.yaml~", "#a.yaml#", "4913", "a.yaml___jb_tmp___", ".a.yaml.Xq2f1b", ".b.yaml"):
        (tmp_path / name).write_text("beside")
    (tmp_path / ".#a.yaml").symlink_to("ann@host.1234:5678")
    assert fingerprint(tmp_path, YAML) == before


def test_a_fingerprint_never_hangs_on_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    assert fingerprint(tmp_path, YAML) == fingerprint(tmp_path, YAML)


def test_the_fingerprint_tells_where_one_file_ends_and_the_next_begins(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("xb.yaml")
    (tmp_path / "b.yaml").write_text("")
    first = fingerprint(tmp_path, YAML)
    (tmp_path / "a.yaml").write_text("x")
    (tmp_path / "b.yaml").write_text("b.yaml")
    assert fingerprint(tmp_path, YAML) != first
