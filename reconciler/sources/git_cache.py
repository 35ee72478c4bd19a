"""The directory of a mirror: made, swept of what a killed fetch left, thrown away when it is damaged."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import SourceFailed
from reconciler.sources.git_process import Git, last_line

_OTHER_FETCH = 10.0
_MARK = "reconcile-mirror"
_OURS = (_MARK, "HEAD", "config", "objects", "refs", "logs", "shallow", "packed-refs", "info", "hooks", "branches",
         "description", "signers")  # fmt: skip
_LEFT_BEHIND = ("*.lock", "objects/**/tmp_*", "objects/pack/*.keep", "objects/pack/.tmp-*")


@dataclass(frozen=True, slots=True)
class Cache:
    """A bare repository for one remote, called *name*, and nothing else."""

    git: Git
    name: str

    @property
    def directory(self) -> Path:
        """Where it is."""
        return self.git.directory

    @contextmanager
    def alone(self, deadline: float) -> Iterator[int]:
        """Hold the directory, made where there is none, against other processes; yield what a child is to hold too.

        A fetch outlives a daemon that is killed. Raises SourceFailed if another holds it for long.
        """
        try:
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.directory.chmod(0o700)
            handle = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise SourceFailed(f"the mirror {self.directory} cannot be made: {error.strerror}") from None
        try:
            self._hold(handle, time.monotonic() + min(deadline, _OTHER_FETCH))
            yield handle
        finally:
            os.close(handle)

    def _hold(self, handle: int, end: float) -> None:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end or self.git.stop.set:
                    hint = "it ends by itself within five minutes, also where the daemon that began it was killed"
                    raise SourceFailed(f"another fetch of {self.name} is running", hint=hint) from None
                time.sleep(0.05)
            else:
                return

    def prepare(self, hashes: str = "sha1") -> None:
        """Make the repository where there is none of this remote; sweep away what a killed fetch left in one.

        *hashes* is how a new one names its objects, `sha1` or `sha256`.
        """
        mark = self.directory / _MARK
        try:
            if mark.is_file() and mark.read_text("utf-8", "replace") == self.name:
                self._sweep()
                return
            self.throw_away()
            made = self.git("init", "--quiet", "--bare", "--template=", f"--object-format={hashes}")
            if made.status == 0:
                mark.write_text(self.name, "utf-8")
        except OSError as error:
            raise SourceFailed(f"the mirror {self.directory} cannot be written: {error.strerror}") from None
        if made.status != 0:
            raise SourceFailed(f"the mirror {self.directory} cannot be made: {last_line(made.error)}")

    def _sweep(self) -> None:
        for pattern in _LEFT_BEHIND:
            for path in self.directory.rglob(pattern):
                path.unlink(missing_ok=True)

    def throw_away(self) -> None:
        """Remove the repository; what others put into its directory stays."""
        for name in _OURS:
            path = self.directory / name
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)

    def is_whole(self) -> bool:
        """Return whether every commit and tree that is needed is here."""
        return self.git("fsck", "--connectivity-only", "--no-dangling", "--no-progress").status == 0
