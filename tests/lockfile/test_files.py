"""The lockfile on disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from reconciler.errors import LockInvalid, StoreFailed
from reconciler.lockfile import dumps, read, write
from reconciler.model import Lock
from tests.builders import entry

OLD = Lock({"a": entry("a")})
NEW = Lock({"a": entry("a"), "b": entry("b")})


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "schedules.lock"
    assert write(path, NEW)
    assert read(path) == NEW
    assert [file.name for file in tmp_path.iterdir()] == ["schedules.lock"]


def test_unchanged_bytes_are_not_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "schedules.lock"
    write(path, OLD)
    before = path.stat()
    assert not write(path, OLD)
    assert path.stat().st_ino == before.st_ino
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_the_mode_of_the_file_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "schedules.lock"
    write(path, OLD)
    path.chmod(0o640)
    write(path, NEW)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_missing_lock_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(LockInvalid) as missing:
        read(tmp_path / "schedules.lock", name="schedules/schedules.lock")
    assert missing.value.problems[0].hint == "run `reconcile compile`"


def test_bytes_that_are_not_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "schedules.lock").write_bytes(b"\xff\xfe")
    with pytest.raises(LockInvalid, match="UTF-8"):
        read(tmp_path / "schedules.lock")


def test_a_directory_that_cannot_be_written_is_a_store_failure_and_keeps_the_old_lock(tmp_path: Path) -> None:
    path = tmp_path / "schedules.lock"
    write(path, OLD)
    program = (
        "import os, sys, pathlib\n"
        "from reconciler.lockfile import read, write\n"
        "from reconciler.errors import StoreFailed\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "lock = read(path)\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"
        "try: write(path, type(lock)({}))\n"
        "except StoreFailed as error: print(error)\n"
    )
    tmp_path.chmod(0o755)
    for parent in list(path.parents)[:3]:
        parent.chmod(parent.stat().st_mode | 0o755)
    tmp_path.chmod(0o555)
    done = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True)
    tmp_path.chmod(0o755)
    assert "Permission denied" in done.stdout
    assert path.read_text() == dumps(OLD)


def test_a_writer_killed_at_any_of_its_system_calls_leaves_the_old_or_the_new_lock(tmp_path: Path) -> None:
    strace = subprocess.run(["which", "strace"], capture_output=True, check=False)
    if strace.returncode:
        pytest.skip("strace is not installed")
    path = tmp_path / "schedules.lock"
    program = (
        "import sys, pathlib\n"
        "from reconciler.lockfile import loads, write\n"
        "write(pathlib.Path(sys.argv[1]), loads(pathlib.Path(sys.argv[2]).read_text(), file='new'))\n"
    )
    (tmp_path / "new").write_text(dumps(NEW))
    killed = 0
    for call in ("write", "fsync", "rename"):
        for nth in range(1, 4):
            write(path, OLD)
            done = subprocess.run(
                [
                    *("strace", "-qq", "-f", "-o", "/dev/null", "-e", f"trace={call}"),
                    *("-e", f"inject={call}:signal=KILL:when={nth}"),
                    *(sys.executable, "-c", program, str(path), str(tmp_path / "new")),
                ],
                capture_output=True,
                check=False,
            )
            killed += done.returncode != 0
            assert path.read_text() in (dumps(OLD), dumps(NEW))
    assert killed > 0
    write(path, Lock({}))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["new", "schedules.lock"]


def test_a_full_disk_leaves_the_old_lock(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(tmp_path)], check=False)
    if mount.returncode:
        pytest.skip("this machine does not allow mounts")
    try:
        path = tmp_path / "schedules.lock"
        write(path, OLD)
        big = Lock({f"job-{n}": entry(f"job-{n}") for n in range(200)})
        with pytest.raises(StoreFailed, match="No space left"):
            write(path, big)
        assert path.read_text() == dumps(OLD)
        assert [p.name for p in tmp_path.iterdir()] == ["schedules.lock"]
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
