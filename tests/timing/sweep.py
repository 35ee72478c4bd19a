"""The exhaustive form of the brute-force test: every zone, every change from 2024 to 2037, every set and policy.

Run `python -m tests.timing.sweep` (about a minute; a step of `.ci/run`). Zones that show the same time
throughout these years are walked once. It prints each disagreement and ends with 1 if there is any.
"""

from __future__ import annotations

import sys
from itertools import product

from reconciler.timing import fires

from .oracle import due_between, transitions, zones_by_behaviour
from .test_fires import HANDFUL, HOUR, SIX_POLICIES, cron


def main() -> int:
    """Walk them all and return the exit code."""
    wrong = checked = 0
    for zones in zones_by_behaviour(2024, 2037):
        for changed, _ in transitions(zones[0], 2024, 2037):
            after, until = changed - 26 * HOUR, changed + 26 * HOUR
            for policy, sets in product(SIX_POLICIES, HANDFUL):
                timing = cron(zones[0], *sets, dst=policy)
                checked += 1
                if list(fires(timing, after, until)) != due_between(timing, after, until):
                    wrong += 1
                    print(changed, timing)
    print(f"{checked} checked, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
