"""One look for a burst: a save is over at once, a storm only after a silence that grows with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.sources.settling import LONGEST_LULL, PATIENCE, Settling


@dataclass
class Disk:
    """One file and a clock; *writes* are the times at which it changes, *sizes* what it then holds."""

    writes: list[float] = field(default_factory=list)
    size: Callable[[int], int] = lambda number: number
    now: float = 0.0

    def look(self) -> dict[str, tuple[int, int, int]]:
        done = sum(at <= self.now for at in self.writes)
        return {"a.yaml": (1, self.size(done), done)}

    def pause(self, seconds: float) -> None:
        self.now += seconds

    def looks(self, until: float) -> list[float]:
        """Return when somebody looks who is told of each write and looks once it has settled."""
        settling = Settling(self.look, pause=self.pause, now=lambda: self.now)
        found, seen = [], self.look()
        while self.now < until:
            if self.look() == seen:
                self.now += 0.01
                continue
            settling.wait()
            seen = self.look()
            found.append(self.now)
        return found


def test_a_save_is_seen_in_a_fraction_of_a_second_and_so_is_the_next() -> None:
    first, second, third = Disk([1.0, 1.5, 2.0]).looks(5)
    assert (first - 1.0, second - 1.5, third - 2.0) < (0.3, 0.3, 0.3)


def test_who_saves_again_and_again_as_soon_as_it_was_seen_never_waits_longer() -> None:
    disk = Disk()
    settling = Settling(disk.look, pause=disk.pause, now=lambda: disk.now)
    for _ in range(50):
        saved = disk.now + 0.05
        disk.writes.append(saved)
        settling.wait()  # for our own writing
        disk.now = saved
        settling.wait()
        assert disk.now - saved < 0.4
        settling.rest((".lock",))


def test_a_save_that_begins_while_the_lock_is_written_is_waited_for() -> None:
    files = {"a.yaml": (1, 4000, 1), "a.lock": (2, 10, 1)}

    def finish(_: float) -> None:
        files["a.yaml"] = (1, 4001, 3)

    settling = Settling(lambda: dict(files), pause=finish, now=lambda: 0.0)
    files["a.yaml"] = (1, 4000, 2)
    settling.wait()
    files["a.lock"] = (3, 11, 2)  # ours
    files["a.yaml"] = (1, 0, 2)  # an editor's, which has only emptied it
    settling.rest((".lock",))
    settling.wait()
    assert files["a.yaml"] == (1, 4001, 3)


def test_a_file_that_became_smaller_is_given_the_time_to_be_written() -> None:
    sizes = [4000, 0, 2000, 4001]
    _, seen = Disk([0.5, 1.0, 1.4, 1.8], [3999, *sizes].__getitem__).looks(5)
    assert 1.8 < seen < 2.5


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([0.0002, 0.01, 0.06]), min_size=50, max_size=150),
    st.lists(st.tuples(st.integers(10, 140), st.floats(0.2, 1)), max_size=3),
)
def test_a_storm_with_pauses_is_three_looks_at_the_most(gaps: list[float], pauses: list[tuple[int, float]]) -> None:
    # pauses that would end a save, but are short beside what went before
    at, writes = 0.1, []
    for number, gap in enumerate(gaps):
        writes.append(at)
        longest = max((at - 0.1) / 6, gap)
        at += gap + sum(min(pause, longest) for place, pause in pauses if place == number)
    found = Disk(writes).looks(writes[-1] + LONGEST_LULL + 1)
    assert 1 <= len(found) <= 3
    assert writes[-1] < found[-1] <= writes[-1] + LONGEST_LULL + 0.2


def test_a_storm_without_end_is_looked_at_all_the_same() -> None:
    found = Disk([number * 0.05 for number in range(2400)]).looks(120)
    assert found[0] < PATIENCE + LONGEST_LULL + 1
    assert all(later - earlier < 60 for earlier, later in pairwise(found))
    assert len(found) < 8
