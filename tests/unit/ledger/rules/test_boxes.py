"""A box is packed, sealed, sent, opened, and packed again."""

from ledger.core import kinds
from ledger.core.custody import Recorded
from ledger.core.ids import format_instant
from ledger.rules.boxes import Boxed, fold_box, left_ms

BOX, UNIT, MINUTE = "box:B-1", "unit:A999926000001.A0002V00", 60_000
PACKED = (1, kinds.Packed, {"box": BOX, "units": [UNIT], "probe": "probe:b-1"})
SEALED = (2, kinds.Sealed, {"box": BOX, "seal": "S-1"})
SENT = (3, kinds.Dispatched, {"dispatch_note": "consignment:FX-1", "units": [UNIT], "boxes": [BOX], "to": "org:h"})
OPENED = (5, kinds.Opened, {"box": BOX})


def told(*facts: tuple[int, type[kinds.Event], dict[str, object]], is_empty: bool = False) -> Boxed:
    envelope = {"v": 1, "stream": "web", "seq": 1, "nonce": "0" * 32, "clock": "synchronised"}
    made = [
        Recorded(kind(**envelope, time=format_instant(at * MINUTE), **fields), at, 0)  # type: ignore[arg-type]
        for at, kind, fields in facts
    ]
    return fold_box(reversed(made), is_empty=is_empty)


def test_a_box_goes_from_packing_to_opening() -> None:
    packed = Boxed("packed", MINUTE, probe="probe:b-1")
    assert told() == Boxed("empty")
    assert told(PACKED) == packed
    assert told(PACKED, SEALED) == Boxed("sealed", MINUTE, seal="S-1", probe="probe:b-1")
    sent = Boxed("on_the_road", MINUTE, seal="S-1", note="consignment:FX-1", probe="probe:b-1")
    assert told(PACKED, SEALED, SENT) == sent
    handed = (4, kinds.HandedOver, {"dispatch_note": "consignment:FX-1", "units": [UNIT], "boxes": [BOX]})
    assert told(PACKED, SEALED, SENT, handed) == sent
    opened = told(PACKED, SEALED, SENT, OPENED)
    assert (opened.state, opened.packed_ms, opened.note) == ("opened", None, "consignment:FX-1")


def test_a_box_that_is_packed_again_begins_anew_with_the_probe_that_is_in_it() -> None:
    again = (7, kinds.Packed, {"box": BOX, "units": [UNIT]})
    assert told(PACKED, SEALED, SENT, OPENED, again) == Boxed("packed", 7 * MINUTE, probe="probe:b-1")
    other = (7, kinds.Packed, {"box": BOX, "units": [UNIT], "probe": "probe:b-2"})
    assert told(PACKED, other).probe == "probe:b-2"


def test_a_box_with_nothing_in_it_is_empty_whatever_was_said() -> None:
    assert told(PACKED, SEALED, SENT, is_empty=True) == Boxed()


def test_what_is_left_counts_from_packing_and_is_not_known_of_what_is_not_qualified() -> None:
    box = Boxed("sealed", 10 * MINUTE)
    assert left_ms(box, minutes=5, now_ms=12 * MINUTE) == 3 * MINUTE
    assert left_ms(box, minutes=5, now_ms=15 * MINUTE) == 0
    assert left_ms(box, minutes=5, now_ms=15 * MINUTE + 1) == -1
    assert left_ms(box, minutes=None, now_ms=12 * MINUTE) is None
    assert left_ms(Boxed("opened"), minutes=5, now_ms=12 * MINUTE) is None
