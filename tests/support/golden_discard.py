"""Golden vectors of a discard: a reason that is withheld, the approval of another person, the counted hand-over."""

from ledger.core import kinds, passport
from tests.support.golden import NURSE, RED, Log, story, without_segments

OFFICER = "person:" + "ef" * 16
AREA = "place:centre/disposal"
WITHHELD = "sha256:" + "5c" * 32


def discarded() -> Log:
    """The story, told on to the end of its unit."""
    log = story()
    asked = {"unit": RED, "by": NURSE, "code": "unsuitable", "withheld": WITHHELD}
    log.seal("web", [(kinds.DiscardRequested, asked)], "web")
    log.seal("web", [(kinds.DiscardApproved, {"unit": RED, "by": OFFICER})], "web")
    ended = {"unit": RED, "by": NURSE, "hand_over": "D-7", "place": AREA}
    counted = {"found": [RED], "by": NURSE, "place": AREA}
    log.seal("web", [(kinds.Discarded, ended), (kinds.StockTaken, counted)], "web")
    return log


def discard_passports() -> dict[str, bytes]:
    """The passport of it: the reason is not in it."""
    log = discarded()
    return {"good_discard": passport.format(log.passport(RED, without_segments(log)))}
