from __future__ import annotations

import base64
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.engine.capture import Capture
from reconciler.engine.masking import Mask, needles, unmaskable

KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\r\n  hkiG9w0BAQEFAASC\n}\n-----END KEY-----\n"
LONG = "correct horse battery staple, and then some words more, so that base64 needs several lines of it"


def masked(text: bytes, *values: str) -> bytes:
    mask = Mask(needles(values))
    return mask.feed(text) + mask.end()


def test_every_line_of_a_value_is_masked_by_itself() -> None:
    shown = masked(b"a MIIEvQIBADANBgkq b hkiG9w0BAQEFAASC c } d", KEY)
    assert shown == b"a *** b *** c } d"
    assert masked(b"<" + KEY.encode() + b">", KEY) == b"<***>"


@pytest.mark.parametrize("before", ["", "u:", "us:", "use:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_value_inside_what_was_encoded_leaves_no_more_than_two_of_its_bytes_at_each_end(before, encode) -> None:
    value = "hunter2?hunter2>hunter2"
    shown = masked(encode(f"{before}{value}:rest".encode()), value)
    first, _, last = shown.partition(b"***")
    assert last
    readable = base64.urlsafe_b64decode(first.replace(b"+", b"-")[: len(first) // 4 * 4])
    assert len(readable) <= len(before) + 2
    assert len(last) <= len(encode(b"xx:rest"))


@pytest.mark.parametrize("width", [64, 76])
@pytest.mark.parametrize("end", ["", "\n"])
def test_base64_over_several_lines_is_masked_line_by_line(width: int, end: str) -> None:
    encoded = base64.b64encode((LONG + end).encode()).decode()
    assert len(encoded) > width
    shown = masked("\n".join(textwrap.wrap(encoded, width)).encode(), LONG)
    assert set(shown.replace(b"***", b"").split()) == set()


@given(
    values=st.lists(st.text("ab\n*", min_size=4, max_size=9), min_size=1, max_size=3),
    pieces=st.lists(st.text("ab\n*", max_size=12), max_size=12),
)
def test_how_the_output_is_cut_into_pieces_makes_no_difference(values: list[str], pieces: list[str]) -> None:
    whole = masked("".join(pieces).encode(), *values)
    mask = Mask(needles(values))
    assert b"".join([*(mask.feed(piece.encode()) for piece in pieces), mask.end()]) == whole


@given(
    value=st.text("abcdefgh0123", min_size=4, max_size=40),
    around=st.lists(st.binary(max_size=300).map(lambda raw: raw.translate(None, b"abcdefgh0123")), max_size=9),
    size=st.integers(1, 50),
    kept=st.integers(1, 200),
)
def test_no_value_is_kept_wherever_the_pieces_and_the_cuts_fall(
    value: str, around: list[bytes], size: int, kept: int
) -> None:
    text = value.encode().join(around)
    capture = Capture(kept, needles([value]))
    for at in range(0, len(text), size):
        capture.feed(text[at : at + size])
    output = capture.output()
    assert value.encode() not in output.head
    assert value.encode() not in output.tail
    expected = b"***".join(around)
    assert len(output.head) + output.dropped + len(output.tail) == len(expected)
    assert expected.startswith(output.head)
    assert expected.endswith(output.tail)
    assert set(output.head + output.tail) & set(b"abcdefgh0123") == set()


def test_less_than_the_longest_needle_is_held_back() -> None:
    mask = Mask([b"secret"])
    assert mask.feed(b"x" * 100 + b"secr") == b"x" * 99
    assert mask.feed(b"ex") + mask.end() == b"xsecrex"


def test_without_secrets_everything_passes_at_once() -> None:
    assert Mask([]).feed(b"anything") == b"anything"


@pytest.mark.parametrize("value", ["1", "123", " 123\n"])
def test_a_value_under_four_characters_cannot_be_masked(value: str) -> None:
    assert unmaskable(["LONG", "PIN"], {"PIN": value, "LONG": "long enough"}) == "PIN"


@pytest.mark.parametrize("value", ["", " \n", "1234", "äöüß"])
def test_no_value_and_four_characters_are_no_obstacle(value: str) -> None:
    assert unmaskable(["PIN", "ABSENT"], {"PIN": value}) is None
