"""A bare mirror of one branch: fetched within a deadline, read as blobs of one commit, never checked out.

It is a cache: what a killed fetch left in it is swept away, and a damaged one is thrown away and fetched again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler import lockfile
from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_access import Access, check_url
from reconciler.sources.git_blobs import check_ref
from reconciler.sources.git_cache import Cache
from reconciler.sources.git_failures import failure, reason
from reconciler.sources.git_objects import MOST_BYTES, Objects, Unreadable
from reconciler.sources.git_process import Git, Outcome, Stop, is_hash, last_line, resolved
from reconciler.sources.signatures import SignaturePolicy, Signers, check_signed

DEADLINE = 300.0
"""Seconds that one fetch may take in all."""

MOST_STORED = 2 << 30
"""Bytes that a mirror may have on the disk."""

_FETCHED = "refs/reconcile/fetched"
_FETCHING = (
    "http.followRedirects=false",
    "http.lowSpeedLimit=1000",
    "http.lowSpeedTime=30",
    "core.logAllRefUpdates=always",  # what was followed once stays here for a while, though the branch was rewritten
)
_TIDYING = ("gc.auto=6700", "gc.autoPackLimit=50", "gc.autoDetach=false")
_FETCH = ("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules",
          f"--filter=blob:limit={MOST_BYTES + 1}")  # fmt: skip
_OTHER_HASHES = "server sha256"
_BAD_IN_BRANCH = re.compile(r"\.\.|@\{|//|[\s~^:?*\[\\]|\.lock(?:/|$)|(?:^|/)\.|[/.]$|^[-/]")


@dataclass(frozen=True, slots=True)
class Remote:
    """The *branch* of the repository at *url*, and the folder *path* of the lockfile in it.

    Raises UsageError for what is no name of a branch, or no path inside of a repository.
    """

    url: str
    branch: str
    path: str = "schedules"

    def __post_init__(self) -> None:
        if not self.branch.isprintable() or _BAD_IN_BRANCH.search(self.branch) or self.branch in ("", "@"):
            raise UsageError(f"{self.branch!r} is not the name of a branch", hint="write it as in --branch main")
        if self.branch.startswith("refs/"):
            raise UsageError(
                f"{self.branch!r} is a ref, not the name of a branch", hint="write main for refs/heads/main"
            )
        parts = self.path.split("/")
        if not self.path.isprintable() or (self.path != "." and {"", ".", ".."} & set(parts)):
            hint = "write the folder of the lockfile from the top of the repository, as in --path schedules"
            raise UsageError(f"{self.path!r} is not a path inside of a repository", hint=hint)

    @property
    def folder(self) -> str:
        """The folder as git names it, `` for the top."""
        return "" if self.path == "." else self.path

    def __str__(self) -> str:
        return f"{self.branch} of {self.url}"


class Mirror:
    """The mirror of *remote* in *directory*; nothing is made before the first `fetch`.

    Everything that asks the remote ends within *deadline* seconds.
    """

    def __init__(
        self, directory: Path, remote: Remote, access: Access, signers: Signers, *, deadline: float = DEADLINE
    ) -> None:
        self._url = check_url(remote.url, local=access.local)
        self._directory = directory.absolute()
        self._remote, self._access, self._signers, self._deadline = remote, access, signers, deadline
        self._stop = Stop()
        self._git = Git(self._directory, stop=self._stop)
        self._cache = Cache(self._git, str(remote))
        self._objects = Objects(
            self._git, "the mirror is only a cache: `reconcile serve` fetches what is damaged again"
        )
        self._network = replace(
            self._git,
            settings=(*access.settings(), *_FETCHING),
            environment=access.environment(self._url),
            most_stored=MOST_STORED,
        )
        self._seen: str | None = None
        self._doubted = False

    def fetch(self) -> str:
        """Fetch the branch and return the full hash of its tip, making or repairing the mirror.

        Raises SourceFailed, with what to do about it, where that fails; the mirror is then as it was.
        """
        with self._alone() as network:
            known = self._tip()
            outcome = self._pull(network, known)
            tip = self._tip()
            if self._is_spoilt(outcome, known, tip):
                self._cache.throw_away()
                self._cache.prepare("sha256" if _OTHER_HASHES in outcome.error else "sha1")
                self._doubted = False
                outcome = self._pull(network, None)
                tip = self._tip()
            if outcome.failed or tip is None:
                raise self._failure(outcome, str(self._remote))
            if tip != self._seen:
                self._tidy()
                self._seen = tip
            return tip

    def cancel(self) -> None:
        """End a fetch that runs, from another thread, and for good: the mirror cannot be used afterwards."""
        self._stop.now()

    def resolve(self, ref: str) -> str:
        """Return the full hash of the commit that *ref* names: a hash, the start of one, or the branch, with steps.

        Only a full hash is asked of the remote. Raises SourceFailed if there is no such commit.
        """
        sha = resolved(self._git, f"{self._named(check_ref(ref))}^{{commit}}")
        if sha is None and is_hash(ref):
            with self._alone() as network:
                self._ask(network, f"commit {ref[:10]} of {self._remote.url}", "--depth=1", ref)
            sha = resolved(self._git, f"{ref}^{{commit}}")
        if sha is None:
            hint = f"write the full hash of a commit, or {self._remote.branch}"
            raise SourceFailed(f"{ref} names no commit that was fetched of {self._remote}", hint=hint)
        return sha

    def knows(self, sha: str) -> bool:
        """Return whether the commit with this full hash is here."""
        return is_hash(sha) and self._git("cat-file", "-e", f"{sha}^{{commit}}").status == 0

    def descends(self, sha: str, ancestor: str) -> bool:
        """Return whether *ancestor* is in the history of *sha*, or *sha* itself.

        Fetches the rest of a history that is cut off here before it says no; raises SourceFailed if it cannot.
        """
        if self._is_ancestor(ancestor, sha):
            return True
        if not self._is_cut_off(sha):
            return False
        self._unshallow(sha)
        return self._is_ancestor(ancestor, sha)

    def ahead(self, sha: str, of: str) -> int:
        """Return how many commits *sha* has that *of* has not; raise SourceFailed if one of them is not here."""
        return int(self._read("rev-list", "--count", *self._range(sha, of)).text)

    def verify(self, sha: str, *, since: str | None) -> None:
        """Hold a commit, strictly every one that it has and *since* has not, to the signature policy.

        Raises SourceFailed that names the first that is refused, its author and subject, and why.
        """
        if self._signers.policy is SignaturePolicy.OFF:
            return
        commits: tuple[str, ...] = ("--no-walk", self._hash(sha))
        if self._signers.policy is SignaturePolicy.STRICT and since not in (None, sha):
            commits = self._since(sha, str(since))
        check_signed(self._git, self._signers, self._directory / "signers", commits)

    def lock_text(self, sha: str) -> str | None:
        """Return the text of the lockfile at a commit, None where the commit has none.

        Raises SourceFailed for a link, a submodule, a pointer of git LFS, a file too large or not UTF-8.
        """
        where = sha[:10]
        tree = self._objects.tree(self._hash(sha), self._remote.folder, where)
        if tree is None:
            return None
        name = f"{where}:{self._remote.folder}/{lockfile.FILENAME}".replace(":/", ":")
        data = self._objects.file(tree, lockfile.FILENAME, name)
        try:
            return data.decode("utf-8") if data is not None else None
        except UnicodeDecodeError as error:
            raise SourceFailed(f"{name}: not UTF-8 text (byte {error.start})") from None

    @contextmanager
    def _alone(self) -> Iterator[Git]:
        """Yield a git that may ask the remote until the deadline, while no other process does."""
        end = time.monotonic() + self._deadline
        with self._cache.alone(self._deadline) as handle:
            self._cache.prepare()
            yield replace(self._network, hold=(handle,), seconds=max(0.1, end - time.monotonic()))

    def _pull(self, network: Git, known: str | None) -> Outcome:
        """Fetch the branch: the first time its tip alone, then the commits since."""
        depth = () if known else ("--depth=1",)
        return network(*_FETCH, *depth, "--", self._url, f"+refs/heads/{self._remote.branch}:{_FETCHED}")

    def _tip(self) -> str | None:
        return resolved(self._git, f"{_FETCHED}^{{commit}}")

    def _is_spoilt(self, outcome: Outcome, known: str | None, tip: str | None) -> bool:
        """Return whether a mirror made anew may serve better: this one is damaged, or has grown too large."""
        if self._stop.set:
            return False
        if outcome.too_large:
            return known is not None
        if outcome.failed:
            return _OTHER_HASHES in outcome.error or (reason(outcome) is None and not self._cache.is_whole())
        if tip is None or self._doubted:
            return True
        if tip == self._seen:
            return False
        try:
            self.lock_text(tip)
        except Unreadable:
            return True
        except SourceFailed:
            return False
        return False

    def _tidy(self) -> None:
        """Let git pack what many fetches left, if it is much; it may fail, and is tried again."""
        replace(self._git, settings=_TIDYING, seconds=self._deadline)("gc", "--auto", "--quiet")

    def _ask(self, network: Git, what: str, depth: str, sha: str) -> None:
        outcome = network(*_FETCH, depth, "--", self._url, sha)
        if outcome.failed:
            raise self._failure(outcome, what)

    def _unshallow(self, sha: str) -> None:
        with self._alone() as network:
            self._ask(network, f"the history of {sha[:10]} of {self._remote}", "--unshallow", sha)

    def _failure(self, outcome: Outcome, what: str) -> SourceFailed:
        if self._stop.set:
            return SourceFailed(f"{what} was not fetched: the daemon is stopping")
        return failure(outcome, self._access, what)

    def _named(self, ref: str) -> str:
        """Return *ref* as the mirror names it: its one branch is called as it is at the remote."""
        name = re.split("[~^]", ref, maxsplit=1)[0]
        branch = self._remote.branch
        known = ("HEAD", branch, f"origin/{branch}", f"refs/heads/{branch}", f"refs/remotes/origin/{branch}")
        return _FETCHED + ref[len(name) :] if name in known else ref

    def _is_ancestor(self, ancestor: str, sha: str) -> bool:
        if not self.knows(self._hash(ancestor)):
            return False
        found = self._git("merge-base", "--is-ancestor", ancestor, self._hash(sha))
        if found.status > 1 or found.status < 0:
            raise self._unreadable(found)
        return found.status == 0

    def _is_cut_off(self, sha: str) -> bool:
        """Return whether the history of a commit ends where a fetch was told to end."""
        with suppress(FileNotFoundError):
            ends = (self._directory / "shallow").read_text("ascii").split()
            return any(self._is_ancestor(end, sha) for end in ends)
        return False

    def _since(self, sha: str, since: str) -> tuple[str, ...]:
        """Return the words that name every commit of *sha* and not of *since*, whose history is here as far as that."""
        if not self.descends(sha, since):
            raise SourceFailed(f"commit {sha[:10]} does not come after {since[:10]}")
        between = self._range(sha, since)
        # beside a merge, what is cut off before *since* would count as new
        if self._read("rev-list", "--merges", "--max-count=1", *between).text and self._is_cut_off(sha):
            self._unshallow(sha)
        return between

    def _range(self, sha: str, of: str) -> tuple[str, ...]:
        return (self._hash(sha), f"^{self._hash(of)}", "--")

    def _read(self, *arguments: str) -> Outcome:
        found = self._git(*arguments)
        if found.status != 0:
            raise self._unreadable(found)
        return found

    def _unreadable(self, outcome: Outcome) -> SourceFailed:
        self._doubted = True
        return Unreadable(
            f"the mirror of {self._remote} cannot be read: {last_line(outcome.error)}", hint=self._objects.hint
        )

    @staticmethod
    def _hash(sha: str) -> str:
        if not is_hash(sha):
            raise SourceFailed(f"{sha!r} is not the full hash of a commit")
        return sha
