"""ISBT 128 over all texts: reading and writing are inverse, and nothing but a `LabelError` ever comes out."""

import string
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ledger.core.errors import LabelError
from ledger.core.isbt128 import Din, parse
from ledger.core.isbt128.check import ALPHABET
from ledger.core.isbt128.dates import format_local_minute, local_minute
from ledger.core.isbt128.structures import FORMS

dins = st.from_regex(r"[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}", fullmatch=True).map(Din.parse)
days = st.integers(0, 36524).map(lambda days: date(2000, 1, 1) + timedelta(days=days))
structures = st.one_of(
    dins.map(lambda din: din.format_scanned()),
    st.from_regex(r"=%[0-9A-Za-z]{2}[0-9A-Z]{2}", fullmatch=True),
    st.from_regex(r"=<[A-Z][0-9A-Z]{4}[0-9A-Za-z]{3}", fullmatch=True),
    days.map(lambda day: f"=>{day.year - 2000:03d}{day.timetuple().tm_yday:03d}"),
    st.from_regex(r"=,[0-9A-Z]{6}", fullmatch=True),
    st.from_regex(r"&\([0-9A-Z]{5}", fullmatch=True),
    st.text("ABC 123-", max_size=20).map(lambda number: f"&#01{len(number):02d}{number}"),
)
label_like = st.lists(
    st.one_of(st.sampled_from([form.identifier for form in FORMS]), st.text(string.printable, max_size=6), structures)
).map("".join)


@given(dins)
def test_every_number_is_read_back(din: Din) -> None:
    assert Din.parse(str(din)) == din
    assert Din.parse(din.format_with_check()) == din
    assert Din.parse(din.format_scanned(din.flag)) == din


@given(dins, st.integers(0, 12), st.sampled_from(string.digits))
def test_one_wrong_digit_is_always_seen(din: Din, place: int, wrong: str) -> None:
    text = str(din)
    if text[place] == wrong:
        return
    try:
        Din.parse(f"{text[:place]}{wrong}{text[place + 1 :]}{din.check}")
    except LabelError:
        return
    raise AssertionError(f"{wrong} at {place} of {din} went unseen")


@given(dins, st.integers(0, 11))
def test_two_swapped_neighbours_are_always_seen(din: Din, place: int) -> None:
    text = str(din)
    swapped = f"{text[:place]}{text[place + 1]}{text[place]}{text[place + 2 :]}"
    if swapped == text:
        return
    try:
        Din.parse(swapped + din.check)
    except LabelError:
        return
    raise AssertionError(f"{swapped} for {din} went unseen")


@given(dins)
def test_exactly_one_check_character_fits(din: Din) -> None:
    fitting = []
    for character in ALPHABET:
        try:
            Din.parse(f"{din}{character}")
        except LabelError:
            continue
        fitting.append(character)
    assert fitting == [din.check]


@given(st.lists(structures, min_size=1, max_size=6))
def test_a_row_of_structures_is_read_and_written_back(row: list[str]) -> None:
    label = parse("".join(row))
    assert [structure.format() for structure in label.structures] == row
    assert label.format() == "".join(row)


@given(st.lists(structures, min_size=1, max_size=6), st.integers(0, 99))
def test_a_compound_message_is_read_only_if_its_count_is_true(row: list[str], count: int) -> None:
    text = f"=+{count:02d}000{''.join(row)}"
    try:
        label = parse(text)
    except LabelError:
        assert count != len(row)
        return
    assert (label.compound, label.format()) == (len(row), text)


@given(st.lists(structures, min_size=2, max_size=6), st.data())
def test_a_compound_message_that_lost_its_end_is_refused(row: list[str], data: st.DataObject) -> None:
    text = f"=+{len(row):02d}000{''.join(row)}"
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    try:
        parse(cut)
    except LabelError:
        return
    raise AssertionError(f"{cut!r} was read although it lost its end")


@given(st.one_of(st.text(), label_like))
def test_any_text_is_a_label_or_a_label_error(text: str) -> None:
    try:
        label = parse(text)
    except LabelError:
        return
    assert label.format() == text


@given(days, st.integers(0, 1439))
def test_every_minute_of_the_century_is_read_back(day: date, minute: int) -> None:
    local = f"{day.isoformat()}T{minute // 60:02d}:{minute % 60:02d}"
    assert local_minute(format_local_minute(local)) == local
