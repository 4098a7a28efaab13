"""What is checked behind the decoding is checked as strictly as a pattern in the field's type would."""

import re
from typing import get_args

import msgspec
import pytest
from msgspec import inspect

from ledger.core import kinds
from ledger.core.ids import INSTANT_PATTERN, PATTERNS
from ledger.core.spelling import MOST_KNOWN, Known, are_hex, are_instants, exact

TAG = rf"^tag:{PATTERNS['tag']}\Z"
NONCE = r"^[0-9a-f]{32}\Z"
GOOD = "2026-03-02T08:20:00.000Z"


def patterns_of(kind: type[msgspec.Struct]) -> dict[str, str]:
    """Field → the pattern in its type."""
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)
    types = {
        each.name: each.type.types if isinstance(each.type, inspect.UnionType) else (each.type,)
        for each in described.fields
    }
    texts = {name: each for name, several in types.items() for each in several if isinstance(each, inspect.StrType)}
    return {name: text.pattern for name, text in texts.items() if text.pattern}


def test_what_was_known_holds_again_and_what_was_not_never_does() -> None:
    known = Known(TAG)
    for _ in range(2):
        assert known.holds(["tag:E2801160", "tag:E2801161", "tag:E2801160"])
        assert not known.holds(["tag:E2801160", "tag:E280116"])
        assert not known.holds(["tag:e2801160"])
        assert not known.holds(["tag:E2801160\n"])
    assert known.holds([])


def test_one_wrong_text_does_not_make_its_neighbours_known_nor_itself() -> None:
    known = Known(TAG)
    assert not known.holds(["tag:E2801160", "tag:wrong"])
    assert not known.holds(["tag:wrong"])
    assert known.holds(["tag:E2801160"])


def test_a_place_with_more_tags_than_are_remembered_is_judged_the_same() -> None:
    known = Known(r"^[0-9]+\Z")
    assert known.holds([str(number) for number in range(MOST_KNOWN)])
    assert known.holds(["1", str(MOST_KNOWN)])
    assert not known.holds(["1", "one"])
    assert len(known._known) <= MOST_KNOWN
    assert known.holds(["1", "2", str(MOST_KNOWN)])


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        "2024-02-29T23:59:59.999Z",
        "2026-02-29T08:20:00.000Z",
        "0000-03-02T08:20:00.000Z",
        "2026-03-02T08:20:60.000Z",
        "2026-03-02T24:20:00.000Z",
        "2026-03-02T08:20:00.00Z",
        "2026-03-02T08:20:00.0000Z",
        "2026-03-02T08:20:00.000z",
        "2026-03-02T08:20:00,000Z",
        "2026-03-02T08:20:00.000Z\n",
        "\n2026-03-02T08:20:00.000Z",
        "2026-03-02T08:20:0.0000Z",
        "2026-03-02 08:20:00.000Z",
        "2026-03-02T08:20:00.\N{ARABIC-INDIC DIGIT TWO}00Z",
        "\N{ARABIC-INDIC DIGIT TWO}026-03-02T08:20:00.000Z",
        "2026-03-02T08:20:00",
        "",
    ],
)
def test_an_instant_is_what_its_pattern_says(text: str) -> None:
    expected = re.search(rf"^{INSTANT_PATTERN}\Z", text) is not None
    for _ in range(2):
        assert are_instants([text]) is expected
        assert are_instants([GOOD, text, "2026-03-02T08:20:00.500Z"]) is expected


@pytest.mark.parametrize(
    "text",
    [
        "0123456789abcdef" * 2,
        "0123456789ABCDEF" * 2,
        "0123456789abcdef" * 2 + "\n",
        "0" * 31,
        "0" * 33,
        "0" * 30 + "  ",
        "00 " * 10 + "00",
        "0" * 31 + "g",
        "0" * 31 + "\N{ARABIC-INDIC DIGIT TWO}",
        "",
    ],
)
def test_a_nonce_is_what_its_pattern_says(text: str) -> None:
    expected = re.search(NONCE, text) is not None
    assert are_hex([text], digits=32) is expected
    assert are_hex(["f" * 32, text, "0" * 32], digits=32) is expected


def test_digits_do_not_make_up_for_each_other() -> None:
    assert not are_hex(["0" * 31, "0" * 33], digits=32)


@pytest.mark.parametrize("kind", get_args(kinds.AnyEvent))
def test_the_exact_type_of_a_kind_says_every_pattern_and_changes_nothing_else(kind: type[kinds.Event]) -> None:
    patterns = patterns_of(exact(kind))
    assert patterns["nonce"] == NONCE
    assert patterns["time"] == patterns["recorded_at"] == rf"^{INSTANT_PATTERN}\Z"
    assert re.search(patterns["place"], "place:centre/fridge-1")
    assert not re.search(patterns["place"], "fridge-1")
    if issubclass(kind, get_args(kinds.Seen)):
        assert patterns["tag"] == TAG
        assert patterns["device"] == rf"^device:{PATTERNS['device']}\Z"
    assert patterns.items() >= patterns_of(kind).items()
    told, meant = exact(kind).__struct_config__, kind.__struct_config__
    assert (told.tag, told.tag_field, told.forbid_unknown_fields) == (meant.tag, "kind", True)
    assert exact(kind).__struct_fields__ == kind.__struct_fields__
    required = [each.required for each in msgspec.structs.fields(kind)]
    assert [each.required for each in msgspec.structs.fields(exact(kind))] == required
