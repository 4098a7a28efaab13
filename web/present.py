"""Values to words: what the pages say of a unit, in the reader's language.

Pure: a `Speech` and the values of `ledger.read.values` come in, sentences come out. The verdict sentence never says
more than was checked; `unknown` is never put as fine, and nothing here replaces the check before use.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.core import custody, kinds
from ledger.core.custody import IN_TRANSIT
from ledger.core.errors import Refused
from ledger.core.events import ERASED_KIND
from ledger.core.ids import is_id, parse_instant
from ledger.read.evidence import Kept
from ledger.read.values import Discrepancy, HistoryLine, Proof, ProofStep, UnitPage, UnitSummary
from ledger.read.ways import MATERIAL_KINDS
from ledger.rules.deviation import Assessment
from ledger.rules.exposure import Exposure, Spell
from ledger.rules.occasions import Against, Occasion
from ledger.rules.refused import Refused as RuleRefused
from web import return_words, words
from web.speech import EN_DASH, MINUS, Speech

Tone = Literal["ok", "warning", "stop", "unknown", "quiet"]

_WITHDRAWN = frozenset({"quarantined", "recalled", "nonconforming", "discarded", "reaction", "excursion"})
_UNREAD = frozenset({"unreadable", "not_read"})
_FAULTS = frozenset({"device_fault", "gap", "unknown_tag_seen", "tag_uncertain", "scan_refused", "clock_skew"})
_KNOWN_AFTERWARDS = frozenset({"tag_left", "excursion_ended", "device_restored", "gap"})
_USED = frozenset({"transfused", "consumed"})
_BEFORE_RELEASE = frozenset({"new", "collected", "pending"})
_WITHDRAWN_STATES = frozenset({"quarantined", "recalled", "awaiting_disposal", "discarded", "returned"})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sentence of a unit: a tone, a headline, and what it rests on, a line each."""

    tone: Tone
    headline: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the proof in words: what was looked at, what came out, and against what."""

    tone: Tone
    title: str
    outcome: str
    detail: str


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


def kind_word(kind: str, speech: Speech) -> str:
    """The name of an event kind; the ledger's own name for a kind that this version does not know."""
    if kind == ERASED_KIND:
        kind = "erased"
    return speech.say(words.KINDS[kind]) if kind in words.KINDS else kind


def state_word(state: str, speech: Speech) -> str:
    """The name of a unit's state."""
    return speech.say(words.STATES[state]) if state in words.STATES else state


def state_tone(state: str) -> Tone:
    """The tone of a state's badge."""
    return words.STATE_TONES.get(state, "quiet")


def cold_chain(unit: UnitSummary, speech: Speech) -> tuple[Tone, str]:
    """The tone and the words of a unit's verdict in a list; what holds nothing back is said not to."""
    word = speech.say(words.COLD_CHAIN[unit.verdict])
    if unit.verdict == "ok":
        return "ok", word
    if not unit.held:
        return "warning", speech.say("%(verdict)s; not held back", verdict=word)
    return ("stop" if unit.verdict == "out" else "unknown"), word


def choice_word(value: str, speech: Speech) -> str:
    """A value that a person chooses, in words."""
    return speech.say(words.CHOICES[value]) if value in words.CHOICES else value


def product_name(unit: UnitSummary, speech: Speech) -> str:
    """The component's name; said plainly where the site's catalogue does not list the code."""
    if unit.product.component is None:
        return speech.say("product code %(code)s, not in the catalogue", code=unit.product.code)
    return speech.name(unit.product)


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


# ── the verdict ───────────────────────────────────────────────────────────────────────────────────────────────────


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


def cold_chain_sentence(page: UnitPage, speech: Speech) -> str:
    """How long out, over which share of the time there is a record, and what is missing."""
    exposure = page.exposure
    if exposure is None or exposure.judged_ms == 0:
        return speech.say("No temperature was judged for this unit yet.")
    parts = [_out_part(exposure, speech)]
    share = f"{_floored_percent(exposure.covered_ms, exposure.judged_ms)} %"
    parts.append(speech.say("the record covers %(share)s of %(time)s", share=share, time=_long(exposure, speech)))
    if exposure.unknown_ms:
        parts.append(speech.say("%(time)s cannot be judged", time=speech.duration(exposure.unknown_ms)))
    if exposure.tolerated_ms:
        parts.append(speech.say("%(time)s missing, tolerated", time=speech.duration(exposure.tolerated_ms)))
    return _sentence(parts, speech)


def _out_part(exposure: Exposure, speech: Speech) -> str:
    if not exposure.out_ms:
        return speech.say("Never out of range")
    out = speech.duration(exposure.out_ms)
    low, high = exposure.lowest_centi, exposure.highest_centi
    if low is None or high is None:
        return speech.say("Out of range for %(time)s", time=out)
    between = {"low": speech.celsius(low), "high": speech.celsius(high)}
    return speech.say("Out of range for %(time)s (between %(low)s and %(high)s)", time=out, **between)


def _long(exposure: Exposure, speech: Speech) -> str:
    return speech.duration(exposure.judged_ms)


def _floored_percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 % means all of it."""
    tenths = part * 1000 // max(whole, 1)
    return "100" if tenths == 1000 else f"{tenths // 10}.{tenths % 10}"


def _pack_sentence(exposure: Exposure, speech: Speech) -> str:
    pack = f"{exposure.pack.upper()} {exposure.pack_version}"
    if exposure.verified and exposure.confirmed_here:
        return speech.say("Judged by policy pack %(pack)s, its figures confirmed by this station.", pack=pack)
    if exposure.verified:
        return speech.say("Judged by policy pack %(pack)s, its figures confirmed.", pack=pack)
    return speech.say("Judged by policy pack %(pack)s; its figures are not yet confirmed.", pack=pack)


def _assessment_sentence(assessment: Assessment, speech: Speech) -> str:
    outcome = choice_word(assessment.outcome, speech)
    when = speech.moment(assessment.at_ms)
    return speech.say(
        "Two quality officers assessed its deviation on %(when)s: %(outcome)s; the verdict above stays as it was.",
        when=when, outcome=outcome,
    )  # fmt: skip


def evidence_sentence(kept: Kept, speech: Speech) -> str:
    """How long a file of evidence is, and what its readings say where there are any."""
    size = speech.say("%(num)s bytes", num=kept.octets)
    told = kept.told
    if told is None:
        return size
    low, high = speech.celsius(told.lowest_centi), speech.celsius(told.highest_centi)
    parts = [size, stretch(speech, told.first_ms, told.last_ms)]
    parts.append(speech.say("%(low)s to %(high)s", low=low, high=high))
    if told.out_ms is None:
        parts.append(speech.say("held against no limits"))
    elif told.out_ms:
        parts.append(speech.say("out of range for %(time)s", time=speech.duration(told.out_ms)))
    else:
        parts.append(speech.say("never out of range"))
    return " · ".join(parts)


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


def _sentence(parts: list[str], speech: Speech) -> str:
    return speech.say("; ").join(parts) + speech.say(".")


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


def first_said(line: HistoryLine) -> kinds.FirstSaid | None:
    """Where an event stood before it was carried over; None for one that never was elsewhere."""
    event = None if line.recorded is None else line.recorded.event
    return event.first_said if isinstance(event, kinds.Reported) else None


def anchor(stream: str, seq: int) -> str:
    """Where an event stands on its page."""
    return f"event-{stream.replace('/', '-')}-{seq}"


def arrived_late(line: HistoryLine) -> bool:
    """Whether to say that an event came late; what is only known afterwards (a tag is gone) always does."""
    return line.late and line.kind not in _KNOWN_AFTERWARDS


def rule_word(rule: str, speech: Speech) -> str:
    """A rule in words; empty for a rule that this version does not know."""
    said = words.RULES.get(rule) or words.RULES.get(rule.partition(".")[2])
    return speech.say(said) if said else ""


def refusal(refused: Refused, speech: Speech) -> str:
    """Why a step was not recorded and what to do, in words; what was said since somebody looked, by its kinds."""
    if refused.step == "stale":
        news = (each.rpartition(" ")[0].split(" ", 1) for each in refused.reason.split(", "))
        said = speech.joined(kind_word(kind, speech) for kind, _ in news)
        return speech.say(words.REFUSALS[refused.step], news=said)
    if refused.step in words.REFUSALS:
        return speech.say(words.REFUSALS[refused.step])
    return rule_word(refused.step, speech) or refused.reason


def late_entry(line: HistoryLine, speech: Speech) -> str:
    """When a late entry was written down; empty for what was not entered from paper or as a correction."""
    event = None if line.recorded is None else line.recorded.event
    if event is None or event.entered_by is None or event.recorded_at is None:
        return ""
    return speech.say("entered %(when)s", when=speech.short_moment(parse_instant(event.recorded_at)))


def late_persons(line: HistoryLine, speech: Speech, printed: Mapping[str, str]) -> tuple[str, ...]:
    """Who entered what was on paper, or as a correction, and who confirmed it."""
    event = None if line.recorded is None else line.recorded.event
    if event is None or event.entered_by is None:
        return ()
    said = [speech.say("entered by %(who)s", who=person(event.entered_by, speech, printed))]
    if event.confirmed_by is not None:
        said.append(speech.say("confirmed by %(who)s", who=person(event.confirmed_by, speech, printed)))
    return tuple(said)


def discrepancy(found: Discrepancy, speech: Speech) -> str:
    """A discrepancy in words."""
    return speech.sentence(rule_word(found.rule, speech) or found.text)


# ── the cold chain ────────────────────────────────────────────────────────────────────────────────────────────────


def reason_word(reason: str, speech: Speech) -> str:
    """Why a stretch is not plainly fine."""
    return speech.say(words.REASONS[reason]) if reason in words.REASONS else reason


def spell_label(spell: Spell, speech: Speech) -> str:
    """The few words beside a stretch of the temperature line."""
    lasted = speech.duration(spell.lasted_ms)
    extreme = spell.lowest if spell.reason == "below" else spell.highest
    match spell.status:
        case "out" if extreme is not None:
            return speech.say("%(celsius)s, out for %(time)s", celsius=speech.celsius(extreme), time=lasted)
        case "out":
            return speech.say("out for %(time)s", time=lasted)
        case "unknown":
            return speech.say("%(time)s unknown", time=lasted)
        case "tolerated":
            return speech.say("%(time)s missing, tolerated", time=lasted)
        case "ok":
            return ""


def spell_word(spell: Spell, speech: Speech) -> str:
    """The verdict on a stretch, in words."""
    return spell_label(spell, speech) or speech.say("within limits")


def spell_sentence(page: UnitPage, spell: Spell, speech: Speech) -> str:
    """A stretch in full: when, where, what, why."""
    parts = [stretch(speech, spell.start_ms, spell.end_ms), place(page, spell.place, speech)]
    parts.append(spell_word(spell, speech))
    if spell.reason and spell.status != "out":
        parts.append(reason_word(spell.reason, speech))
    return " · ".join(parts)


def limits(spell: Spell | Against, speech: Speech) -> str:
    """The limits of a stretch: `2.0 °C to 6.0 °C`, `at most 6.0 °C`."""
    low, high = spell.low, spell.high
    if low is not None and high is not None:
        return speech.say("%(low)s to %(high)s", low=speech.celsius(low), high=speech.celsius(high))
    if high is not None:
        return speech.say("at most %(celsius)s", celsius=speech.celsius(high))
    return EN_DASH if low is None else speech.say("at least %(celsius)s", celsius=speech.celsius(low))


def occasion(found: Occasion, speech: Speech) -> str:
    """One time beyond a limit: how long, and the reading furthest beyond."""
    lasted, extreme = speech.duration(found.lasted_ms), speech.celsius(found.extreme)
    if found.side == "below":
        return speech.say("%(time)s below, down to %(celsius)s", time=lasted, celsius=extreme)
    return speech.say("%(time)s above, up to %(celsius)s", time=lasted, celsius=extreme)


# ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────


def event_tone(line: HistoryLine) -> Tone:
    """The tone of an event's mark: withdrawing facts stop, what devices complain of warns."""
    if line.defect is not None or line.kind in _FAULTS:
        return "warning"
    if line.kind in _WITHDRAWN:
        return "stop"
    event = line.recorded.event if line.recorded else None
    if isinstance(event, kinds.TagMemoryRead) and (event.outcome in _UNREAD or event.crc == "differs" or event.reason):
        return "warning"
    bad = (
        (isinstance(event, kinds.Tested) and event.overall != "fit")
        or (isinstance(event, kinds.Received) and event.outcome != "accepted")
        or (isinstance(event, kinds.Crossmatched) and event.result != "compatible")
    )
    return "stop" if bad else "ok"


def materials(line: HistoryLine) -> tuple[str, ...]:
    """The lots, machines, bags and samples that an event names, each of which has a page."""
    if line.recorded is None:
        return ()
    named = custody.subjects(line.recorded.event)
    return tuple(each for each in named if each.partition(":")[0] in MATERIAL_KINDS)


def material_word(subject: str, speech: Speech) -> str:
    """What a lot, a machine, a bag or a sample is called."""
    sort, _, rest = subject.partition(":")
    of = f"lot:{rest.partition('/')[0]}" if sort == "lot" else sort
    return speech.say(words.MATERIALS[of])


def material_number(subject: str) -> str:
    """Its number alone."""
    return subject.partition(":")[2].rpartition("/")[2]


def event_detail(line: HistoryLine, speech: Speech, named: Mapping[str, str]) -> str:  # noqa: C901, PLR0911, PLR0912  one arm a kind
    """What an event says beyond its kind, in a few words; empty where there is nothing.

    Args:
        line: the event.
        speech: how to say it.
        named: id to name, for organisations; code to words, for the site's reasons of a discard.
    """
    if line.erasure is not None:
        return speech.say(
            "erased on %(when)s: %(why)s", when=speech.moment(line.erasure.time_ms), why=line.erasure.reason
        )
    if line.recorded is None:
        return speech.say("kept as it came, not understood: %(why)s", why=line.defect or "")
    event = line.recorded.event
    match event:
        case kinds.Collected() if event.volume_ml:
            return f"{event.volume_ml} mL"
        case kinds.Tested():
            return choice_word(event.overall, speech)
        case kinds.Labelled():
            return f"{event.abo} {choice_word(event.rhd, speech)}"
        case kinds.TagAssociated() | kinds.TagRemoved() | kinds.TagArrived() | kinds.TagLeft():
            return event.tag.removeprefix("tag:")[-8:]
        case kinds.TagMemoryRead():
            return _memory_said(event, speech)
        case kinds.ClockSkew():
            return f"{event.skew_ms / 1000:+.1f} s"
        case kinds.TagUncertain():
            places = ", ".join(place.partition(":")[2] for place in event.places)
            return speech.say("at one of %(places)s", places=places)
        case kinds.Released() if event.override:
            return speech.say("emergency release: %(why)s", why=event.override)
        case kinds.Released() if event.release_batch:
            return speech.say("batch %(batch)s", batch=event.release_batch)
        case kinds.Packed() | kinds.Unpacked() | kinds.Sealed() | kinds.Opened():
            return event.box.removeprefix("box:")
        case kinds.Dispatched():
            note = event.dispatch_note.removeprefix("consignment:")
            return speech.say("to %(to)s, note %(note)s", to=named.get(event.to, event.to), note=note)
        case kinds.Received(returning=kinds.JudgedReturn() as judged):
            return return_words.decided(event, judged, speech)
        case kinds.Received():
            return speech.joined(filter(None, (choice_word(event.outcome, speech), event.reason)))
        case kinds.Crossmatched():
            return choice_word(event.result, speech)
        case kinds.Excursion() if event.level == "warning":
            return speech.say("warning limit, %(celsius)s", celsius=speech.celsius(event.centi_celsius))
        case kinds.Excursion():
            return speech.celsius(event.centi_celsius)
        case kinds.Issued() if event.override:
            rules = speech.joined(choice_word(each, speech) for each in event.set_aside)
            return speech.say("override (%(rules)s): %(why)s", rules=rules, why=event.override)
        case kinds.BedsideChecked():
            return choice_word(event.outcome, speech)
        case kinds.ReturnedToBank():
            return speech.joined(filter(None, (choice_word(event.outcome, speech), event.reason)))
        case kinds.Transfused() if event.outcome == "stopped":
            return choice_word("stopped", speech)
        case kinds.Reaction():
            return choice_word(event.severity, speech)
        case kinds.Corrected() | kinds.Commented():
            return f"{event.of_stream} #{event.of_seq}: {event.reason}"
        case kinds.DiscardRequested() if event.code:
            said = named.get(event.code) or choice_word(event.code, speech)
            return speech.joined(filter(None, (said, event.reason)))
        case _:
            return getattr(event, "override", None) or getattr(event, "reason", None) or ""


def _memory_said(event: kinds.TagMemoryRead, speech: Speech) -> str:
    """What a tag's memory says, or that it says nothing; the rest is in the discrepancies."""
    says = event.says
    if says is None:
        return speech.say(words.MEMORIES[event.outcome])
    group = f"{says.abo} {choice_word(says.rhd, speech)}" if says.abo and says.rhd else ""
    told = " ".join(filter(None, (grouped_din(says.din.removeprefix("din:")), says.product, group)))
    return speech.say("%(told)s, not to be relied on", told=told) if event.crc == "differs" else told


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


# ── the proof ─────────────────────────────────────────────────────────────────────────────────────────────────────

_STEP_TONES: dict[str, Tone] = {"ok": "ok", "warning": "warning", "failed": "stop"}
_VERDICTS: dict[str, Tone] = {"valid": "ok", "warnings": "warning", "invalid": "stop", "undecidable": "unknown"}


def proof_tone(proof: Proof) -> Tone:
    """The tone of a proof's verdict."""
    return _VERDICTS.get(proof.verdict, "unknown")


def passport_refusal(refused: Refused, speech: Speech) -> str:
    """Why a passport of a partner was not accepted."""
    if refused.step in words.ACCEPTANCE:
        return speech.say(words.ACCEPTANCE[refused.step])
    step = words.PROOF_STEPS.get(refused.step)
    return speech.say("This does not hold: %(step)s", step=speech.say(step) if step else refused.step)


def proof_headline(proof: Proof, speech: Speech) -> str:
    """The proof's verdict in a sentence."""
    match proof.verdict:
        case "valid":
            return speech.say("Every step holds.")
        case "warnings":
            return speech.say("Every step that was checked holds; some could not be checked here.")
        case "invalid":
            return speech.say("A step does not hold. Do not rely on this record; call the quality officer.")
        case _:
            return speech.say("Nothing can be decided from what is here.")


def _against(step: ProofStep, speech: Speech) -> str:
    """What a step was checked against: in full in English, in which it is written; else what a warning means."""
    if step.outcome == "warning" and step.step in words.PROOF_WARNINGS:
        return speech.say(words.PROOF_WARNINGS[step.step])
    return step.detail if speech.language == "en" or step.outcome == "failed" else ""


def proof_steps(proof: Proof, speech: Speech) -> tuple[Step, ...]:
    """Every step in order, in words."""
    return tuple(
        Step(
            _STEP_TONES.get(step.outcome, "unknown"),
            speech.say(words.PROOF_STEPS[step.step]) if step.step in words.PROOF_STEPS else step.step,
            speech.say(words.OUTCOMES[step.outcome]) if step.outcome in words.OUTCOMES else step.outcome,
            _against(step, speech),
        )
        for step in proof.steps
    )
