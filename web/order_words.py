"""Orders in words: groups, amounts, and what an order is. Pure: a `Speech` and values come in, words come out."""

from collections.abc import Mapping
from types import MappingProxyType

from ledger.core.kinds import Measure
from ledger.rules.lines import format_amount
from web.present import Tone
from web.speech import MINUS, Speech
from web.words.states import ORDER_STATES

_TONES: Mapping[str, Tone] = MappingProxyType({"open": "warning", "part_filled": "warning", "filled": "ok"})


def group_sign(abo: str, rhd: str) -> str:
    """`A+` of an ABO and an RhD group."""
    return abo + {"positive": "+", "negative": MINUS}[rhd]


def amount_word(amount: int, measure: Measure, speech: Speech) -> str:
    """`4 U`, `400 mL`, `1 dose` of an amount as the log counts it."""
    number, _, counted = format_amount(amount, measure).partition(" ")
    return f"{number} {speech.say('doses') if counted == 'dose' else counted}"


def order_tone(state: str) -> Tone:
    """The tone of an order's state."""
    return _TONES.get(state, "quiet")


def order_word(state: str, speech: Speech) -> str:
    """What an order is."""
    return speech.say(ORDER_STATES[state])
