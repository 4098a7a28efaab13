"""Names to words: what the pages call a bag, a state, a step, a place, a person, a refusal, in the reader's language.

Pure: a `Speech` and the values of `ledger.read.values` come in, words come out. What is said of a unit's verdict, its
cold chain, its events and its proof is in `verdict_words`, `cold_chain_words`, `event_words` and `proof_words`.
"""

from collections.abc import Mapping
from typing import Literal

from ledger.core.custody import IN_TRANSIT
from ledger.core.errors import Refused
from ledger.core.events import ERASED_KIND
from ledger.core.ids import is_id
from ledger.read.values import Discrepancy, UnitPage, UnitSummary
from web.speech import EN_DASH, MINUS, Speech
from web.words.fields import CHOICES
from web.words.kinds import KINDS, MATERIALS
from web.words.refusals import REFUSALS
from web.words.rules import RULES
from web.words.states import STATE_TONES, STATES

Tone = Literal["ok", "warning", "stop", "unknown", "quiet"]


def blood_group(unit: UnitSummary, speech: Speech) -> tuple[str, str]:
    """`("A+", "RhD positive")`; `("?", "group not recorded")` where nothing is."""
    if unit.abo is None:
        return "?", speech.say("group not recorded")
    if unit.rhd is None:
        return unit.abo, speech.say("RhD not recorded")
    sign = {"positive": "+", "negative": MINUS}[unit.rhd]
    word = speech.say("RhD positive") if unit.rhd == "positive" else speech.say("RhD negative")
    return unit.abo + sign, word


def grouped_din(din: str) -> str:
    """`A9999 26 123456`: facility, year and serial number, as printed on the label."""
    return f"{din[:5]} {din[5:7]} {din[7:]}"


def product_name(unit: UnitSummary, speech: Speech) -> str:
    """The component's name; said plainly where the site's catalogue does not list the code."""
    if unit.product.component is None:
        return speech.say("product code %(code)s, not in the catalogue", code=unit.product.code)
    return speech.name(unit.product)


def kind_word(kind: str, speech: Speech) -> str:
    """The name of an event kind; the ledger's own name for a kind that this version does not know."""
    if kind == ERASED_KIND:
        kind = "erased"
    return speech.say(KINDS[kind]) if kind in KINDS else kind


def state_word(state: str, speech: Speech) -> str:
    """The name of a unit's state."""
    return speech.say(STATES[state]) if state in STATES else state


def state_tone(state: str) -> Tone:
    """The tone of a state's badge."""
    return STATE_TONES.get(state, "quiet")


def choice_word(value: str, speech: Speech) -> str:
    """A value that a person chooses, in words."""
    return speech.say(CHOICES[value]) if value in CHOICES else value


def rule_word(rule: str, speech: Speech) -> str:
    """A rule in words; empty for a rule that this version does not know."""
    said = RULES.get(rule) or RULES.get(rule.partition(".")[2])
    return speech.say(said) if said else ""


def refusal(refused: Refused, speech: Speech) -> str:
    """Why a step was not recorded and what to do, in words; what was said since somebody looked, by its kinds."""
    if refused.step == "stale":
        news = (each.rpartition(" ")[0].split(" ", 1) for each in refused.reason.split(", "))
        said = speech.joined(kind_word(kind, speech) for kind, _ in news)
        return speech.say(REFUSALS[refused.step], news=said)
    if refused.step in REFUSALS:
        return speech.say(REFUSALS[refused.step])
    return rule_word(refused.step, speech) or refused.reason


def discrepancy(found: Discrepancy, speech: Speech) -> str:
    """A discrepancy in words."""
    return speech.sentence(rule_word(found.rule, speech) or found.text)


def holder(page: UnitPage, holder_id: str, speech: Speech) -> str:
    """Who held a unit, or that it was on the way."""
    if holder_id == IN_TRANSIT:
        return speech.say("on the way")
    organisation = page.organisations.get(holder_id)
    return speech.name(organisation) if organisation else holder_id


def place(page: UnitPage, place_id: str | None, speech: Speech) -> str:
    """A place in words; its id where it is not registered."""
    if place_id is None:
        return speech.say("between places")
    named = page.places.get(place_id)
    return speech.name(named) if named else place_id


def whereabouts(unit: UnitSummary, speech: Speech) -> str:
    """Where a unit is now."""
    if unit.place is not None:
        return speech.name(unit.place)
    if unit.holder == IN_TRANSIT:
        return speech.say("on the way")
    return speech.say("at no known place")


def stretch(speech: Speech, since_ms: int, until_ms: int | None) -> str:
    """`11-14 08:20 to 11-15 10:00 (1 d 2 h)` with a dash, or `since 11-14 08:20`."""
    if until_ms is None:
        return speech.say("since %(time)s", time=speech.short_moment(since_ms))
    lasted = speech.duration(until_ms - since_ms)
    return f"{speech.short_moment(since_ms)} {EN_DASH} {speech.short_moment(until_ms)}{speech.aside(lasted)}"


def material_word(subject: str, speech: Speech) -> str:
    """What a lot, a machine, a bag or a sample is called."""
    sort, _, rest = subject.partition(":")
    of = f"lot:{rest.partition('/')[0]}" if sort == "lot" else sort
    return speech.say(MATERIALS[of])


def material_number(subject: str) -> str:
    """Its number alone."""
    return subject.partition(":")[2].rpartition("/")[2]


def person(pseudonym: str | None, speech: Speech, printed: Mapping[str, str]) -> str:
    """Who acted: the printed name where the reader may know it, else that it was a person; a device where none did.

    Args:
        pseudonym: `person:…` or None.
        speech: how to say it.
        printed: pseudonym to printed name, only of the reader's own organisation, or to `a person of …`.
    """
    if pseudonym is None:
        return speech.say("device")
    if pseudonym in printed:
        return printed[pseudonym]
    return speech.say("a person") + f" {pseudonym.removeprefix('person:')[:6]}" if is_id(pseudonym, "person") else ""
