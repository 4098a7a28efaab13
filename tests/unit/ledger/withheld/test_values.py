"""A withheld value gives way to a commitment, and shows itself in no message."""

import pytest

from ledger.core.errors import FormatError
from ledger.core.ids import commitment
from ledger.withheld.values import MAX_VALUE, Kept, Withheld, withhold

CENTRE = "org:a9999"


def test_a_commitment_takes_the_place_of_each_value_alone_or_in_a_list() -> None:
    salts = iter([b"a" * 16, b"b" * 16])
    fields = {"reason": Withheld("HBsAg reactive", CENTRE), "results": ["x", Withheld("NAT reactive", CENTRE)], "n": 3}
    told, kept = withhold(fields, salt=lambda count: next(salts)[:count])
    first, second = commitment(b"a" * 16, "HBsAg reactive"), commitment(b"b" * 16, "NAT reactive")
    assert told == {"reason": first, "results": ["x", second], "n": 3}
    assert kept == (
        Kept(first, b"a" * 16, "HBsAg reactive", CENTRE),
        Kept(second, b"b" * 16, "NAT reactive", CENTRE),
    )
    assert all(each.opens for each in kept)


def test_another_value_or_salt_does_not_open_a_commitment() -> None:
    made = commitment(b"a" * 16, "reactive")
    assert not Kept(made, b"a" * 16, "not reactive", CENTRE).opens
    assert not Kept(made, b"b" * 16, "reactive", CENTRE).opens


@pytest.mark.parametrize(
    ("value", "organisation", "told"),
    [("", CENTRE, "got 0"), ("x" * (MAX_VALUE + 1), CENTRE, "got 4001"), ("reactive", "", "organisation")],
)
def test_a_value_that_cannot_be_kept_is_refused(value: str, organisation: str, told: str) -> None:
    with pytest.raises(FormatError, match=told):
        Withheld(value, organisation)


def test_no_message_shows_a_value() -> None:
    value = Withheld("HIV reactive", CENTRE)
    _, (kept,) = withhold({"reason": value}, salt=lambda count: b"SALT" * (count // 4))
    for shown in (repr(value), repr(kept)):
        assert "HIV" not in shown
        assert "SALT" not in shown
