"""Write N schedules into DIR/schedules, a thousand a file, with phrases as varied as people's."""

from __future__ import annotations

import argparse
from pathlib import Path

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ORDINALS = ("first", "second", "third", "fourth", "last")


def phrase(number: int) -> str:
    """Return the phrase of schedule *number*; 1,535 of the first 10,000 are different."""
    hour, minute = number % 24, number * 7 % 60
    clock = f"{hour % 12 or 12}:{minute:02}{'am' if hour < 12 else 'pm'}"
    match number % 8:
        case 0:
            return f"every weekday at {clock}"
        case 1:
            return f"every {_DAYS[number % 7]} and {_DAYS[(number // 7 + 3) % 7]} at {hour:02}:{minute:02}"
        case 2:
            return f"every day at {clock} and {(hour + 6) % 24:02}:{(minute + number // 60) % 60:02}"
        case 3:
            return f"on the {_ORDINALS[number % 5]} {_DAYS[number % 7]} of the month at {clock}"
        case 4:
            return f"every {(5, 10, 15, 20, 30)[number // 8 % 5]} minutes"
        case 5:
            return f"on day {number % 28 + 1} of the month at {hour:02}:{minute:02}"
        case 6:
            return f"every year on {number % 28 + 1} March at {clock}"
        case _:
            return f"every day at {hour:02}:{minute:02} in Asia/Tokyo"


def write(directory: Path, count: int) -> None:
    """Write *count* schedules below *directory*."""
    folder = directory / "schedules"
    folder.mkdir(parents=True, exist_ok=True)
    for start in range(0, count, 1000):
        lines = ["timezone: Europe/Berlin", "schedules:"]
        for number in range(start, min(start + 1000, count)):
            lines += [f"  job-{number:05}:", f"    when: {phrase(number)}", f"    run: [echo, '{number}']"]
        (folder / f"part-{start // 1000:03}.yaml").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("count", type=int)
    arguments = parser.parse_args()
    write(arguments.directory, arguments.count)
