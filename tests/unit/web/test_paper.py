"""A table of paper records is read row by row, forgivingly where nothing can be misunderstood."""

from collections.abc import Mapping

import pytest

from ledger.acts.late import MAX_ROWS, Row
from ledger.core.errors import FormatError
from tests.unit.web import samples
from tests.unit.web.test_forms import EN
from web.forms import Filled, read
from web.paper import read_rows

TIME = "2026-03-01T12:00:00.000Z"


def form(kind: str, typed: Mapping[str, str]) -> Filled:
    return read(kind, typed, EN)


def rows(text: str) -> tuple[Row, ...]:
    return read_rows(text, EN, form)


def test_rows_are_read_by_the_names_of_fields_or_by_the_words_of_the_forms() -> None:
    named = rows(f"kind,time,unit,place,by\nstored,{TIME},{samples.UNIT},place:a,tech.lin\n")
    worded = rows(f"Step;When it happened;Unit;Place;By\nPut into stock;{TIME};{samples.UNIT};place:a;tech.lin\n\n")
    assert named == worded
    (row,) = named
    assert (row.kind, row.time, row.by, row.wrong) == ("stored", TIME, "tech.lin", {})
    assert row.fields == {"unit": samples.UNIT, "place": "place:a"}


def test_several_values_of_one_field_stand_between_bars() -> None:
    other = samples.UNIT.replace("V00", "V0A")
    (row,) = rows(f"kind\ttime\tplace\tfound\nstock_taken\t{TIME}\tplace:a\t{samples.UNIT}|{other}\n")
    assert row.fields["found"] == [samples.UNIT, other]


@pytest.mark.parametrize(
    ("cells", "column"),
    [("flown,{t},{u}", "kind"), ("stored,,{u}", "time"), ("tested,{t},{u}", "unit"), ("stored,{t},{u}", "place")],
)
def test_what_is_wrong_stands_at_its_column(cells: str, column: str) -> None:
    (row,) = rows("kind,time,unit\n" + cells.format(t=TIME, u=samples.UNIT))
    assert column in row.wrong


def test_a_table_has_its_heading_and_a_bounded_number_of_rows() -> None:
    line = f"stored,{TIME},{samples.UNIT}\n"
    for text in ("", "unit,place\n", "kind,time,colour\n" + line, "kind,time,unit\n", "kind,time,unit\n" + line * 201):
        with pytest.raises(FormatError):
            rows(text)
    assert len(rows("kind,time,unit\n" + line * MAX_ROWS)) == MAX_ROWS
