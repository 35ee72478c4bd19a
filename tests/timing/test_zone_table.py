"""The table of zones and the page about them are what the script writes from CLDR."""

from __future__ import annotations

import re

import pytest

from reconciler.timing.zone_names import Kind, spoken
from reconciler.timing.zone_table import CLDR

pytest.importorskip("babel")

from babel.core import get_cldr_version

from docs import zone_table


def test_the_table_and_the_page_are_what_the_script_writes() -> None:
    if get_cldr_version() != CLDR:
        pytest.skip(f"the table is of CLDR {CLDR}, and Babel has {get_cldr_version()}")
    assert zone_table.TABLE.read_text(encoding="utf-8") == zone_table.table()
    assert zone_table.PAGE.read_text(encoding="utf-8") == zone_table.page()


def test_the_page_has_every_abbreviation_as_it_is_read_or_asked() -> None:
    page = zone_table.PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+) \| ([A-Z][^|]+) \|$", page, re.MULTILINE))
    asked = [name for name, known in spoken().items() if len(known.zones) > 1]
    letters = [
        name
        for name, known in spoken().items()
        if known.kind is Kind.ABBREVIATION or (known.kind is Kind.SUMMER and " " not in name)
    ]
    assert {name.lower() for name in rows} == {*asked, *letters}
    for name, zones in rows.items():
        assert ", ".join(spoken()[name.lower()].zones) == re.sub(r" \(.*?\)", "", zones.removesuffix(", in summer"))
