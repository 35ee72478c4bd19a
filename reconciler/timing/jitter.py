"""Jitter decided beforehand: the same delay for the same job and due time, on every machine and after a restart."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from reconciler.model import Timing
from reconciler.timing.fires import next_fire

_SECOND = timedelta(seconds=1)


def start_of(job_id: str, timing: Timing, due: datetime, jitter: timedelta) -> datetime:
    """Return when the run of *job_id* that is due at *due* starts: at most *jitter* later and before the next.

    The delays of many jobs, and of one job's due times, are spread evenly over *jitter*.
    """
    if not jitter:
        return due
    following = next_fire(timing, due)
    if following is not None:
        jitter = min(jitter, following - due - _SECOND)
    seed = hashlib.sha256(f"{job_id} {due.timestamp():.0f}".encode()).digest()
    return due + jitter * (int.from_bytes(seed[:8]) / 2**64)
