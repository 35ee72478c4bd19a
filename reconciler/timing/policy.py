"""The project's limits on how often a schedule may fire."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.durations import format_duration
from reconciler.model import Policy, Timing
from reconciler.timing.frequency import frequency


def breaches(policy: Policy, timing: Timing) -> Iterator[str]:
    """Yield a sentence for each limit of *policy* that *timing* goes beyond."""
    if policy == Policy():
        return
    found = frequency(timing.rule)
    least, most = policy.min_interval, policy.max_runs_per_day
    if least is not None and found.shortest is not None and found.shortest < least:
        apart, limit = format_duration(found.shortest), format_duration(least)
        yield f"it fires {apart} apart, and the policy's `min_interval` is {limit}"
    if most is not None and found.busiest > most:
        yield f"it fires {found.busiest:,} times in a day, and the policy's `max_runs_per_day` is {most:,}"
