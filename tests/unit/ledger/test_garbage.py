"""The garbage collector looks seldom while events come in, and as it did before afterwards."""

import gc

from ledger.garbage import OBJECTS_UNTIL_A_LOOK, look_as_usual, look_seldom


def test_it_looks_seldom_and_passes_over_what_is_there() -> None:
    usual, frozen = gc.get_threshold(), gc.get_freeze_count()
    look_seldom()
    try:
        assert gc.get_threshold() == (OBJECTS_UNTIL_A_LOOK, *usual[1:])
        assert gc.get_freeze_count() > max(frozen, 10_000)
    finally:
        look_as_usual()
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
