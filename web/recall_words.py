"""How recall and lookback are said on pages: fates, ways, windows."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ledger.rules.fate import Fate
from ledger.rules.lookback import Why
from ledger.rules.window import Standing
from web.present import Tone
from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

FATES: Final[Mapping[Fate, tuple[Tone, str]]] = MappingProxyType(
    {
        Fate.IN_STOCK: ("warning", N_("still in stock")),
        Fate.DISPATCHED: ("warning", N_("dispatched")),
        Fate.ISSUED: ("stop", N_("on a ward")),
        Fate.TRANSFUSED: ("stop", N_("transfused")),
        Fate.DISCARDED: ("quiet", N_("discarded")),
        Fate.MADE_INTO_OTHERS: ("quiet", N_("made into others")),
        Fate.UNKNOWN: ("unknown", N_("fate unknown")),
    }
)
"""Fate → the tone of its badge, and its word."""

WHYS: Final[Mapping[Why, str]] = MappingProxyType(
    {
        Why.NAMED: N_("named by the finding"),
        Why.SOURCE: N_("something named was made of it"),
        Why.MADE: N_("made of what is affected"),
    }
)

STANDINGS: Final[Mapping[Standing, tuple[Tone, str]]] = MappingProxyType(
    {
        Standing.WITHIN: ("warning", N_("affected")),
        Standing.BEFORE: ("quiet", N_("before the window: not affected")),
        Standing.UNKNOWN: ("unknown", N_("day unknown: affected")),
    }
)
