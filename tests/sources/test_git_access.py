"""Addresses that are refused before git sees them, and credentials that nobody sees."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.errors import SourceFailed, UsageError
from reconciler.sources.git_access import Access, access_from, check_url, protocol_of
from tests.servers.git_server import authorization

URL = "https://git.example.org/team/schedules.git"


@pytest.mark.parametrize(
    "url",
    [URL, "ssh://git@git.example.org/x.git", "ssh://git@git.example.org:2222/~me/x", "git@git.example.org:team/x.git",
     "git.example.org:x", "https://[::1]:8443/x", "ssh://git@[::1]/x"],
)  # fmt: skip
def test_https_and_ssh_are_allowed(url: str) -> None:
    assert check_url(url, local=False) == url


@pytest.mark.parametrize(
    "url",
    ["ext::sh -c touch% x", "fd::3", "::x", "git://git.example.org/x", "ftp://git.example.org/x",
     "--upload-pack=touch x",
         "-oProxyCommand=x", "ssh://-oProxyCommand=x/y", "ssh://-x@git.example.org/y",
     "-oProxyCommand=x:y", "git@-oProxyCommand=x:y",
     "ssh://git.example.org/-x", "git@git.example.org:-x", "https://git.example.org", "https:///x", "https://git.example.org/x?a=b",
     "https://git.example.org/x#y", "https://git.example.org/x\ny", "https://git.example.org/\x1b[2J", " https://git.example.org/x",
     "", "https://git.example.org:port/x", "http://git.example.org/x", "javascript://x/y", "ssh:///x", "file://host/x",
     "HTTP://git.example.org/x", "+x://y/z", "git@:x", "git@host:"],
)  # fmt: skip
@pytest.mark.parametrize("local", [False, True])
def test_any_other_address_is_refused(url: str, local: bool) -> None:
    with pytest.raises(UsageError) as raised:
        check_url(url, local=local)
    assert raised.value.problems[0].hint


@pytest.mark.parametrize("url", ["/srv/x.git", "../x", "file:///srv/x.git", "~x/y", "./a:b"])
def test_a_local_path_is_allowed_only_where_it_is_asked_for(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_url(url, local=False)
    assert "--allow-local" in str(raised.value.problems[0].hint)
    allowed = check_url(url, local=True)
    assert allowed == (url if "://" in url else str(Path(url).absolute()))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]:80", "127.3.4.5"])
def test_http_is_for_loopback_only(host: str) -> None:
    assert check_url(f"http://{host}/x", local=True)
    with pytest.raises(UsageError):
        check_url(f"http://{host}/x", local=False)
    for other in ("127.0.0.1.example.org", "10.0.0.1", "localhost.example.org"):
        with pytest.raises(UsageError):
            check_url(f"http://{other}/x", local=True)


@pytest.mark.parametrize(
    "url",
    ["https://me:S3cret@git.example.org/x", "https://S3cret@git.example.org/x", "ssh://git:S3cret@git.example.org/x",
     "http://a:S3cret@127.0.0.1/x", "git:S3cret@git.example.org:x", "https://x:S3cret@/x", "ftp://a:S3cret@h/x"],
)  # fmt: skip
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError) as raised:
        check_url(url, local=True)
    assert "S3cret" not in f"{raised.value!r} {raised.value.problems}"


def test_a_password_in_an_address_names_the_variable_to_put_it_in() -> None:
    with pytest.raises(UsageError) as raised:
        check_url("https://me:secret@git.example.org/x", local=False)
    assert "RECONCILE_GIT_TOKEN" in str(raised.value.problems[0].hint)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_whatever_is_allowed_is_one_of_the_known_protocols(url: str) -> None:
    try:
        allowed = check_url(url, local=False)
    except UsageError:
        return
    assert protocol_of(allowed) in ("https", "ssh")
    assert not allowed.startswith("-")
    assert "::" not in allowed.partition("[")[0].partition("/")[0]


def test_the_token_is_sent_as_a_header_to_that_address_alone() -> None:
    access = Access("abc")
    assert access.environment(URL) == {
        "GIT_ALLOW_PROTOCOL": "https",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{URL}.extraHeader",
        "GIT_CONFIG_VALUE_0": f"Authorization: {authorization('abc')}",
    }
    assert access.environment("git@git.example.org:x") == {"GIT_ALLOW_PROTOCOL": "ssh"}
    assert access.environment("/srv/x") == {"GIT_ALLOW_PROTOCOL": "file"}
    assert "abc" not in f"{access!r} {access.settings()}"


@settings(deadline=None)
@given(st.text("abc/+= %", min_size=1, max_size=20))
def test_a_token_is_masked_in_every_form(token: str) -> None:
    access = Access(f"s3{token}")
    header = authorization(f"s3{token}").removeprefix("Basic ")
    masked = access.masked(f"a s3{token} b {header} c https://me:pw@git.example.org/x")
    assert f"s3{token}" not in masked
    assert header not in masked
    assert "pw" not in masked


def test_ssh_never_asks_and_knows_only_what_it_was_told(tmp_path: Path) -> None:
    key, known = tmp_path / "a key%h", tmp_path / "known hosts"
    command = Access(ssh_key=key, known_hosts=known).ssh_command()
    assert f'-oIdentityFile="{tmp_path}/a key%%h"' in command
    assert {"-oBatchMode=yes", "-oStrictHostKeyChecking=yes", "-oIdentitiesOnly=yes"} <= set(command)
    assert f'-oUserKnownHostsFile="{known}"' in command
    settings = dict(one.split("=", 1) for one in Access(ssh_key=key, known_hosts=known).settings())
    assert shlex.split(settings["core.sshCommand"]) == command
    assert not [option for option in Access().ssh_command() if "File" in option]


@pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not installed")
def test_ssh_reads_the_options_as_they_are_meant(tmp_path: Path) -> None:
    key, known = tmp_path / "a key%h", tmp_path / "known hosts%h"
    command = Access(ssh_key=key, known_hosts=known).ssh_command()
    shown = subprocess.run(
        [*command, "-G", "-F", os.devnull, "git.example.org"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    known_line = next(line for line in shown if line.startswith("userknownhostsfile "))
    key_line = next(line for line in shown if line.startswith("identityfile "))
    assert known_line.removeprefix("userknownhostsfile ").strip('"').replace("%%", "%") == str(known)
    assert key_line.removeprefix("identityfile ").strip('"').replace("%%", "%") == str(key)
    for option in ("batchmode yes", "stricthostkeychecking true", "identitiesonly yes", "forwardagent no"):
        assert option in shown


def test_credentials_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    assert access_from({}, local=False) == Access()
    assert access_from({"RECONCILE_GIT_TOKEN": "abc"}, local=True) == Access("abc", local=True)
    file = tmp_path / "token"
    file.write_text("abc\n")
    assert access_from({"RECONCILE_GIT_TOKEN_FILE": str(file)}, local=False).token == "abc"
    key = {"RECONCILE_GIT_SSH_KEY_FILE": str(file), "RECONCILE_GIT_KNOWN_HOSTS_FILE": str(file)}
    assert access_from(key, local=False) == Access(ssh_key=file, known_hosts=file)


def test_a_token_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="both set"):
        access_from({"RECONCILE_GIT_TOKEN": "abc", "RECONCILE_GIT_TOKEN_FILE": str(tmp_path / "x")}, local=False)


@pytest.mark.parametrize("text", ["", "\n", "  \n", "two words", "two\nlines", "a\x1b", "schlüssel", "\udcff"])
def test_a_token_file_that_holds_no_token_is_refused_and_not_repeated(text: str, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_bytes(os.fsencode(text))
    with pytest.raises(SourceFailed, match="RECONCILE_GIT_TOKEN_FILE") as raised:
        access_from({"RECONCILE_GIT_TOKEN_FILE": str(file)}, local=False)
    assert not text.strip() or text not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["RECONCILE_GIT_TOKEN_FILE", "RECONCILE_GIT_SSH_KEY_FILE", "RECONCILE_GIT_KNOWN_HOSTS_FILE"]
)
def test_a_file_that_cannot_be_read_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match=f"{name}: .*No such file"):
        access_from({name: str(tmp_path / "missing")}, local=False)
