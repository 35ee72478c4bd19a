"""Keys for tests, made by the real ssh-keygen and gpg, and commits signed by them."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.sources.repo import Repo


@dataclass(frozen=True)
class Key:
    """A signing key: the options by which git signs with it, and the line or key that makes it an allowed signer."""

    options: tuple[str, ...]
    public: bytes

    def signers(self, file: Path) -> Path:
        file.write_bytes(self.public)
        return file

    def commit(self, repo: Repo, text: str) -> str:
        """Change the lockfile in a commit signed by this key."""
        (repo.path / "schedules/schedules.lock").write_text(text)
        repo.git("add", "-A")
        repo.git(
            *(part for option in self.options for part in ("-c", option)), "commit", "-q", "-S", "-m", f"lock {text}"
        )
        return repo.git("rev-parse", "HEAD")


def ssh_key(path: Path, *, principal: str = "a@example.org", options: str = "") -> Key:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    public = path.with_suffix(".pub").read_text().strip()
    line = f"{principal} {options} {public}\n".replace("  ", " ")
    return Key(("gpg.format=ssh", f"user.signingKey={path}.pub"), line.encode())


class Gpg:
    """A gpg with a home of its own, short enough for its sockets."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.program = home / "gpg-here"
        self.program.write_text(f'#!/bin/sh\nexec gpg --homedir {home} --batch --no-tty --passphrase "" "$@"\n')
        self.program.chmod(0o700)

    def __call__(self, *arguments: str) -> bytes:
        done = subprocess.run([self.program, *arguments], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def key(self, name: str, *, expires: str = "never", at: str | None = None) -> Key:
        """Make a key; *at* is the time it is made at and signs at, as YYYYMMDDTHHMMSS."""
        then = () if at is None else ("--faked-system-time", f"{at}!")
        self(*then, "--quick-generate-key", f"{name} <a@example.org>", "ed25519", "sign", expires)
        program = self.program
        if at is not None:
            program = self.home / f"gpg-at-{name}"
            program.write_text(f'#!/bin/sh\nexec {self.program} --faked-system-time {at}! "$@"\n')
            program.chmod(0o700)
        options = (f"gpg.program={program}", f"user.signingKey={self.fingerprint(name)}!")
        return Key(options, self("--armor", "--export", self.fingerprint(name)))

    def fingerprint(self, name: str) -> str:
        listed = self("--with-colons", "--list-keys", f"={name} <a@example.org>").decode()
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))

    def revocation(self, name: str) -> bytes:
        """Return the revocation certificate that gpg made with the key."""
        text = (self.home / "openpgp-revocs.d" / f"{self.fingerprint(name)}.rev").read_text()
        return text[text.index(":-----BEGIN") + 1 :].encode()


@contextmanager
def gpg_here() -> Iterator[Gpg]:
    home = Path(tempfile.mkdtemp(prefix="gpg"))
    try:
        yield Gpg(home)
    finally:
        subprocess.run(["gpgconf", "--homedir", str(home), "--kill", "all"], check=False, capture_output=True)
        shutil.rmtree(home, ignore_errors=True)
