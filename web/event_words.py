"""An event of a history in words: what it says beyond its kind, how it came, and who entered it late. Pure."""

from collections.abc import Mapping

from ledger.core import custody, kinds
from ledger.core.ids import parse_instant
from ledger.read.values import HistoryLine
from ledger.read.ways import MATERIAL_KINDS
from web import return_words
from web.present import Tone, choice_word, grouped_din, person
from web.speech import Speech
from web.words.kinds import MEMORIES

_WITHDRAWN = frozenset({"quarantined", "recalled", "nonconforming", "discarded", "reaction", "excursion"})

_UNREAD = frozenset({"unreadable", "not_read"})

_FAULTS = frozenset({"device_fault", "gap", "unknown_tag_seen", "tag_uncertain", "scan_refused", "clock_skew"})

_KNOWN_AFTERWARDS = frozenset({"tag_left", "excursion_ended", "device_restored", "gap"})


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
            return speech.clauses(filter(None, (choice_word(event.outcome, speech), event.reason)))
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
            return speech.clauses(filter(None, (choice_word(event.outcome, speech), event.reason)))
        case kinds.Transfused() if event.outcome == "stopped":
            return choice_word("stopped", speech)
        case kinds.Reaction():
            return choice_word(event.severity, speech)
        case kinds.Corrected() | kinds.Commented():
            return f"{event.of_stream} #{event.of_seq}: {event.reason}"
        case kinds.DiscardRequested() if event.code:
            said = named.get(event.code) or choice_word(event.code, speech)
            return speech.clauses(filter(None, (said, event.reason)))
        case _:
            return getattr(event, "override", None) or getattr(event, "reason", None) or ""


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


def _memory_said(event: kinds.TagMemoryRead, speech: Speech) -> str:
    """What a tag's memory says, or that it says nothing; the rest is in the discrepancies."""
    says = event.says
    if says is None:
        return speech.say(MEMORIES[event.outcome])
    group = f"{says.abo} {choice_word(says.rhd, speech)}" if says.abo and says.rhd else ""
    told = " ".join(filter(None, (grouped_din(says.din.removeprefix("din:")), says.product, group)))
    return speech.say("%(told)s, not to be relied on", told=told) if event.crc == "differs" else told
