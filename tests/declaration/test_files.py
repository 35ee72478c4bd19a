"""What is read of a schedules directory, and what is refused without hanging."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from reconciler.declaration.files import MAX_BYTES, read_schedule_file, schedule_files
from reconciler.errors import InvalidInput


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (os.mkfifo, "a FIFO, not a file"),
        (_socket, "a socket, not a file"),
        (Path.mkdir, "a directory, not a file"),
        (lambda path: path.symlink_to("nowhere"), "a symbolic link to nothing"),
        (lambda path: path, "gone since the directory was read"),
        (lambda path: path.symlink_to(path.name), "a symbolic link that cannot be followed"),
        (lambda path: path.symlink_to("/dev/zero"), "a symbolic link that leads out of the directory"),
        (lambda path: path.symlink_to("/etc/passwd"), "a symbolic link that leads out of the directory"),
        (lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)), "larger than 1,048,576 bytes"),
        (lambda path: path.write_bytes("a: b".encode("utf-16")), "UTF-16, not UTF-8"),
    ],
)
@pytest.mark.timeout(5)
def test_what_is_no_readable_file_is_refused_by_name(
    make: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    make(path)
    with pytest.raises(InvalidInput) as caught:
        read_schedule_file(path, "schedules/x.yaml")
    (problem,) = caught.value.problems
    assert (problem.message, str(problem.origin)) == (message, "schedules/x.yaml:1:1")
    assert problem.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_read_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: b")
    path.chmod(0)
    with pytest.raises(InvalidInput, match="cannot be read: Permission denied"):
        read_schedule_file(path, "x.yaml")


@pytest.mark.parametrize(
    ("data", "message", "place"),
    [(b"a: b\nc: \xe9\n", "not UTF-8", "x.yaml:2:1"), (b"a: b\nc: \0\n", "a NUL character", "x.yaml:2:4")],
)
def test_bytes_that_are_no_text_are_refused_with_their_line(
    data: bytes, message: str, place: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(data)
    with pytest.raises(InvalidInput) as caught:
        read_schedule_file(path, "x.yaml")
    assert str(caught.value.problems[0]) == f"{place}: {message}"


def test_links_inside_the_directory_are_followed_as_mounted_config_maps_need(tmp_path: Path) -> None:
    (tmp_path / "..2026").mkdir()
    (tmp_path / "..2026" / "x.yaml").write_text("tasks: {}\n")
    (tmp_path / "..data").symlink_to("..2026")
    (tmp_path / "x.yaml").symlink_to("..data/x.yaml")
    (found,) = schedule_files(tmp_path)
    assert read_schedule_file(found, "x.yaml") == "tasks: {}\n"


def test_a_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: b\r\n")
    assert read_schedule_file(tmp_path / "x.yaml", "x.yaml") == "a: b\r\n"


def test_both_endings_are_read_in_order_and_backups_are_not(tmp_path: Path) -> None:
    for name in ("b.yml", "a.yaml", ".c.yaml", "d.yaml~", "e.yaml.swp", "schedules.lock", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in schedule_files(tmp_path)] == ["a.yaml", "b.yml"]


def test_a_directory_that_is_missing_or_empty_or_a_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="there are no schedules in"):
        schedule_files(tmp_path)
    with pytest.raises(InvalidInput, match="there is no directory"):
        schedule_files(tmp_path / "nope")
    (tmp_path / "file").write_text("")
    with pytest.raises(InvalidInput, match="is not a directory"):
        schedule_files(tmp_path / "file")
