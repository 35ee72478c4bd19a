"""The quick answer is the schema's own answer."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from reconciler.declaration.validating import errors_of, fits

_odd = st.sampled_from(
    [None, "", 5, True, [], [""], ["x", 5], ["x", None], [["x"]], {}, "x", "x" * 500, "x" * 501, "30m"]
)
_entry = st.dictionaries(st.sampled_from(["when", "run", "task", "with", "timeout", "bogus"]), _odd, max_size=4)
_good = st.just({"when": "daily", "run": ["x"]})
_ids = st.sampled_from(["a", "b", "c-1", "on", "9", "a\n", "version", "x" * 100, "x" * 101])


@given(st.dictionaries(_ids, st.one_of(_good, _entry, _odd), max_size=6))
def test_a_file_fits_exactly_if_the_validator_finds_no_error(schedules: dict[str, Any]) -> None:
    value = {"schedules": schedules}
    assert fits(value) == (not errors_of(value))


def test_a_bad_schedule_among_good_ones_that_look_alike_is_found() -> None:
    good = {f"job-{number}": {"when": f"day {number}", "run": ["x", str(number)]} for number in range(50)}
    assert fits({"schedules": good})
    assert not fits({"schedules": {**good, "late": {"when": "x" * 501, "run": ["x"]}}})
    assert not fits({"schedules": {**good, "late": {"when": "x", "run": []}}})
    assert not fits({"schedules": {**good, "no": {"when": "x", "run": ["x"]}}})
