"""The event kinds as data: all that the page needs to know of them, and nothing that JavaScript reads otherwise."""

from typing import get_args

import pytest
from msgspec import inspect

from ledger.core import kinds
from ledger.core.events import KINDS_OF
from ledger.passport_page import shapes


def test_every_kind_has_its_shape_and_its_carrier() -> None:
    made = shapes.shapes()
    names = {str(each.__struct_config__.tag) for each in get_args(kinds.AnyEvent)}
    assert set(made["kinds"]) == names
    assert {name for carried in made["carriers"].values() for name in carried} == names
    assert set(made["carriers"]) == {carrier.value for carrier in KINDS_OF}


def test_a_kind_tells_what_it_adds_to_every_event() -> None:
    made = shapes.shapes()
    arrived = made["kinds"]["tag_arrived"]
    assert set(arrived["fields"]) == {
        *("kind", "first_said", "tag", "device", "antenna", "reads", "rssi_centi_dbm", "device_time")
    }
    assert arrived["required"] == ["tag", "device", "antenna", "reads"]
    assert arrived["fields"]["rssi_centi_dbm"] == {"t": "i", "min": -(2**53) + 1, "max": 2**53 - 1}
    assert "nonce" in made["common"]["required"]
    assert made["common"]["fields"]["seq"] == {"t": "i", "min": 1, "max": 2**53 - 1}


def test_what_the_ledger_checks_behind_the_decoding_is_told_with_its_pattern() -> None:
    made = shapes.shapes()
    common, seen = made["common"]["fields"], made["kinds"]["tag_left"]["fields"]
    assert common["nonce"] == {"t": "s", "pattern": "^[0-9a-f]{32}$"}
    assert common["time"] == common["recorded_at"]
    assert common["place"]["pattern"].startswith("^(?:place:")
    assert seen["tag"]["pattern"].startswith("^tag:")
    assert seen["device"]["pattern"].startswith("^device:")


def test_lists_pairs_and_objects_are_told() -> None:
    segment = shapes.shapes()["kinds"]["temperature_segment"]["fields"]
    assert segment["readings"]["item"]["t"] == "p"
    assert segment["gaps"]["item"]["required"] == ["start_ms", "end_ms", "reason"]
    assert segment["reason"] == {"t": "s", "min": 1, "max": 400}


def test_a_pattern_that_means_more_in_python_is_refused() -> None:
    assert shapes._portable(r"^a\.b\Z") == r"^a\.b$"
    with pytest.raises(ValueError, match="no escape"):
        shapes._portable(r"^\d\Z")


def test_a_type_that_no_event_is_made_of_is_refused() -> None:
    with pytest.raises(TypeError, match="events are made of"):
        shapes._shape(inspect.type_info(float))
