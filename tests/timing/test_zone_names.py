"""One table says what a name of a zone means, and whatever an error about one tells people to write is accepted."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.timing import UnknownZone, canonical, declared_zone, shown
from reconciler.timing.zone_names import Kind, has_summer_time, named, spoken, zone_names
from reconciler.timing.zones import offset_at, zone_keys

_WINTER, _SUMMER = 2_082_758_400, 2_098_483_200  # January and July 2036
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def refused(name: str) -> UnknownZone:
    with pytest.raises(UnknownZone) as raised:
        declared_zone(name)
    return raised.value


def told(hint: str) -> list[str]:
    """Return the zones that *hint* tells to write, as it has them."""
    start = r"write an IANA name such as|write the zone of a place, such as|write|did you mean"
    listed = re.match(rf"(?:{start}) ([^?]+?)(?:\?|, which has summer time)?$", hint)
    assert listed, hint
    return re.split(r", | or ", listed[1])


def offsets(zone: str) -> set[int]:
    return {offset_at(zone, instant) for instant in (_WINTER, _SUMMER)}


@cache
def clock(zone: str) -> list[int]:
    """Return how far ahead of UTC *zone* is, every few days from 2024 to 2040."""
    return [offset_at(zone, instant) for instant in range(1_704_067_200, 2_208_988_800, 3 * 86_400)]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("GMT+2", "write Etc/GMT-2 (UTC+02:00)"),
        ("UTC+1", "write Etc/GMT-1 (UTC+01:00)"),
        ("+0200", "write Etc/GMT-2 (UTC+02:00)"),
        ("Eastern", "write America/New_York"),
        ("Pacific", "write America/Los_Angeles"),
        ("Berlin", "write Europe/Berlin"),
        ("europe/berlin", "write Europe/Berlin"),
        ("Europe/Berlim", "did you mean Europe/Berlin?"),
        ("asia/calcutta", "write Asia/Kolkata"),
        ("Eastern Standard Time", "write America/New_York"),
        ("SGT", "write Asia/Singapore"),
        ("EST", "write America/New_York or Etc/GMT+5 (UTC-05:00)"),
        ("MST", "write America/Denver or America/Phoenix"),
        ("IST", "write Asia/Kolkata, Europe/Dublin or Asia/Jerusalem"),
        ("UTC+5:30", "write Asia/Kolkata or Asia/Colombo"),
        ("+05:45", "write Asia/Kathmandu"),
        ("UTC-3:30", "write America/St_Johns, which has summer time"),
        ("Japan Daylight Time", "write Asia/Tokyo"),
        ("local", "write an IANA name such as Europe/Berlin or UTC"),
    ],
)
def test_what_is_no_zone_by_itself_says_what_to_write(name: str, hint: str) -> None:
    assert refused(name).hint == hint


@pytest.mark.parametrize(
    ("key", "zone"),
    [
        ("US/Eastern", "America/New_York"),
        ("Canada/Atlantic", "America/Halifax"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("Europe/Kiev", "Europe/Kyiv"),
        ("Europe/Stockholm", "Europe/Stockholm"),
        ("Etc/UTC", "UTC"),
        ("CET", "Europe/Paris"),
        ("EST5EDT", "America/New_York"),
        ("HST", "Pacific/Honolulu"),
        ("Etc/GMT-2", "Etc/GMT-2"),
        ("Etc/GMT-2 (UTC+02:00)", "Etc/GMT-2"),
    ],
)
def test_an_old_id_is_accepted_and_is_the_zone_of_today(key: str, zone: str) -> None:
    assert declared_zone(key) == zone


def test_the_id_of_today_is_a_key_of_the_same_clock_and_its_own_id() -> None:
    for key in zone_keys():
        zone = canonical(key)
        assert zone in zone_keys()
        assert canonical(zone) == zone
        assert clock(zone) == clock(key), (key, zone)


def test_every_name_is_of_zones_that_exist_by_the_id_of_today() -> None:
    for name, found in spoken().items():
        assert {canonical(zone) for zone in found.zones} == set(found.zones) <= zone_keys(), name


def test_a_key_of_the_same_letters_as_a_name_has_its_clock_or_the_name_is_asked() -> None:
    met = 0
    for key in zone_keys():
        found = spoken().get(key.lower())
        if found is not None and len(found.zones) == 1:
            met += 1
            assert clock(found.zones[0]) == clock(key), (key, found)
    assert met > 10


def test_names_of_several_zones_have_several_clocks() -> None:
    asked = {name: found.zones for name, found in spoken().items() if len(found.zones) > 1}
    assert {"est", "mst", "cst", "ist", "bst", "gst", "ct", "ast", "sst"} <= asked.keys()
    for name, (first, *others) in asked.items():
        assert clock(first) not in [clock(other) for other in others], name


def test_every_name_under_timezone_is_that_zone_or_the_error_says_it() -> None:
    for name, found in spoken().items():
        if name.upper() in zone_keys() and len(found.zones) == 1:
            assert declared_zone(name.upper()) == found.zones[0]
            continue
        for spelling in (name, name.upper(), name.title()):
            if spelling not in zone_keys():
                assert told(refused(spelling).hint) == [shown(zone) for zone in found.zones], spelling


@given(st.sampled_from(sorted({*spoken(), *zone_keys()})), st.data())
def test_whatever_the_error_for_a_misspelling_says_is_accepted(name: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(name) - 1))
    letter = data.draw(st.sampled_from(["", *_LETTERS, name[at] * 2]))
    spelling = name[:at] + letter + name[at + 1 :]
    try:
        zone = declared_zone(spelling)
    except UnknownZone as error:
        for one in told(error.hint):
            assert declared_zone(one) == canonical(one.partition(" (")[0])
    else:
        assert zone == canonical(spelling)


@given(st.sampled_from([key for key in zone_names() if len(key) > 8]), st.data())
def test_the_proposal_for_a_swap_of_two_letters_is_the_zone_that_was_meant(key: str, data: st.DataObject) -> None:
    start = key.index("/") + 2
    at = data.draw(st.integers(start, max(start, len(key) - 2)))
    spelling = key[:at] + key[at : at + 2][::-1] + key[at + 2 :]
    if spelling not in zone_keys():
        assert told(refused(spelling).hint) == [canonical(key)]


@pytest.mark.parametrize("of", ["UTC", "GMT", "utc ", ""])
def test_offsets_in_whole_hours_are_the_zone_of_that_offset(of: str) -> None:
    for hours in range(-12, 15):
        for text in (f"{of}{hours:+}", f"{of}{hours:+03}:00", f"{of}{hours:+03}00"):
            found = named(text)
            assert found is not None, text
            assert offsets(found.zones[0]) == {hours * 3600}
    for text in (f"{of}-13", f"{of}+15", f"{of}+25:00"):
        assert "offset" in str(refused(text))


def test_offsets_with_minutes_are_refused_with_zones_that_have_them() -> None:
    for quarters in range(-12 * 4, 14 * 4 + 1):
        if quarters % 4 == 0:
            continue
        sign, (hours, rest) = "-" if quarters < 0 else "+", divmod(abs(quarters), 4)
        error = refused(f"UTC{sign}{hours}:{rest * 15}")
        if "minutes" in str(error):
            assert all(quarters * 900 in offsets(zone) for zone in told(error.hint))
        else:
            assert not any(quarters * 900 in offsets(zone) for zone in zone_names())


def test_zones_whose_sign_is_the_other_way_round_are_shown_with_their_offset() -> None:
    assert shown("Etc/GMT-2") == "Etc/GMT-2 (UTC+02:00)"
    assert shown("Etc/GMT+11") == "Etc/GMT+11 (UTC-11:00)"
    assert shown("EST") == "EST (UTC-05:00)"
    assert [shown(zone) for zone in ("UTC", "Etc/GMT", "Europe/Berlin", "Japan")] == [
        "UTC", "Etc/GMT", "Europe/Berlin", "Japan",
    ]  # fmt: skip


def test_summer_time_is_said_of_zones_that_have_it() -> None:
    assert [has_summer_time(zone) for zone in ("Europe/Paris", "America/New_York", "Australia/Sydney")] == [True] * 3
    assert not any(map(has_summer_time, ("Asia/Tokyo", "Asia/Seoul", "America/Phoenix", "UTC", "Etc/GMT-2")))
    assert {spoken()[name].kind for name in ("jst", "kst", "sgt")} == {Kind.ABBREVIATION}


def test_the_table_is_loaded_when_a_name_is_looked_up_and_not_before() -> None:
    program = "import sys, reconciler.timing as t; print('T' if 'reconciler.timing.zone_table' in sys.modules else 'F')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "F\n"
