"""Who may have signed a commit: keys that the operator names, never anything in the repository.

git judges, and only its verdict `G` counts: its text says `Good signature` of unknown keys too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_process import Git, Outcome, last_line

_GOOD = "G"
_FORMAT = "%H%x00%G?"
_DETAILS = "%an <%ae>%x00%s%x00%GG"
_OLDEST = (2, 34)
_ARMOR = b"-----BEGIN PGP PUBLIC KEY BLOCK-----"
_VERDICTS = {
    "N": "is not signed",
    "B": "has a bad signature",
    "U": "is signed by a key that is not among the signers, or not valid when it was committed",
    "X": "has a signature that is expired",
    "Y": "is signed by a key that is expired",
    "R": "is signed by a key that is revoked",
    "E": "is signed by a key that is not among the signers",
}
_GPG_CONFIGURATION = """\
trust-model always
no-autostart
no-auto-key-retrieve
no-auto-key-locate
disable-dirmngr
"""


class SignaturePolicy(StrEnum):
    """Which commits must be signed: none, the one that is applied, or every one since the one applied before."""

    OFF = "off"
    HEAD = "head"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may sign: *files* are allowed_signers files of ssh and OpenPGP public keys, *revoked* what no longer counts.

    *revoked* is a list or KRL of ssh keys, or OpenPGP revocation certificates. Raises UsageError for a policy
    that nobody could meet.
    """

    policy: SignaturePolicy
    files: tuple[Path, ...] = ()
    revoked: Path | None = None

    def __post_init__(self) -> None:
        if self.policy is not SignaturePolicy.OFF and not self.files:
            hint = "name an ssh allowed_signers file or an OpenPGP public key with --signers FILE"
            raise UsageError(
                f"signatures are to be checked ({self.policy}), but nobody is named who may sign", hint=hint
            )


def check_signed(git: Git, signers: Signers, home: Path, commits: tuple[str, ...]) -> None:
    """Raise SourceFailed for the first of *commits*, in words of `git log`, that no signer signed.

    *home* is a directory of our own; it is made anew from the files of the signers each time.
    """
    checking = _with_keys(git, signers, home)
    listed = _log(checking, f"--format={_FORMAT}", *commits)
    verdicts = [line.split("\0") for line in listed.out.decode("ascii", "replace").split("\n") if line]
    if not verdicts or any(len(verdict) != 2 for verdict in verdicts):
        raise SourceFailed("no commit was found whose signature could be checked")
    for sha, verdict in verdicts:
        if verdict != _GOOD:
            raise _refused(checking, signers, sha, verdict)


def _log(git: Git, *arguments: str) -> Outcome:
    found = git("log", "--no-show-signature", "--no-color", "--no-mailmap", *arguments)
    if found.status != 0:
        raise SourceFailed(f"signatures cannot be checked: {last_line(found.error)}")
    return found


def _refused(git: Git, signers: Signers, sha: str, verdict: str) -> SourceFailed:
    found = _log(git, "-1", f"--format={_DETAILS}", sha).out.decode("utf-8", "replace")
    author, subject, said = (*(_shown(part) for part in found.split("\0", 2)), "", "")[:3]
    why = _VERDICTS.get(verdict, f"has the verdict {verdict[:3]!r} of git")
    reason = f" ({said})" if said and verdict not in "N" else ""
    hint = "sign it with a key of --signers"
    if signers.policy is SignaturePolicy.STRICT:
        hint += "; every commit since the one applied last must be"
    return SourceFailed(f"commit {sha[:10]} {subject!r} by {author} {why}{reason}", hint=hint)


def _shown(text: str) -> str:
    """Return the last line of what somebody wrote, cleared and cut."""
    line = (text.strip().splitlines() or [""])[-1]
    return "".join(char if char.isprintable() else " " for char in line)[:100].strip()


def _with_keys(git: Git, signers: Signers, home: Path) -> Git:
    """Return *git* with exactly the keys of *signers*, written below *home*."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(mode=0o700)
    files = [(path, _read(path)) for path in signers.files]
    revoked = (signers.revoked, _read(signers.revoked)) if signers.revoked else None
    keyring = _keyring(home, [path for path, data in (*files, *([revoked] if revoked else [])) if _is_openpgp(data)])
    lists = [(path, data) for path, data in files if not _is_openpgp(data)]
    settings = [f"gpg.ssh.allowedSignersFile={_allowed(home, lists)}", "gpg.minTrustLevel=undefined"]
    if lists:
        _check_version(git)
    if revoked and not _is_openpgp(revoked[1]):
        settings.append(f"gpg.ssh.revocationFile={revoked[0].absolute()}")
    # thousands of commits are checked one by one
    return replace(
        git,
        settings=(*git.settings, *settings),
        environment={**git.environment, "GNUPGHOME": str(keyring)},
        seconds=300,
    )


def _allowed(home: Path, lists: list[tuple[Path, bytes]]) -> Path:
    allowed = home / "allowed_signers"
    for path, data in lists:
        lines = [line.split() for line in data.splitlines() if line.strip() and not line.lstrip().startswith(b"#")]
        if not lines or any(len(line) < 3 for line in lines):
            hint = "write lines like `name@example.org ssh-ed25519 AAAA...` (see `man ssh-keygen`, ALLOWED SIGNERS)"
            raise SourceFailed(f"{path}: neither a list of allowed ssh signers nor an OpenPGP public key", hint=hint)
    allowed.write_bytes(b"\n".join(data for _, data in lists))
    return allowed


def _keyring(home: Path, keys: list[Path]) -> Path:
    keyring = home / "gnupg"
    keyring.mkdir(mode=0o700)
    (keyring / "gpg.conf").write_text(_GPG_CONFIGURATION)
    (keyring / "common.conf").write_text("")  # or a new gpg would start a daemon for the keys
    if not keys:
        return keyring
    command = [
        "gpg",
        "--homedir",
        str(keyring),
        "--batch",
        "--no-tty",
        "--status-fd=1",
        "--import",
        "--",
        *map(str, keys),
    ]
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    except FileNotFoundError:
        raise SourceFailed("OpenPGP signatures cannot be checked: gpg is not installed", hint="install gnupg") from None
    except subprocess.TimeoutExpired:
        raise SourceFailed("OpenPGP signatures cannot be checked: gpg does not answer") from None
    if done.returncode != 0 or b"[GNUPG:] IMPORT_OK" not in done.stdout:
        said = last_line(done.stderr.decode("utf-8", "replace"))
        raise SourceFailed(f"the OpenPGP keys of {', '.join(map(str, keys))} cannot be read: {said}")
    return keyring


def _is_openpgp(data: bytes) -> bool:
    return _ARMOR in data or data[:1] >= b"\x80"


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SourceFailed(f"the signers in {path} cannot be read: {error.strerror}") from None
    if not data.strip():
        raise SourceFailed(f"there is nothing in {path}, which is to say who may sign")
    return data


def _check_version(git: Git) -> None:
    found = re.search(r"(\d+)\.(\d+)", git("--version").text)
    if found and (int(found[1]), int(found[2])) < _OLDEST:
        raise SourceFailed(
            f"git {found[0]} cannot check signatures of ssh keys",
            hint="install git 2.34 or newer, or sign with OpenPGP keys",
        )
