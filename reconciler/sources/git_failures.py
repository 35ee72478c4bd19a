"""Why a fetch failed, in the words of somebody who can do something about it."""

from __future__ import annotations

import re

from reconciler.errors import SourceFailed
from reconciler.sources.git_access import Access
from reconciler.sources.git_process import Outcome, last_line

_TOKENS = "set RECONCILE_GIT_TOKEN or RECONCILE_GIT_TOKEN_FILE to one that may read this repository"
_AGAIN = "it is tried again; what was applied last stays in force"
_HOSTS = "put its key, compared with what its owner publishes, in the file that RECONCILE_GIT_KNOWN_HOSTS_FILE names"
_KEYS = "name a key that may read this repository in RECONCILE_GIT_SSH_KEY_FILE"
_CERTIFICATES = "a certificate authority of your own is named by GIT_SSL_CAINFO"
_SMALLER = "follow a repository of its own for the lockfile, or a server that can filter (uploadpack.allowFilter)"
_OWNER = "run the daemon as its owner, or follow it by ssh:// or https://"

_REMOTE: tuple[tuple[str, str, str], ...] = (
    (
        r"couldn't find remote ref",
        "there is no such branch (deleted, renamed or never there)",
        "push it again, or follow another with --branch",
    ),
    (
        r"unadvertised object|not our ref|no such remote ref",
        "the remote does not have it",
        "push it to the branch that is followed",
    ),
    (
        r"could not read Username|could not read Password|Authentication failed|returned error: 401",
        "it asks for credentials, or refuses those given",
        _TOKENS,
    ),
    (r"returned error: 403", "the remote does not allow it", _TOKENS),
    (
        r"unable to update url base|returned error: 30\d",
        "the remote redirects to another address, which is not followed",
        "write the new address",
    ),
    (
        r"Host key verification failed|REMOTE HOST IDENTIFICATION",
        "the host's key is not known, or not the known one",
        _HOSTS,
    ),
    (r"Permission denied \(|Too many authentication failures|no mutual signature", "ssh was refused", _KEYS),
    (r"dubious ownership", "the repository belongs to somebody else", _OWNER),
    (
        r"repository '.*' not found|returned error: 404|does not appear to be a git"
        r"|[Rr]epository not found|ERROR: .*not found",
        "there is no such repository, or none that these credentials may see",
        f"compare the address; {_TOKENS}",
    ),
    (r"certificate|SSL|TLS", "the connection is not to be trusted", _CERTIFICATES),
    (r"[Cc]ould not resolve", "the name of the host is not known", "compare the address, and the machine's DNS"),
    (r"Operation too slow|timed out|Connection timed out", "the remote does not answer", _AGAIN),
    (
        r"Connection refused|Failed to connect|Couldn't connect|unable to connect|No route|unreachable",
        "the remote cannot be reached",
        _AGAIN,
    ),
    (
        r"hung up|Empty reply|early EOF|reset by peer|unexpected disconnect|RPC failed|returned error: (5\d\d|429)",
        "the remote broke off",
        _AGAIN,
    ),
    (r"No space left|Disk quota", "the disk is full", "make room where the state directory is"),
)


def reason(outcome: Outcome) -> tuple[str, str, str] | None:
    """Return what the remote or the way to it did wrong, what to do, and the line that says so.

    None where it may be the fault of our mirror.
    """
    if outcome.timed_out:
        return "the remote did not finish in time", _AGAIN, outcome.error
    if outcome.too_large:
        return "it is too large", _SMALLER, outcome.error
    lines = dict.fromkeys(outcome.error.splitlines())  # a damaged repository makes git say the same for ever
    for pattern, what, hint in _REMOTE:
        if line := next((line for line in lines if re.search(pattern, line)), None):
            return what, hint, line
    return None


def failure(outcome: Outcome, access: Access, what: str) -> SourceFailed:
    """Return the error for a fetch of *what* that failed, without a secret in it."""
    found = reason(outcome)
    why, hint, line = found or ("git failed", _AGAIN, outcome.error)
    said = last_line(line).removeprefix("fatal: ").removeprefix("error: ")
    return SourceFailed(access.masked(f"{what} cannot be fetched: {why} ({said})"), hint=hint)
