"""The file on an assessment's form: what is kept as evidence, or why it cannot be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.core.errors import FormatError
from ledger.rules.evidence import MAX_OCTETS, WHAT, EvidenceFile, read_evidence
from web.speech import Speech


@dataclass(frozen=True, slots=True)
class Attached:
    """What a form's file says: fields for the events, or what is wrong with it, by field."""

    fields: Mapping[str, object] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)


NO_FILE = Attached()


def read_attached(document: bytes, what: str, speech: Speech) -> Attached:
    """The evidence that was attached; nothing where no file was chosen, of which a browser sends nothing.

    Args:
        document: the file.
        what: what it is said to be.
        speech: the site's zone, of times that name none; and the language of what is said is wrong.
    """
    if not document:
        return NO_FILE
    if len(document) > MAX_OCTETS:
        return _wrong(speech.say("A file of at most 1 MB is kept; this one is larger."))
    known = WHAT.get(what)
    if known is None:
        return _wrong(speech.say("Say what the file is."))
    try:
        read_evidence(known, document, zone=speech.zone)
    except FormatError as error:
        return _wrong(speech.say("This is no logger file that can be read: %(why)s", why=str(error)))
    return Attached({"evidence": [EvidenceFile(known, document)]})


def _wrong(said: str) -> Attached:
    return Attached(wrong={"evidence": said})
