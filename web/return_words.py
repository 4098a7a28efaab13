"""Returns in words: what the pack's rule for them says, why, and what was decided. Pure: values in, words out."""

from collections.abc import Mapping
from types import MappingProxyType

from ledger.core import kinds
from ledger.rules.pack import ReturnRule
from ledger.rules.row import Row
from web.figures import return_rule
from web.speech import Speech
from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

WHY: Mapping[str, str] = MappingProxyType(
    {
        "never": N_("the pack lets nothing come back from there"),
        "too-often": N_("it was out of control too often"),
        "too-long": N_("it was out of control too long"),
        "above": N_("it was warmer than the pack allows"),
        "below": N_("it was colder than the pack allows"),
        "temperature-unknown": N_("how warm it was out of control is not known"),
        "time-unknown": N_("how long it was out of control is not known"),
        "validated": N_("within what the site has validated itself"),
        "unstated": N_("the pack does not say"),
        "cold-chain": N_("its cold chain was out of range"),
        "cold-chain-unknown": N_("its cold chain is not known throughout"),
        "withheld": N_("it is quarantined, recalled or on hold"),
        "seal-broken": N_("its seal was broken"),
    }
)
"""Why a unit may not go back into stock, or why persons decide."""

STANDINGS: Mapping[str, str] = MappingProxyType(
    {
        "verified": N_("read in its source"),
        "confirmed": N_("confirmed by this station"),
        "unverified": N_("not confirmed"),
    }
)
ANSWERS: Mapping[str, str] = MappingProxyType({"yes": N_("yes"), "no": N_("no"), "undecided": N_("persons decide")})
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {"accepted": N_("back into stock"), "held": N_("into quarantine"), "refused": N_("to be discarded")}
)
"""What becomes of a unit that came back."""


def why(reason: str, speech: Speech) -> str:
    """The reason of an answer."""
    return speech.say(WHY[reason]) if reason in WHY else reason


def rule(row: ReturnRule, speech: Speech) -> str:
    """What the pack's rule says."""
    return return_rule(row, speech)


def standing(row: Row, speech: Speech) -> str:
    """How the figures of a row of a pack are known."""
    return speech.say(STANDINGS[row.standing])


def decided(event: kinds.Received, judged: kinds.JudgedReturn, speech: Speech) -> str:
    """What was decided of a unit that came back, and against what: its answer, pack and version."""
    said = speech.say(
        "%(outcome)s; may it go back: %(answer)s (pack %(pack)s, version %(version)s)",
        outcome=speech.say(OUTCOMES[event.outcome]),
        answer=speech.say(ANSWERS[judged.answer]),
        pack=judged.pack.upper(),
        version=judged.version,
    )
    reasons = [why(judged.why, speech)] if judged.why else []
    return speech.clauses([said, *reasons, *([event.reason] if event.reason else [])])
