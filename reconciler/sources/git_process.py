"""Running git, through GitPython, so that nothing but the arguments decides what it does.

No setting of the machine, of the user, of the environment or of the repository runs a program or asks a
question here; every command has a deadline and a bound on what it may print.
"""

from __future__ import annotations

import math
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal

from reconciler.errors import SourceFailed

_SECONDS = 30.0
_MOMENT = 0.5
_MOST_OUTPUT = 256 << 20
_MOST_ERROR = 256 << 10
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.symlinks=false",
    "core.sshCommand=false",
    "core.askPass=",
    "core.pager=cat",
    "core.alternateRefsCommand=true",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "gpg.program=gpg",
    "gpg.x509.program=false",
    "gpg.ssh.program=ssh-keygen",
    "gpg.ssh.defaultKeyCommand=",
)
_ENVIRONMENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # nothing is fetched, not even what a partial clone left out
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_PAGER": "cat",
    "LC_ALL": "C",
}
# what a hook we run in exports, what traces or redirects git, and what is ours alone
_FOREIGN = ("GIT_", "SSH_ASKPASS", "RECONCILE_", "OPENAI_")
_OF_THE_OPERATOR = frozenset({"GIT_SSL_CAINFO", "GIT_SSL_CAPATH"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended: its status, negative for a signal; what it printed; why we ended it, if we did."""

    status: int
    out: bytes
    error: str
    timed_out: bool = False
    too_large: bool = False

    @property
    def failed(self) -> bool:
        """Whether it did not do what it was to do."""
        return self.status != 0 or self.timed_out or self.too_large

    @property
    def text(self) -> str:
        """What it printed, as one line of text."""
        return self.out.decode("utf-8", "replace").strip()


class Stop:
    """Ends commands that run, and those that would start, from another thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self.set = False

    def now(self) -> None:
        """End what runs, with its children; what starts afterwards is ended at once."""
        with self._guard:
            self.set = True
            for process in self._running:
                _kill(process)

    def started(self, process: subprocess.Popen[bytes]) -> None:
        """Take notice of a process that leads a session of its own."""
        with self._guard:
            self._running.add(process)
            if self.set:
                _kill(process)

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a process."""
        with self._guard:
            self._running.discard(process)


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git on the repository in *directory* (its `.git`, or a bare one).

    *settings* (`key=value`) and *environment* come on top of the hardened ones. A command that takes more than
    *seconds* is killed, with all that it started, and one that makes the repository larger than *most_stored* bytes.
    A command that keeps the file descriptors *hold* open is ended at its deadline also where nobody is left to do so.
    """

    directory: Path
    settings: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    seconds: float = _SECONDS
    stop: Stop = field(default_factory=Stop)
    hold: tuple[int, ...] = ()
    most_stored: int | None = None

    def __call__(self, *arguments: str) -> Outcome:
        """Run one command; raise SourceFailed only where git itself cannot be run."""
        process = self._start(arguments)
        self.stop.started(process)
        try:
            return self._collected(process)
        finally:
            self.stop.ended(process)

    def _start(self, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        try:
            from git.cmd import Git as GitPython
            from git.exc import GitCommandError
        except ImportError:
            raise SourceFailed("git is not installed", hint="revisions are read with it: install git") from None
        environment = {**_ENVIRONMENT, **self.environment}
        options = [part for setting in (*_SETTINGS, *self.settings) for part in ("-c", setting)]
        limit = ["timeout", "-s", "KILL", str(math.ceil(self.seconds) + 1)] if self.hold else []
        command = ["env", *_without_foreign(environment), *limit, "git", f"--git-dir={self.directory}", *options]
        try:
            started = GitPython(self.directory.parent).execute(
                [*command, *arguments], env=environment, as_process=True, start_new_session=True, pass_fds=self.hold
            )
        except GitCommandError as failed:
            raise SourceFailed(f"git cannot be run: {last_line(str(failed))}") from None
        process = started.proc
        started.proc = None  # or GitPython would end the process itself
        assert isinstance(process, subprocess.Popen)
        return process

    def _collected(self, process: subprocess.Popen[bytes]) -> Outcome:
        assert process.stdout is not None
        assert process.stderr is not None
        end = time.monotonic() + self.seconds
        out = _Reader(process, process.stdout, _MOST_OUTPUT)
        error = _Reader(process, process.stderr, _MOST_ERROR)
        said = ""
        while (state := _state(process, (out, error))) == "running" and not said:
            if time.monotonic() > end:
                said = f"git did not finish within {self.seconds:g} s"
            elif self._is_too_large():
                break
        if state != "lost":
            _kill(process)
        process.wait()
        for reader in (out, error):
            reader.join()
        timed_out, too_large = bool(said), self._is_too_large()
        if too_large:
            said = f"the repository is larger than {(self.most_stored or 0) >> 20} MiB here"
        elif out.too_much or error.too_much:
            said = "git printed too much"
        elif state == "lost":
            said = "somebody else waited for git, and nobody knows how it ended"
        text = error.text() + (f"\nfatal: {said}" if said else "")
        status = 1 if state == "lost" else process.returncode
        return Outcome(status, bytes(out.data), text, timed_out, too_large)

    def _is_too_large(self) -> bool:
        if self.most_stored is None:
            return False
        found = 0
        for path in (self.directory / "objects").rglob("*"):
            with suppress(FileNotFoundError):
                found += path.stat().st_size
        return found > self.most_stored


def resolved(git: Git, name: str) -> str | None:
    """Return the full hash of the object that *name* names, None where it names none."""
    found = git("rev-parse", "--verify", "--quiet", "--end-of-options", name)
    # older gits print the marker itself too
    sha = found.text.split()[-1:] if found.status == 0 else []
    return sha[0] if sha and is_hash(sha[0]) else None


def is_hash(text: str) -> bool:
    """Return whether *text* is a full hash."""
    return len(text) in (40, 64) and set(text) <= set("0123456789abcdef")


def last_line(text: str) -> str:
    """Return the line of git's error *text* that says why, cleared of what a terminal would obey."""
    lines = ["".join(map(_printable, line)).strip() for line in text.splitlines()]
    lines = [line for line in lines if line]
    fatal = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    return (fatal or lines)[-1][:300] if lines else "git gave no reason"


def _printable(char: str) -> str:
    return char if char.isprintable() else " "


def _without_foreign(ours: Mapping[str, str]) -> list[str]:
    names = [name for name in os.environ if name.startswith(_FOREIGN) and name not in _OF_THE_OPERATOR]
    return [part for name in names if name not in ours for part in ("-u", name)]


def _state(process: subprocess.Popen[bytes], readers: tuple[_Reader, ...]) -> Literal["running", "ended", "lost"]:
    """Return how far a process is, after a moment in which it may be read to its end; it is not waited for."""
    for reader in readers:
        reader.join(_MOMENT / len(readers))
    if any(reader.is_alive() for reader in readers):
        return "running"
    try:
        # it stays unreaped and its number its own, so that what it left behind can be killed by that
        ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return "lost"
    if ended is None:
        time.sleep(0.001)
    return "running" if ended is None else "ended"


class _Reader(threading.Thread):
    """Reads a stream of *process* to its end, or ends the process at *most* bytes."""

    def __init__(self, process: subprocess.Popen[bytes], stream: IO[bytes], most: int) -> None:
        super().__init__(name="git output", daemon=True)
        self.data = bytearray()
        self.too_much = False
        self._process, self._stream, self._most = process, stream, most
        self.start()

    def run(self) -> None:
        with self._stream:
            while chunk := os.read(self._stream.fileno(), 1 << 16):
                if len(self.data) + len(chunk) <= self._most:
                    self.data += chunk
                elif not self.too_much:
                    self.too_much = True
                    _kill(self._process)

    def text(self) -> str:
        return self.data.decode("utf-8", "replace")


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the session that *process* leads; its number is its own until it was waited for."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
