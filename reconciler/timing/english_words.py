"""Lists, ranges, ordinals and times of day in English."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise


def and_(items: Sequence[str]) -> str:
    """Return *items* as an English list: `a, b and c`."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


@lru_cache(maxsize=4096)
def clock(seconds: int) -> str:
    """Return the time of day *seconds* after midnight: `09:00`, `09:00:30`."""
    hours, rest = divmod(seconds, 3600)
    text = f"{hours:02}:{rest // 60:02}"
    return f"{text}:{rest % 60:02}" if rest % 60 else text


def ordinal(number: int) -> str:
    """Return `1st`, `2nd`, `11th`."""
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


_POSITIONS = "- first second third fourth fifth sixth seventh eighth ninth tenth".split()


def nth(number: int) -> str:
    """Return a position in words, up to the tenth: `first`, `second`, `11th`."""
    return _POSITIONS[number] if number < len(_POSITIONS) else ordinal(number)


def plural(noun: str, numbers: Collection[int]) -> str:
    """Return *noun* as it stands before *numbers*: `hour` before 9, `hours` before 0 and 18."""
    return noun if len(numbers) == 1 else f"{noun}s"


def runs(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """Return the maximal runs of consecutive *numbers*, as first and last."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        if found and number == found[-1][1] + 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def spans(numbers: Iterable[int], names: Sequence[str]) -> list[str]:
    """Return *numbers* by name, three or more in a row as a range: `Monday to Friday`."""
    parts = []
    for first, last in runs(numbers):
        if last - first >= 2:
            parts.append(f"{names[first]} to {names[last]}")
        else:
            parts += [names[number] for number in range(first, last + 1)]
    return parts


_NUMBERS = tuple(str(number) for number in range(10000))


def ranges(numbers: Iterable[int]) -> str:
    """Return *numbers* as a list with ranges: `0, 5 and 10 to 20`."""
    return and_(spans(numbers, _NUMBERS))


def steps_of(numbers: Sequence[int]) -> int | None:
    """Return the constant difference of ascending *numbers*, or None."""
    if len(numbers) < 2:
        return None
    step = numbers[1] - numbers[0]
    return step if all(b - a == step for a, b in pairwise(numbers)) else None
