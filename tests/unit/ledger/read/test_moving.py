"""What a unit's page claims of its agitation: nothing, unless somebody speaks of every place where it needs it."""

from collections.abc import Sequence

import pytest

from ledger.read.judging import ColdChain
from ledger.read.moving import agitation_of
from ledger.rules.exposure import Stay, judge
from ledger.rules.files import pack_text
from ledger.rules.pack_file import parse_pack

CN = parse_pack(pack_text("cn"))


def chain(*stays: Stay) -> ColdChain:
    return ColdChain(judge(stays, {}, pack=CN, component="PLT", until_ms=90), (), (), None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [([], "not-monitored"), (["a"], "not-monitored"), (["a", "b"], "monitored"), (["c"], "not-monitored")],
)
def test_somebody_speaks_of_every_place_or_nobody_sees(said: Sequence[str], expected: str) -> None:
    way = chain(Stay("a", "store", 0, 30), Stay("b", "store", 30, 60), Stay("van", "transport", 60))
    assert agitation_of(way, "PLT", pack=CN, said=said) == expected


def test_a_unit_that_lay_nowhere_is_not_monitored() -> None:
    assert agitation_of(None, "PLT", pack=CN, said=["a"]) == "not-monitored"
    assert agitation_of(chain(Stay("van", "transport", 0)), "PLT", pack=CN, said=["van"]) == "not-monitored"


@pytest.mark.parametrize("component", ["RBC_AS", "NOTHING", None])
def test_what_may_lie_still_needs_none(component: str | None) -> None:
    assert agitation_of(None, component, pack=CN, said=["a"]) == "not-needed"
