"""The environment of a job: a list of names that may pass, never everything that the daemon knows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC

from reconciler.engine.processes import INSTALLATION, RUN_ID
from reconciler.model import OWN_VARIABLES, Run, RunSpec

_PASSED = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER", "LOGNAME"})


def job_environment(spec: RunSpec, run: Run, own: Mapping[str, str], installation: str = "") -> dict[str, str]:
    """Return what the process of *run* sees: of *own* the harmless names and those that it asks for, and the run.

    `RECONCILE_SCHEDULED_AT` is the due time in UTC, so that a job can be made to do the same work only once.
    `RECONCILE_INSTALLATION`, with the run's id, is how its processes are known as ours later on. What is for
    this program alone does not pass even if asked for; other keys, such as GITHUB_TOKEN, only if asked for.
    """
    wanted = _PASSED | {*spec.env, *spec.secrets}
    passed = {
        name: value
        for name, value in own.items()
        if (name in wanted or name.startswith("LC_")) and not name.startswith(OWN_VARIABLES)
    }
    return passed | {
        "RECONCILE_JOB_ID": run.job_id,
        RUN_ID: str(run.id),
        INSTALLATION: installation,
        "RECONCILE_SCHEDULED_AT": run.scheduled_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
