"""Write docs/where-cron-libraries-differ.md from what the installed libraries answer.

`python docs/peers.py` writes the file; `python docs/peers.py --check` exits 1 if it is not what would be written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apscheduler.triggers.cron import CronTrigger

from docs.peer_answers import LIBRARIES, Answer, answer, asked_in_turn, read_back, right
from docs.peer_cases import CASES, Case
from reconciler.durations import parse_duration
from reconciler.model import Timing
from reconciler.timing import cron_fields, english, equal

TARGET = Path(__file__).with_name("where-cron-libraries-differ.md")
PEERS = ("apscheduler", "croniter", "cronsim")
SHOWN = 5
INTRO = """# Where cron libraries differ

The same schedules, asked of this project and of {versions},
are not always due at the same times: a run can be lost or doubled without a word. Start with
[the lost Monday](#the-lost-monday), [the double run](#the-double-run) and [`mon wed fri`](#mon-wed-fri).

`python docs/peers.py` wrote this page by running the libraries. What is right is decided by the brute force in
`tests/timing/oracle.py`, which walks the clock step by step under this project's [policy](#our-policy).

- **✓** as due. **✗** lost, run twice, or run when nothing was due.
- **other policy** sensible and consistent, but not ours; **refuses** says so with an error, so nothing wrong runs.
- **cannot say it** the notation has no words for it. croniter and cronsim read crontab lines, APScheduler its fields.
"""
POLICY = """## Our policy
Due times inside a gap become one run at the first instant after it; in an overlap the first pass runs. A schedule whose
hour is `*` or `*/n` follows elapsed time: it runs in both passes and has nothing to make up for. `dst:` changes either.
"""


def versions() -> str:
    """Return the names and exact versions of the peers."""
    named = [f"{name} {version(key)}" for name, key in zip(tuple(LIBRARIES)[1:], PEERS, strict=True)]
    return f"{', '.join(named[:-1])} and {named[-1]}"


@cache
def document() -> str:
    """Return the page."""
    answers = [(case, {name: answer(name, case) for name in LIBRARIES}) for case in CASES]
    parts = [INTRO.format(versions=versions()), *_summary(answers), "", POLICY, "## The cases", ""]
    for case, by_library in answers:
        parts += _details(case, by_library)
    parts += _beyond_due_times()
    return "\n".join(parts).rstrip() + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _summary(answers: list[tuple[Case, dict[str, Answer]]]) -> Iterator[str]:
    yield _row("case", *LIBRARIES)
    yield "|---" * (len(LIBRARIES) + 1) + "|"
    for case, by_library in answers:
        yield _row(f"[{case.name}](#{anchor(case.name)})", *(by_library[name].verdict for name in LIBRARIES))


def anchor(heading: str) -> str:
    """Return the fragment under which GitHub finds *heading*."""
    return "".join(c for c in heading.lower().replace(" ", "-") if c.isalnum() or c in "-_")


def _details(case: Case, by_library: dict[str, Answer]) -> Iterator[str]:
    fields = " and ".join("`{" + ", ".join(f"{k}: {v!r}" for k, v in one.items()) + "}`" for one in case.kwargs)
    line = f", crontab `{case.line}`" if case.line else ""
    yield f"### {case.name}\n\n{case.why}\n"
    yield f"{fields}{line}, {case.zone}, {_when(case)}.\n"
    yield from (_row("", "runs", "verdict"), "|---|---|---|")
    expected = list(right(case))
    yield _row("**right**", _list(case, expected), "")
    for name, given in by_library.items():
        yield _row(name, _runs(case, name, given, expected), given.verdict)
    yield ""


def _runs(case: Case, name: str, given: Answer, expected: list[datetime]) -> str:
    if given.refusal:
        return f"“{given.refusal}”"
    if given.verdict == "cannot say it":
        return ""
    back = read_back(case) if name == "APScheduler" and given.verdict != "✓" else None
    return _fired(case, given, expected) + (f"; it read `{back}`" if back else "")


def _when(case: Case) -> str:
    """Return the window in words, or the moments at which the next run is asked for."""
    if case.asks:
        return f"the next run after {' and after '.join(map(_moment, case.asks))}"
    return f"from {_moment(case.after)} to {_moment(case.until)}"


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}".removesuffix(":00") + "Z"


def _list(case: Case, due: list[datetime] | tuple[datetime, ...]) -> str:
    if not due:
        return "nothing"
    if len(due) <= SHOWN:
        return ", ".join(_wall(case, one) for one in due)
    return f"{', '.join(_wall(case, one) for one in due[:2])}, … {_wall(case, due[-1])} ({len(due)} runs)"


def _fired(case: Case, given: Answer, expected: list[datetime]) -> str:
    """Return the runs in short; of a long list, also what is missing or too much, which is what matters."""
    text = _list(case, given.fired)
    if len(given.fired) <= SHOWN or list(given.fired) == expected:
        return text
    missing = [due for due in expected if due not in given.fired]
    seen: set[datetime] = set()
    again = [due for due in given.fired if due not in expected or due in seen or seen.add(due)]  # type: ignore[func-returns-value]
    differences = [f"{word} {_list(case, due)}" for word, due in (("without", missing), ("also", again)) if due]
    return "; ".join([text, *differences])


def _wall(case: Case, instant: datetime) -> str:
    """Return *instant* as the wall shows it, with its UTC offset, without what the page says anyway."""
    wall = instant.astimezone(ZoneInfo(case.zone))
    clock = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
    return f"{wall:%a} {wall.day} {wall:%b} {clock}{f'{wall:%z}'[:3]}{_half_hour(f'{wall:%z}')}"


def _half_hour(offset: str) -> str:
    return f":{offset[3:5]}" if offset[3:5] != "00" else ""


def text_names_the_zone() -> bool:
    """Return whether two triggers of APScheduler that differ in the zone differ in `str()`."""
    berlin, new_york = (str(CronTrigger(hour=9, timezone=zone)) for zone in ("Europe/Berlin", "America/New_York"))
    return berlin != new_york


def days_with_negative_jitter() -> int:
    """Return on how many days ten runs in a row of a daily job with `jitter=-5` are due in APScheduler."""
    trigger = CronTrigger(hour=1, timezone="UTC", jitter=-5)
    return len({due.date() for due in islice(asked_in_turn(trigger, datetime(2026, 11, 1, tzinfo=UTC)), 10)})


def ours_differ_by_zone() -> bool:
    """Return whether this project tells two schedules apart that differ in the zone only."""
    berlin, new_york = (Timing(zone, (cron_fields({"hour": "9"}),)) for zone in ("Europe/Berlin", "America/New_York"))
    return english(berlin) != english(new_york) and not equal(berlin, new_york) and equal(berlin, berlin)


def equal_triggers_are_equal() -> bool:
    """Return whether two triggers of APScheduler made alike are `==`."""
    first, second = (CronTrigger(hour=9, timezone="Europe/Berlin") for _ in range(2))
    return bool(first == second)


def refused_jitter() -> str:
    """Return what this project says to a negative jitter."""
    try:
        parse_duration("-5s")
    except ValueError as refusal:
        return str(refusal)
    return "accepted"


def _beyond_due_times() -> Iterator[str]:
    trigger = CronTrigger(hour=9, timezone="Europe/Berlin")
    yes_no = {True: "yes", False: "no"}
    yield "## Beyond due times\n"
    yield from (_row("question", "APScheduler", "this project"), "|---|---|---|")
    yield _row(
        "Does the text of a schedule name its zone?",
        f"{yes_no[text_names_the_zone()]}: `{trigger}`",
        f"{yes_no[ours_differ_by_zone()]}: “{english(Timing('Europe/Berlin', (cron_fields({'hour': '9'}),)))}”",
    )
    yield _row(
        "Are two schedules made alike equal?",
        f"{yes_no[equal_triggers_are_equal()]}: `==` asks whether they are one object",
        f"{yes_no[ours_differ_by_zone()]}: `timing.equal` compares when they are due, the zone included",
    )
    yield _row(
        "On how many days are ten runs in a row of a daily job due, with a jitter of -5 seconds?",
        f"{days_with_negative_jitter()}: each answer may be before the due time, which is then next again",
        f"refused: “{refused_jitter()}”",
    )


def main(arguments: list[str], target: Path = TARGET) -> int:
    """Write the page to *target*, or with `--check` only compare; return the exit code."""
    if arguments not in ([], ["--check"]):
        print("usage: python docs/peers.py [--check]", file=sys.stderr)
        return 64
    if not arguments:
        target.write_text(document(), encoding="utf-8")
        return 0
    same = target.exists() and target.read_text(encoding="utf-8") == document()
    print(f"{target.name} is {'current' if same else 'stale: run `python docs/peers.py`'}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
