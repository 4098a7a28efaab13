"""Golden vectors of the transfusion end: one unit from the hospital's receipt to the empty bag, checklists answered."""

from ledger.core import kinds, passport
from tests.support.golden import NOTE, NURSE, RED, Log, story, without_segments

WARD = "place:hospital/ward-3"
BANK = "place:hospital/bank"
PATIENT = "person:" + "cd" * 16
COLLECTOR = "person:" + "ce" * 16
LIST = "GMmp4CyJkc7ry4fZa/Ywmi7hAzpsAeBiXmYRDtxECXs="


def answered(*unmet: str) -> kinds.Checked:
    """The answers of one list; the items named are not met."""
    met = [
        kinds.Answer(item=item, finding="not_met", refusal="damaged")
        if item in unmet
        else kinds.Answer(item=item, finding="met")
        for item in ("transport", "appearance", "seal", "label")
    ]
    return kinds.Checked(version="2026-1", sha256=LIST, answers=met)


def at_the_bedside() -> Log:
    """The story, told on to its end."""
    log = story()
    sent: dict[str, object] = {"dispatch_note": NOTE, "units": [RED], "by": NURSE}
    refused = {"outcome": "refused", "reason": "one bag leaks", "checklist": answered("seal"), "place": BANK}
    accepted = {"outcome": "accepted", "checklist": answered(), "place": BANK}
    log.seal("web", [(kinds.Dispatched, sent | {"to": "org:hospital-1", "place": "place:centre/gate"})], "web")
    log.seal("web", [(kinds.Received, sent | refused), (kinds.Received, sent | accepted)], "web")
    about: dict[str, object] = {"unit": RED, "patient": PATIENT, "by": NURSE, "place": WARD}
    issued = {"collector": COLLECTOR, "checklist": answered()}
    log.seal("web", [(kinds.Crossmatched, about | {"result": "compatible"}), (kinds.Issued, about | issued)], "web")
    differs = {"second": COLLECTOR, "outcome": "differs"}
    back = {"unit": RED, "by": NURSE, "place": BANK, "outcome": "held", "second": COLLECTOR}
    over = {"override": "massive bleeding", "set_aside": ["issue.not-quarantined"], "second": "person:" + "cf" * 16}
    log.seal("web", [(kinds.BedsideChecked, about | differs), (kinds.NotTransfused, about)], "web")
    log.seal("web", [(kinds.ReturnedToBank, back), (kinds.Issued, about | issued | over)], "web")
    system = {"reported_by": "person:" + "d0" * 16, "report": "0b7e3c1a-5f1d-4c38-9a55-2f4f6f0c9d11"}
    given = {"outcome": "stopped", "volume_ml": 120, **system}
    ended = (kinds.BagReturned, {"unit": RED, "by": NURSE, "place": BANK})
    facts = [(kinds.Transfused, about | given), (kinds.Reaction, about | {"severity": "mild"}), ended]
    log.seal("web", [(kinds.BedsideChecked, about | {"second": COLLECTOR}), *facts], "web")
    return log


def bedside_passports() -> dict[str, bytes]:
    """The passport of it."""
    log = at_the_bedside()
    return {"good_bedside": passport.format(log.passport(RED, without_segments(log)))}
