"""A site's checklist as a piece of a form: which questions to put, and what was answered.

A page includes `checklist.html` in its form and gives what came back to `read_answers`; whether the answers let the
step go ahead is for the ledger's rules (`ledger.rules.checklist`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.config import Site
from ledger.core import kinds
from ledger.core.checklist import Checklist
from ledger.core.errors import ConfigError
from ledger.read import reasons
from ledger.read.values import HistoryLine
from ledger.rules.checklist import in_force, told
from web.speech import Speech

PREFIX = "check."
"""What the names of the form's inputs begin with: `check.<code>` says what was found, `check.<code>.why` the reason."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The fields that go into the event (none where the site asks nothing), or what is wrong, by input."""

    fields: Mapping[str, object] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


def asked_for(site: Site, step: str) -> Checklist | None:
    """The list that is asked at a step now."""
    return in_force(site.checklists, step)


def read_answers(asked: Checklist | None, typed: Mapping[str, str], speech: Speech) -> Answered:
    """Read the answers of a form; every item needs one, and each that is not met its reason."""
    if asked is None:
        return Answered()
    answers, wrong = [], {}
    for each in asked.items:
        name = f"{PREFIX}{each.code}"
        found, why = typed.get(name, ""), typed.get(f"{name}.why", "")
        if found == "met":
            answers.append(kinds.Answer(item=each.code, finding="met"))
        elif found == "not_met" and why in {reason.code for reason in asked.refusals}:
            answers.append(kinds.Answer(item=each.code, finding="not_met", refusal=why))
        elif found == "not_met":
            wrong[name] = speech.say("Choose the reason.")
        else:
            wrong[name] = speech.say("This is needed.")
    if wrong:
        return Answered({}, wrong)
    return Answered({"checklist": kinds.Checked(version=asked.version, sha256=asked.sha256, answers=answers)})


def answers_of(site: Site, speech: Speech, line: HistoryLine) -> str:
    """What the event's checklist says, in the words of the very list that was asked; empty where it carries none.

    In the list's codes, where the site has that list no longer.
    """
    event = line.recorded.event if line.recorded else None
    if isinstance(event, kinds.Received | kinds.Returned) and event.code is not None:
        return _reason_of(site, speech, event, event.code)
    if not isinstance(event, kinds.Received | kinds.Issued) or event.checklist is None:
        return ""
    checked = event.checklist
    of = told(site.checklists, line.kind, checked)
    known = {} if of is None else {each.code: each for each in (*of.items, *of.refusals)}

    def worded(code: str) -> str:
        return code if code not in known else known[code].zh if speech.language == "zh" else known[code].en

    unmet = [each for each in checked.answers if each.finding == "not_met"]
    if not unmet:
        return speech.say("checklist %(version)s: all met", version=checked.version)
    reasons = speech.joined(worded(each.item) + speech.aside(worded(each.refusal or "")) for each in unmet)
    return speech.say("checklist %(version)s: not met: %(what)s", version=checked.version, what=reasons)


def _reason_of(site: Site, speech: Speech, event: kinds.Received | kinds.Returned, code: str) -> str:
    """Why a unit was refused or goes back, in the site's words; the code where the list has it no longer."""
    try:
        listed = reasons.returns(site) if isinstance(event, kinds.Returned) else reasons.refusals(site)
    except ConfigError:
        return code
    return next(((each.zh if speech.language == "zh" else each.en) for each in listed if each.code == code), code)
