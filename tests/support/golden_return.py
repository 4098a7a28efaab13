"""Golden vectors of a return: a unit is refused at receipt, goes back with its reason, and a person decides of it."""

from ledger.core import kinds, passport
from tests.support.golden import NURSE, RED, Log, story, without_segments

OFFICER = "person:" + "ef" * 16
BANK, FRIDGE = "place:hospital/bank", "place:centre/fridge-1"
OUT, BACK = "consignment:FX-2026-000001", "consignment:TX-2026-000001"


def returned() -> Log:
    """The story, told on to the station's decision."""
    log = story()
    refused = {"dispatch_note": OUT, "units": [RED], "outcome": "refused", "code": "seal", "by": NURSE, "place": BANK}
    log.seal("web", [(kinds.Received, refused)], "web")
    back = {"unit": RED, "code": "refused", "by": NURSE, "place": BANK}
    sent = {"dispatch_note": BACK, "units": [RED], "to": "org:centre", "purpose": "return", "by": NURSE, "place": BANK}
    log.seal("web", [(kinds.Returned, back), (kinds.Dispatched, sent)], "web")
    judged = kinds.JudgedReturn(
        pack="uk", version="2026.1", answer="undecided", why="temperature-unknown",
        rule="within 100..1000 300 minutes 1 times", seal="intact", spells=1, second=OFFICER,
    )  # fmt: skip
    taken = {"dispatch_note": BACK, "units": [RED], "outcome": "accepted", "reason": "20 min", "returning": judged}
    log.seal("web", [(kinds.Received, {**taken, "by": NURSE, "place": FRIDGE})], "web")
    return log


def return_passports() -> dict[str, bytes]:
    """The passport of it."""
    log = returned()
    return {"good_return": passport.format(log.passport(RED, without_segments(log)))}
