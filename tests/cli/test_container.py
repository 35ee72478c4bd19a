"""What is shipped to run in a container: as its linters see it, and its commands run for real."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import Project, until

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
DOCKERFILE = ROOT / "templates" / "docker" / "Dockerfile"
MANIFEST = ROOT / "templates" / "kubernetes" / "reconcile.yaml"
LEAVES_ORPHANS = """\
timezone: UTC
schedules:
  leaver:
    when: every second
    run: [sh, -c, 'setsid true & (true &)']
"""
UNSHARE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def told(*argv: Path | str) -> tuple[int, str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def instruction(word: str) -> str:
    """Return what the last *word* of the Dockerfile says, on however many lines."""
    text = DOCKERFILE.read_text().replace("\\\n", " ")
    return re.findall(rf"^{word} +(.*)$", text, re.MULTILINE)[-1]  # type: ignore[no-any-return]


@pytest.mark.tools
def test_hadolint_finds_nothing_but_the_packages_that_are_not_pinned_for_a_reason(tmp_path: Path) -> None:
    assert told(BIN / "hadolint", DOCKERFILE) == (0, "")
    _, hidden = told(BIN / "hadolint", "--disable-ignore-pragma", DOCKERFILE)
    assert set(re.findall(r"(?:DL|SC)\d+", hidden)) == {"DL3008"}
    bad = tmp_path / "Dockerfile"  # it does look: what it must find, it finds
    bad.write_text(DOCKERFILE.read_text().replace("USER 10001:10001", "USER root").replace(" --no-cache-dir", ""))
    code, found = told(BIN / "hadolint", bad)
    assert code == 1
    assert {"DL3002", "DL3042"} <= set(re.findall(r"DL\d+", found))


@pytest.mark.tools
def test_kubernetes_schemas_know_every_key_of_the_manifest(tmp_path: Path) -> None:
    argv = [BIN / "kubernetes-validate", "--strict", "--quiet"]
    assert told(*argv, MANIFEST) == (0, "")
    bad = tmp_path / "bad.yaml"
    bad.write_text(MANIFEST.read_text().replace("runAsNonRoot", "runAsNonRut"))
    assert told(*argv, bad)[0] == 1


def test_image_and_manifest_are_of_one_mind_and_ask_for_what_the_daemon_does() -> None:
    _, deployment = yaml.safe_load_all(MANIFEST.read_text())
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    context = pod["securityContext"]
    assert instruction("USER") == f"{context['runAsUser']}:{context['runAsGroup']}" == "10001:10001"
    (state,) = (one["value"] for one in container["env"] if one["name"] == "RECONCILE_STATE")
    mounts = {one["mountPath"]: one.get("readOnly", False) for one in container["volumeMounts"]}
    assert Path(state).parent == Path(instruction("VOLUME"))
    assert mounts == {"/state": False, "/tmp": False, f"{instruction('WORKDIR')}/schedules": True}
    assert container["securityContext"]["readOnlyRootFilesystem"]
    check = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
    assert container["readinessProbe"]["exec"]["command"] == check
    grace = int(container["args"][container["args"].index("--grace") + 1].removesuffix("s"))
    assert pod["terminationGracePeriodSeconds"] >= grace + 10, "SIGTERM, the grace, SIGKILL five seconds later"
    assert (deployment["spec"]["replicas"], deployment["spec"]["strategy"]) == (1, {"type": "Recreate"})


@pytest.mark.index
def test_what_the_image_copies_is_enough_to_build_the_wheel(tmp_path: Path) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        source
        for arguments in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE.read_text(), re.MULTILINE)
        for source in arguments.split()[:-1]
    }
    assert copied == allowed
    for name in copied:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tmp_path / name)
    argv = [sys.executable, "-m", "pip", "wheel", "-q", "--no-cache-dir", "--no-deps", "--wheel-dir", "dist", "."]
    done = subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {"reconciler/__main__.py", "reconciler/schemas/lock.schema.json"} <= set(names)


def test_as_process_1_it_is_healthy_reaps_what_jobs_leave_and_ends_at_the_signal_that_docker_sends(
    project: Project,
) -> None:
    apart = next((argv for argv in (UNSHARE, [*UNSHARE, "--user", "--map-root-user"]) if can(argv)), None)
    if apart is None:
        pytest.skip("no process namespaces here")
    project.write(LEAVES_ORPHANS)
    project.ok("compile")
    argv: list[Path | str] = [*apart, sys.executable, "-m", "reconciler", "-C", project.root, "serve", "--grace", "5s"]
    outside = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        children = Path(f"/proc/{outside.pid}/task/{outside.pid}/children")
        first = int(until(children.read_text, 60))
        check = json.loads(instruction("HEALTHCHECK").partition("CMD ")[2])
        assert check[0] == json.loads(instruction("ENTRYPOINT"))[0] == "reconcile"
        until(lambda: project.run(*check[1:]).code == 0, 60)
        until(lambda: len(project.ok("history", "--json").json["runs"]) >= 3, 60)
        until(lambda: not zombies(first), 60)
        subprocess.run(["kill", f"-{instruction('STOPSIGNAL').removeprefix('SIG')}", str(first)], check=True)
        _, log = outside.communicate(timeout=60)
    finally:
        outside.kill()
    assert outside.returncode == 0, log
    assert f"{signal.SIGTERM.name}: stopping" in log


def can(unshare: list[str]) -> bool:
    return bool(shutil.which("unshare")) and told(*unshare, "true")[0] == 0


def zombies(parent: int) -> list[str]:
    done = subprocess.run(["ps", "-o", "stat=", "--ppid", str(parent)], capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line.startswith("Z")]
