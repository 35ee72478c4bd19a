"""What an audit found, for people and for programs."""

from __future__ import annotations

from reconciler.audit import Audit, Finding
from reconciler.lockfile import instant_text
from reconciler.model import Json, RunState
from reconciler.review.text import Paint, safe

_OPEN = (RunState.WAITING, RunState.RUNNING)
_SHOWN = (RunState.SUCCEEDED, RunState.FAILED, RunState.TIMED_OUT, RunState.INTERRUPTED, RunState.MISSED)


def audit_text(audit: Audit, paint: Paint) -> str:
    """Return how the due times ended, and the first of those that are not accounted for once."""
    ends = [f"{audit.states[state]:,} {state.value.replace('_', ' ')}" for state in _SHOWN]
    still_open = sum(audit.states[state] for state in _OPEN)
    ends += [f"{still_open:,} still open"] if still_open else []
    verdict = f"{audit.silent:,} silent, {audit.doubled:,} doubled"
    lines = [
        f"{paint(f'{audit.accounted:,} due times', 'bold')}: {', '.join(ends)}",
        paint(verdict, "green" if audit.clean else "red"),
        *(f"  {_finding(one)}" for one in audit.findings),
    ]
    more = audit.silent + audit.doubled - len(audit.findings)
    return "\n".join([*lines, *([f"  … and {more:,} more"] if audit.findings and more > 0 else [])]) + "\n"


def _finding(one: Finding) -> str:
    what = "was due and has no run" if one.silent else "has a run, and was not due"
    return f"{safe(one.job_id)}: {instant_text(one.at)} {what}"


def audit_json(audit: Audit) -> dict[str, Json]:
    """Return the document of `audit --json`."""
    return {
        "format_version": "1.0",
        "accounted": audit.accounted,
        **{state.value: audit.states[state] for state in _SHOWN},
        "open": sum(audit.states[state] for state in _OPEN),
        "silent": audit.silent,
        "doubled": audit.doubled,
        "findings": [
            {"schedule": one.job_id, "due": instant_text(one.at), "kind": "silent" if one.silent else "doubled"}
            for one in audit.findings
        ],
    }
