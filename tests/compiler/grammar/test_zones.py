"""A name of a zone means in a phrase what it means under `timezone:`, or is asked in both places."""

from __future__ import annotations

import re

import pytest

from reconciler.compiler.grammar import read
from reconciler.compiler.grammar.zones import BARE
from reconciler.model import Conventions, Question, Reading, Timing
from reconciler.timing import UnknownZone, canonical, cron_fields, declared_zone, english, equal
from reconciler.timing.zone_names import Kind, spoken
from reconciler.timing.zones import zone_keys

_ELSEWHERE = "Antarctica/Troll"


def reading(phrase: str) -> Reading | Question:
    return read(phrase, timezone=_ELSEWHERE, conventions=Conventions())


def zone_of(phrase: str) -> str:
    found = reading(phrase)
    assert isinstance(found, Reading), (phrase, found)
    return found.timing.timezone


def hint_of(phrase: str) -> str:
    found = reading(phrase)
    assert isinstance(found, Question), (phrase, found)
    assert found.hint
    return found.hint


def declared(name: str) -> str:
    """Return the zone that `timezone:` has for *name*, or the hint of its error if that is another."""
    try:
        return declared_zone(name)
    except UnknownZone as error:
        return error.hint.removeprefix("write ").partition(" (UTC")[0] if " or " not in error.hint else error.hint


def _spellings() -> list[tuple[str, str]]:
    """Return (name, phrase that names it) for every name of the table in every place where it counts."""
    found = []
    for name, known in spoken().items():
        if known.kind in (Kind.CITY, Kind.REGION):
            found += [(name, f"every day at 9am in {name}"), (name, f"weekdays at 9am {name} time")]
        if name in BARE:
            found += [(name, f"at 9am {name.title()} on weekdays")]
        if known.kind not in (Kind.CITY, Kind.REGION):
            found += [(name, f"every day at 9am {name.upper()}"), (name, f"at 9am {name} on weekdays")]
    return found


def _proposed(hint: str) -> set[str]:
    """Return the zones that *hint* says to write: by name, or in phrases that are read."""
    phrases = re.findall("`([^`]*)`", hint)
    if phrases:
        return {zone_of(phrase) for phrase in phrases}
    return {zone.partition(" (")[0] for zone in hint.removeprefix("write ").replace(" or ", ", ").split(", ")}


def test_every_name_of_the_table_is_the_same_zone_in_a_phrase_and_under_timezone() -> None:
    spellings = _spellings()
    assert len(spellings) > 1500
    for name, phrase in spellings:
        found = reading(phrase)
        under = declared(name)
        if isinstance(found, Question):
            assert found.hint is not None, phrase
            assert _proposed(found.hint) == _proposed(under), phrase
        else:
            assert found.timing.timezone == under, phrase


def test_every_key_is_the_same_zone_in_a_phrase_and_under_timezone() -> None:
    for key in zone_keys():
        phrase = f"every day at 9am {key.lower()}" if "/" in key else f"every day at 9am zone {key}"
        if declared(key).startswith("write"):
            assert _proposed(hint_of(phrase)) == _proposed(declared(key))
        else:
            assert zone_of(phrase) == declared(key)


def test_what_a_question_about_a_zone_says_compiles() -> None:
    asked = [phrase for name, phrase in _spellings() if len(spoken()[name].zones) > 1]
    assert len(asked) > 30
    for phrase in asked:
        assert _proposed(hint_of(phrase)) <= {*zone_keys()}


@pytest.mark.parametrize(
    ("said", "zone"),
    [
        ("Berlin time", "Europe/Berlin"),
        ("in Tokyo", "Asia/Tokyo"),
        ("Eastern Standard Time", "America/New_York"),
        ("Pacific", "America/Los_Angeles"),
        ("US Central", "America/Chicago"),
        ("PST", "America/Los_Angeles"),
        ("CEST", "Europe/Paris"),
        ("WIB", "Asia/Jakarta"),
        ("UTC+2", "Etc/GMT-2"),
        ("UTC +2", "Etc/GMT-2"),
        ("GMT-03:00", "Etc/GMT+3"),
        ("UTC+02:00 (UTC+02:00)", "Etc/GMT-2"),
        ("Canada/Atlantic", "America/Halifax"),
        ("St. Pierre & Miquelon Standard Time", "America/Miquelon"),
        ("Easter Island time", "Pacific/Easter"),
        ("Türkiye Time", "Europe/Istanbul"),
    ],
)
def test_zones_as_people_say_them(said: str, zone: str) -> None:
    assert zone_of(f"every day at 9am {said}") == zone


@pytest.mark.parametrize(
    ("said", "assumed"),
    [
        ("CET", ("CET is read as Europe/Paris, with its summer time",)),
        ("PST", ("PST is read as America/Los_Angeles, with its summer time",)),
        ("Eastern Standard Time", ("Eastern Standard Time is read as America/New_York, with its summer time",)),
        ("NZDT", ("NZDT is read as Pacific/Auckland, with its summer time",)),
        ("Eastern time", ()),
        ("JST", ()),
        ("KST", ()),
        ("Japan Standard Time", ()),
        ("UTC", ()),
    ],
)
def test_summer_time_is_assumed_where_a_season_is_named_that_is_not_the_only_one(
    said: str, assumed: tuple[str, ...]
) -> None:
    found = reading(f"every day at 9am {said}")
    assert isinstance(found, Reading)
    assert found.assumptions == assumed


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("UTC+5:30", "write Asia/Kolkata or Asia/Colombo"),
        ("UTC-3:30", "write America/St_Johns, which has summer time"),
        ("UTC+15", "write the zone of a place, such as Europe/Berlin"),
        ("EST", "write `every day at 9am America/New_York` or `every day at 9am Etc/GMT+5 (UTC-05:00)`"),
        ("zone EST", "write America/New_York or Etc/GMT+5 (UTC-05:00)"),
        ("Etc/GMT-2 (UTC+03:00)", "write Etc/GMT-2 (UTC+02:00) or Etc/GMT-3 (UTC+03:00)"),
        ("Japan Daylight Time", "write `every day at 9am Asia/Tokyo`"),
        ("AWDT", "write `every day at 9am Australia/Perth`"),
        ("Europe/Berlim", "write `every day at 9am Europe/Berlin`"),
        ("in Tokio", "write `every day at 9am in Tokyo`"),
        ("Pacfic time", "write `every day at 9am Pacific time`"),
        ("Tokyo", "write `every day at 9am in Tokyo`"),
        ("Japan", "write `every day at 9am in Japan`"),
    ],
)
def test_what_is_no_zone_says_what_to_write(said: str, hint: str) -> None:
    assert hint_of(f"every day at 9am {said}") == hint


def test_the_proposal_for_a_misspelt_zone_compiles_in_its_place() -> None:
    assert zone_of("every day at 9am in Tokyo") == "Asia/Tokyo"
    for name, known in spoken().items():
        if known.kind is not Kind.CITY or " " in name or len(name) < 6:
            continue
        phrase = f"every day at 9am in {name[:3]}{name[4]}{name[3]}{name[5:]}"
        found = reading(phrase)
        if isinstance(found, Question) and found.hint and "`" in found.hint:
            proposals = re.findall("`(every day[^`]*)`", found.hint)
            assert all(isinstance(reading(proposal), Reading) for proposal in proposals), phrase


@pytest.mark.parametrize(
    "phrase",
    [
        "run central backup every day at 9am",
        "run mountain report daily at 9am",
        "run cat feeder every day at 9am",
        "every day at 9am Christmas time",
        "every hour from 9am utc-5pm",
        "every day at 9am in west",
        "every day at 9am in Narnia",
        "run reports/daily every day at 9am",
    ],
)
def test_words_that_are_no_zone_where_they_stand_are_not_taken_for_one(phrase: str) -> None:
    found = reading(phrase)
    assert isinstance(found, Question) or found.timing.timezone == _ELSEWHERE


def test_the_sentence_of_every_zone_is_read_back() -> None:
    for key in zone_keys():
        timing = Timing(key, (cron_fields({"hour": "9"}),))
        found = reading(english(timing))
        assert isinstance(found, Reading), (key, found)
        assert found.zone_in_phrase
        assert found.timing.rule == timing.rule
        same = canonical(found.timing.timezone) == canonical(key)
        assert same or equal(found.timing, timing), key


def test_the_sentence_of_a_fixed_offset_shows_it() -> None:
    timing = Timing("Etc/GMT-2", (cron_fields({"hour": "9"}),))
    assert english(timing) == "at 09:00, every day, Etc/GMT-2 (UTC+02:00)"
