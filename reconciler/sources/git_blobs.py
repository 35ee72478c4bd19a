"""Files of a git revision, read as blobs: never a checkout, so that no hook, filter or link of a repository acts.

Nothing is fetched. The repository is named by its `.git`, so that neither GIT_DIR of a hook we run in nor another
owner of the directory matters, and every revision becomes a commit's full hash before anything is read from it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_objects import MOST_BYTES, Objects
from reconciler.sources.git_process import Git, is_hash, resolved

_MOST_FILES = 2000
_PARTIAL = "a partial clone lacks files: `git fetch --refetch --no-filter origin` fetches them"


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit by its full hash, and the *name* it was asked for by."""

    name: str
    sha: str

    def __str__(self) -> str:
        return self.sha[:10] if self.sha.startswith(self.name) else f"{self.name} ({self.sha[:10]})"


class Repository:
    """The git repository around a directory; *prefix* is that directory's path in it, `` or `services/billing/`."""

    def __init__(self, directory: Path) -> None:
        """Find the repository; raise SourceFailed if there is none, or no git."""
        where = directory.resolve()
        top = next((one for one in (where, *where.parents) if (one / ".git").exists()), None)
        if top is None:
            hint = "a diff compares two revisions: run it in a clone, or name the project with -C DIR"
            raise SourceFailed(f"{directory} is not in a git repository", hint=hint)
        inside = where.relative_to(top).as_posix()
        self.prefix = "" if inside == "." else f"{inside}/"
        self._git = Git(top / ".git")
        self._objects = Objects(self._git, _PARTIAL)

    def commit(self, ref: str) -> Revision:
        """Return the commit that *ref* names, here or, for a plain branch name, on origin.

        Raises UsageError for what is no name of a revision, SourceFailed with the command that fetches it if
        it is not in this clone.
        """
        check_ref(ref)
        sha = self._resolve(f"{ref}^{{commit}}")
        name = _without_steps(ref)
        if sha is None and name != "HEAD" and self._resolve(f"{name}^{{commit}}") is None:
            sha = self._resolve(f"refs/remotes/origin/{ref}^{{commit}}")
        if sha is not None:
            return Revision(ref, sha)
        if ref == "HEAD":
            raise SourceFailed("nothing is committed here yet", hint="commit once; a diff compares with a commit")
        raise SourceFailed(f"the revision {ref} is not in this {self._kind()}", hint=self._how_to_get(ref))

    def default_base(self) -> Revision:
        """Return where this branch left origin's default branch, or HEAD where origin has none.

        Raises SourceFailed in a shallow clone that does not reach that far.
        """
        head = self.commit("HEAD")
        branch = self._default_branch()
        if branch is not None:
            base = self._git("merge-base", branch.sha, head.sha)
            if base.status == 0:
                return Revision(f"merge base with {branch.name}", base.text)
            if branch.sha in self._parents(head):
                return branch
        if self._is_shallow():
            raise _too_shallow(branch)
        return head

    def files(self, revision: Revision, directory: str, *, suffixes: tuple[str, ...]) -> dict[str, bytes]:
        """Return the regular files directly in *directory*, relative to the project, that end so; by name.

        Nothing where there is no such directory. Raises SourceFailed for links and for more than a project has.
        """
        found: dict[str, bytes] = {}
        tree = self._objects.tree(revision.sha, f"{self.prefix}{directory}", str(revision))
        for entry in self._objects.entries(tree, str(revision), sizes=True) if tree else ():
            if not entry.name.endswith(suffixes) or entry.name.startswith("."):
                continue
            where = f"{revision}: {directory}/{entry.name}"
            if not entry.regular:
                raise SourceFailed(f"{where} is {entry.kind}, not a file", hint="put the file itself there")
            if entry.size > MOST_BYTES or len(found) == _MOST_FILES:
                raise SourceFailed(f"{where} is more than {MOST_BYTES >> 20} MiB or file {_MOST_FILES:,}")
            found[entry.name] = self._objects.blob(entry, where)
        return found

    def _resolve(self, name: str) -> str | None:
        return resolved(self._git, name)

    def _default_branch(self) -> Revision | None:
        for name in ("origin/HEAD", "origin/main", "origin/master"):
            sha = self._resolve(f"refs/remotes/{name}^{{commit}}")
            if sha is not None:
                return Revision(name, sha)
        return None

    def _parents(self, revision: Revision) -> list[str]:
        """Return the parents as the commit itself names them: a shallow clone is cut off after it."""
        header = self._git("cat-file", "commit", revision.sha).out.partition(b"\n\n")[0].decode("ascii", "replace")
        return re.findall(r"^parent ([0-9a-f]{40,64})$", header, re.MULTILINE)

    def _is_shallow(self) -> bool:
        return self._git("rev-parse", "--is-shallow-repository").text == "true"

    def _kind(self) -> str:
        return "shallow clone" if self._is_shallow() else "clone"

    def _how_to_get(self, ref: str) -> str:
        if self._git("config", "--get", "remote.origin.url").status != 0:
            return "there is no remote named origin to fetch it from; `git branch -a` lists what there is"
        name = _without_steps(ref)
        back = _generations(ref)
        if back and self._resolve(f"{name}^{{commit}}") is not None:
            return f"its history is cut off here: `git fetch --deepen={back} origin`, then repeat"
        return f"fetch it with `git fetch --depth={back + 1} origin {shlex.quote(_refspec(name))}`, then repeat"


def check_ref(ref: str) -> str:
    """Return *ref* if it can be the name of one revision; raise UsageError for options, ranges and the rest."""
    hint = "write a branch, a tag, a commit, HEAD~1 or refs/pull/1/merge; two of them as A..B"
    bad = ref.startswith(("-", "^", "/", ".")) or ref == "@" or len(ref) > 500
    if not ref or bad or ".." in ref or "@{" in ref or not ref.isprintable() or re.search(r"[\s:?*\[\\{}]", ref):
        raise UsageError(f"{ref!r} is not the name of a revision", hint=hint)
    return ref


def names_of(*given: str) -> tuple[str, ...]:
    """Return the names that the arguments of a command give: `A`, `A B` or `A..B`; an empty end is HEAD."""
    if len(given) == 1 and ".." in given[0]:
        first, _, second = given[0].partition("..")
        given = (first or "HEAD", second or "HEAD")
    return tuple(map(check_ref, given))


def _without_steps(ref: str) -> str:
    """Return `main` of `main~2^1`."""
    return re.split("[~^]", ref, maxsplit=1)[0]


def _generations(steps: str) -> int:
    """Return how many commits `~2^1` goes back."""
    return sum(int(count or 1) if kind == "~" else 1 for kind, count in re.findall(r"([~^])(\d{0,4})", steps))


def _refspec(name: str) -> str:
    """Return what to fetch from origin so that *name* names it here."""
    if is_hash(name):
        return name
    branch = name.removeprefix("refs/heads/").removeprefix("refs/remotes/").removeprefix("origin/")
    if branch.startswith("refs/"):
        return f"{branch}:{branch}"
    return f"{branch}:refs/remotes/origin/{branch}"


def _too_shallow(branch: Revision | None) -> SourceFailed:
    if branch is not None:
        hint = "fetch more of it with `git fetch --unshallow origin`, or name a revision: `reconcile diff REV`"
        return SourceFailed(f"this shallow clone does not reach back to where it left {branch.name}", hint=hint)
    hint = (
        "fetch one with `git fetch --depth=1 origin main:refs/remotes/origin/main`, and compare with it: "
        "`reconcile diff origin/main`"
    )
    return SourceFailed("this shallow clone has no branch of origin to compare with", hint=hint)
