"""The verdict of a unit in words: what forbids its use, then its cold chain, then its record.

Pure: a `Speech` and the values of `ledger.read.values` come in, sentences come out. The verdict sentence never says
more than was checked; `unknown` is never put as fine, and nothing here replaces the check before use.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ledger.core import kinds
from ledger.read.values import UnitPage
from ledger.rules.deviation import Assessment
from ledger.rules.exposure import Exposure, Spell
from ledger.rules.refused import Refused as RuleRefused
from web.cold_chain_words import cold_chain_sentence, spell_sentence
from web.present import Tone, choice_word, rule_word, state_word
from web.speech import Speech

_USED = frozenset({"transfused", "consumed"})

_BEFORE_RELEASE = frozenset({"new", "collected", "pending"})

_WITHDRAWN_STATES = frozenset({"quarantined", "recalled", "awaiting_disposal", "discarded", "returned"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence of a unit: a tone, a headline, and what it rests on, a line each."""

    tone: Tone
    headline: str
    lines: tuple[str, ...]


def verdict(page: UnitPage, speech: Speech) -> Verdict:
    """The unit's verdict: first what forbids its use, then its cold chain, then its record."""
    tone, headline = _headline(page, speech)
    lines = [cold_chain_sentence(page, speech)]
    if page.exposure is not None:
        lines.append(_pack_sentence(page.exposure, speech))
    lines += _agitation_sentences(page, speech)
    opened_ms = _opened_ms(page)
    if opened_ms is not None:
        when = speech.moment(opened_ms)
        lines.append(speech.say("Entered as opening stock on %(when)s: what was before is not known.", when=when))
    if page.assessment is not None:
        lines.append(_assessment_sentence(page.assessment, speech))
        lines += _reopening_sentences(page, speech)
    return Verdict(tone, headline, (*lines, speech.say("This does not replace the check before use.")))


def forbidding(page: UnitPage, refused: RuleRefused, speech: Speech) -> str:
    """What forbids use, in words; the rule's own sentence where this version has no words for it."""
    if refused.rule.endswith(".not-withheld"):
        return speech.say("on hold") if page.summary.on_hold else state_word(page.summary.state, speech)
    return rule_word(refused.rule, speech) or refused.reason


def hindrances(page: UnitPage) -> tuple[RuleRefused, ...]:
    """What forbids use and the headline does not say already: a state that is named there is not named twice."""
    if page.summary.state in _USED | _WITHDRAWN_STATES:
        return tuple(refused for refused in page.forbids if not refused.rule.endswith(".not-withheld"))
    return page.forbids


def _headline(page: UnitPage, speech: Speech) -> tuple[Tone, str]:
    state = page.summary.state
    if state in _USED:
        return _past_headline(page, speech)
    if state in _WITHDRAWN_STATES:
        return "stop", speech.say("Not to be used: %(state)s", state=state_word(state, speech))
    rules = {refused.rule.rpartition(".")[2] for refused in page.forbids} - {"state", "not-withheld"}
    judged = page.exposure.verdict if page.exposure else None
    if rules - {"exposure-ok"} or judged == "out":
        return "stop", speech.say("Not to be used") if rules else speech.say("Was out of range")
    if state in _BEFORE_RELEASE:
        return "warning", speech.say("Not yet released")
    return _cold_headline(page, judged, speech)


def _cold_headline(page: UnitPage, judged: str | None, speech: Speech) -> tuple[Tone, str]:
    if judged is None:
        return "unknown", speech.say("Cold chain not judged")
    if judged == "unknown":
        return "unknown", speech.say("Cold chain cannot be judged")
    if page.forbids and any(refused.rule.endswith(".exposure-ok") for refused in page.forbids):
        return "stop", speech.say("Not to be used")
    if page.summary.on_hold or page.discrepancies:
        return "warning", speech.say("Cold chain in range, history to be looked at")
    return "ok", speech.say("Cold chain in range, record complete")


def _past_headline(page: UnitPage, speech: Speech) -> tuple[Tone, str]:
    state = state_word(page.summary.state, speech)
    match page.exposure.verdict if page.exposure else None:
        case "ok":
            return "ok", speech.say("%(state)s; cold chain was in range", state=state)
        case "out":
            return "stop", speech.say("%(state)s; was out of range", state=state)
        case "unknown" | None:
            return "unknown", speech.say("%(state)s; cold chain cannot be judged", state=state)


def _pack_sentence(exposure: Exposure, speech: Speech) -> str:
    pack = f"{exposure.pack.upper()} {exposure.pack_version}"
    if exposure.verified and exposure.confirmed_here:
        return speech.say("Judged by policy pack %(pack)s, its figures confirmed by this station.", pack=pack)
    if exposure.verified:
        return speech.say("Judged by policy pack %(pack)s, its figures confirmed.", pack=pack)
    return speech.say("Judged by policy pack %(pack)s; its figures are not yet confirmed.", pack=pack)


def _agitation_sentences(page: UnitPage, speech: Speech) -> Iterator[str]:
    """What is known of whether a bag of platelets was kept moving."""
    if page.agitation == "not-monitored":
        yield speech.say("It must be kept moving; whether it was is not monitored, and no verdict here says it.")
    elif page.agitation == "monitored":
        yield speech.say("It must be kept moving: whether it was counts as persons said of the agitators.")
    for span in page.still:
        since, until = speech.moment(span.start_ms), speech.moment(span.end_ms)
        lasted = speech.duration(span.end_ms - span.start_ms)
        yield speech.say(
            "It lay still from %(since)s to %(until)s: %(lasted)s.", since=since, until=until, lasted=lasted
        )


def _opened_ms(page: UnitPage) -> int | None:
    """When the unit, or what it was made of, entered as opening stock; None: its whole past is in the ledger."""
    told = (line.time_ms for line in page.history if line.recorded and isinstance(line.recorded.event, kinds.Opening))
    return max(told, default=None)


def _assessment_sentence(assessment: Assessment, speech: Speech) -> str:
    outcome = choice_word(assessment.outcome, speech)
    when = speech.moment(assessment.at_ms)
    return speech.say(
        "Two quality officers assessed its deviation on %(when)s: %(outcome)s; the verdict above stays as it was.",
        when=when, outcome=outcome,
    )  # fmt: skip


def _reopening_sentences(page: UnitPage, speech: Speech) -> Iterator[str]:
    """Why the newest assessment settles the unit no longer: what its assessors could not see, and what came after."""
    if page.reopened is None:
        return
    if page.reopened.unseen:
        yield speech.say(
            "It is open again: readings that came to the log after the assessment say of the time before it: %(what)s.",
            what=_spells(page, page.reopened.unseen, speech),
        )
    if page.reopened.since:
        yield speech.say(
            "It is open again: after the assessment: %(what)s.", what=_spells(page, page.reopened.since, speech)
        )


def _spells(page: UnitPage, spells: Sequence[Spell], speech: Speech) -> str:
    return speech.say("; ").join(spell_sentence(page, spell, speech) for spell in spells)
