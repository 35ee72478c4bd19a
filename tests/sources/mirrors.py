"""Mirrors of real repositories for tests."""

from __future__ import annotations

from pathlib import Path

from reconciler.sources.git_access import Access
from reconciler.sources.git_mirror import DEADLINE, Mirror, Remote
from reconciler.sources.signatures import SignaturePolicy, Signers
from tests.sources.repo import Repo, init

UNSIGNED = Signers(SignaturePolicy.OFF)


def origin(path: Path) -> Repo:
    """Return a repository with a lockfile in it, committed once."""
    repo = init(path)
    repo.git("config", "uploadpack.allowFilter", "true")
    lock(repo, "one\n")
    return repo


def lock(repo: Repo, text: str) -> str:
    """Commit *text* as the lockfile; return the commit."""
    folder = repo.path / "schedules"
    folder.mkdir(exist_ok=True)
    (folder / "schedules.lock").write_text(text)
    return repo.commit(f"lock: {text.strip()[:20]}")


def mirror(
    directory: Path,
    source: Repo | str,
    *,
    branch: str = "main",
    path: str = "schedules",
    token: str | None = None,
    signers: Signers = UNSIGNED,
    deadline: float = DEADLINE,
) -> Mirror:
    url = source if isinstance(source, str) else f"file://{source.path}"
    return Mirror(directory, Remote(url, branch, path), Access(token, local=True), signers, deadline=deadline)
