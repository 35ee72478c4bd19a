"""How a remote is reached: which addresses are allowed, with which credentials, and what is never shown of them."""

from __future__ import annotations

import base64
import ipaddress
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, quote, urlsplit

from reconciler.errors import SourceFailed, UsageError

TOKEN = "RECONCILE_GIT_TOKEN"  # noqa: S105 - the name of a variable
_TOKEN_FILE = "RECONCILE_GIT_TOKEN_FILE"  # noqa: S105
_SSH_KEY_FILE = "RECONCILE_GIT_SSH_KEY_FILE"
_KNOWN_HOSTS_FILE = "RECONCILE_GIT_KNOWN_HOSTS_FILE"
_FORMS = "write https://HOST/PATH, ssh://git@HOST/PATH or git@HOST:PATH"
_LOCAL = "a path, file:// and http://127.0.0.1 are for tests and demos: allow them with --allow-local"
_SSH = (
    "-oBatchMode=yes",
    "-oConnectTimeout=15",
    "-oStrictHostKeyChecking=yes",
    "-oServerAliveInterval=15",
    "-oServerAliveCountMax=3",
    "-oForwardAgent=no",
    "-oClearAllForwardings=yes",
    "-oPermitLocalCommand=no",
)
_USERINFO = re.compile(r"(https?://|://[^/@\s:]*:)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Access:
    """What a remote is asked with. *token* is for HTTPS, *ssh_key* and *known_hosts* are files for ssh.

    *local* allows paths, file:// and http:// on loopback beside https and ssh.
    """

    token: str | None = field(default=None, repr=False)
    ssh_key: Path | None = None
    known_hosts: Path | None = None
    local: bool = False

    def settings(self) -> tuple[str, ...]:
        """Return the settings that git needs to ask the remote; nothing in them is secret."""
        return ("protocol.version=2", "ssh.variant=ssh", f"core.sshCommand={shlex.join(self.ssh_command())}")

    def ssh_command(self) -> list[str]:
        """Return how ssh is run: it never asks, and only knows the hosts that it was told."""
        key = [f"-oIdentityFile={_as_ssh_reads(self.ssh_key)}", "-oIdentitiesOnly=yes"] if self.ssh_key else []
        known = [f"-oUserKnownHostsFile={_as_ssh_reads(self.known_hosts)}"] if self.known_hosts else []
        return ["ssh", *_SSH, *key, *known]

    def environment(self, url: str) -> dict[str, str]:
        """Return the environment in which git may ask *url* and no other protocol, with the token where it fits."""
        protocol = protocol_of(url)
        allowed = {"GIT_ALLOW_PROTOCOL": "file" if protocol == "path" else protocol}
        if self.token is None or protocol not in ("https", "http"):
            return allowed
        return allowed | {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"http.{url}.extraHeader",
            "GIT_CONFIG_VALUE_0": f"Authorization: Basic {_basic(self.token)}",
        }

    def masked(self, text: str) -> str:
        """Return *text* without the token, in whatever form, and without a password in a URL."""
        if self.token is not None:
            for secret in (_basic(self.token), quote(self.token, safe=""), self.token):
                text = text.replace(secret, "***")
        return _USERINFO.sub(r"\1***@", text)


def access_from(environment: Mapping[str, str], *, local: bool) -> Access:
    """Return what the variables RECONCILE_GIT_* of *environment* give.

    Raises UsageError if the token is given twice, SourceFailed for a file that cannot be read or says nothing.
    """
    token, file = environment.get(TOKEN), environment.get(_TOKEN_FILE)
    if token and file:
        raise UsageError(f"{TOKEN} and {_TOKEN_FILE} are both set", hint="keep one of them")
    if file:
        token = _token_in(Path(file))
    elif token:
        token = _checked_token(token, TOKEN)
    return Access(token or None, _file(environment, _SSH_KEY_FILE), _file(environment, _KNOWN_HOSTS_FILE), local=local)


def check_url(url: str, *, local: bool) -> str:
    """Return *url*, a local path as an absolute one; raise UsageError for what git may not be asked.

    https and ssh (also `git@host:path`) are allowed; with *local* a path, file:// and http:// on loopback as well.
    """
    if not url or url != url.strip() or not url.isprintable():
        raise UsageError(
            "the address of the repository is empty or has white space around or odd characters in it", hint=_FORMS
        )
    if url.startswith("-"):
        raise UsageError(f"{url!r} is an option, not the address of a repository", hint=_FORMS)
    if re.match(r"[\w+.-]*::", url):
        raise UsageError(f"{url.partition('::')[0]}:: addresses run a program, and are not allowed", hint=_FORMS)
    protocol = protocol_of(url)
    match protocol:
        case "https" | "http" | "ssh" | "file" if "://" in url:
            return _checked(url, local=local)
        case "ssh":
            return _checked_scp(url)
        case "path":
            if not local:
                raise UsageError(f"{url!r} is a local path", hint=_LOCAL)
            return str(Path(url).absolute())
    raise UsageError(f"{protocol}:// is not allowed", hint=_FORMS)


def protocol_of(url: str) -> str:
    """Return the name by which git allows what *url* needs: `https`, `ssh`, `file`, ...; `path` for one without."""
    scheme, found, _ = url.partition("://")
    if found:
        return scheme.lower() if re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) else "unknown"
    colon = url.find(":")
    return "ssh" if 0 <= colon < (url.find("/") if "/" in url else len(url)) else "path"


def _checked(url: str, *, local: bool) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError("the address of the repository is no URL", hint=_FORMS) from None
    scheme = parts.scheme
    if (scheme in ("http", "https") and parts.username is not None) or parts.password is not None:
        shown = f"{scheme}://{host}"
        raise UsageError(
            f"the address of the repository at {shown} names a user or a password",
            hint=f"put the token in {TOKEN} or in a file that {_TOKEN_FILE} names, and leave it out of the address",
        )
    if parts.query or parts.fragment:
        raise UsageError(f"the address of the repository at {scheme}://{host} has a ? or a # in it", hint=_FORMS)
    if scheme == "file":
        return _checked_file(parts, url, local=local)
    if not host or host.startswith("-") or (parts.username or "").startswith("-"):
        raise UsageError(f"{url!r} names no host", hint=_FORMS)
    if not parts.path.strip("/") or parts.path.startswith("/-"):
        raise UsageError(f"{url!r} names no repository", hint=_FORMS)
    if scheme == "http" and not (local and _is_loopback(host)):
        raise UsageError("http:// sends everything in the clear, and is not allowed", hint=f"write https://{host}/...")
    return url


def _checked_file(parts: SplitResult, url: str, *, local: bool) -> str:
    if not local:
        raise UsageError(f"{url!r} is a local path", hint=_LOCAL)
    if parts.netloc not in ("", "localhost"):
        raise UsageError(f"{url!r} names a host", hint="write file:///PATH")
    return url


def _checked_scp(url: str) -> str:
    target, _, path = url.partition(":")
    user, _, host = target.rpartition("@")
    if not host or host.startswith("-") or user.startswith("-") or path.startswith("-") or not path.strip("/"):
        raise UsageError(f"{url!r} names no host or no repository", hint=_FORMS)
    if ":" in user or re.match(r"[^/@:]*:[^/]*@[^/]*:", url):
        raise UsageError("the address of the repository names a password", hint=f"name a key in {_SSH_KEY_FILE}")
    return url


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token_in(file: Path) -> str:
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise SourceFailed(f"{_TOKEN_FILE}: {file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SourceFailed(f"{_TOKEN_FILE}: {file}: not text") from None
    return _checked_token(text.removesuffix("\n").removesuffix("\r"), f"{_TOKEN_FILE}: {file}")


def _checked_token(token: str, where: str) -> str:
    if not token.strip():
        raise SourceFailed(f"{where}: there is no token in it", hint="write the token alone into it")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise SourceFailed(f"{where}: more than a token is in it", hint="write the token alone into it, on one line")
    return token


def _file(environment: Mapping[str, str], name: str) -> Path | None:
    given = environment.get(name)
    if not given:
        return None
    path = Path(given).absolute()
    try:
        with path.open("rb"):
            return path
    except OSError as error:
        raise SourceFailed(f"{name}: {given}: {error.strerror}", hint="name a file that the daemon may read") from None


def _as_ssh_reads(path: Path) -> str:
    return '"' + str(path).replace("%", "%%") + '"'


def _basic(token: str) -> str:
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()
