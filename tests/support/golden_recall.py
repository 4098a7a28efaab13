"""Golden vectors of a recall: a case about a donation, a unit recalled, its consignee told, the case closed."""

from ledger.core import kinds, passport
from tests.support.golden import NURSE, RED, Log, story, without_segments

CASE = "case:R-2026-001"
SECOND = "person:" + "ce" * 16


def recalled() -> Log:
    """The story, told on to its end."""
    log = story()
    by: dict[str, object] = {"case": CASE, "by": NURSE}
    opened = {"organisation": "org:blood-centre", "sort": "lookback", "about": f"din:{RED[5:18]}", "reason": "reactive"}
    log.seal("web", [(kinds.CaseOpened, by | opened | {"learnt": "2026-03-02T08:20:00.000Z"})], "web")
    told = {"organisation": "org:hospital-1"}
    withdrawn = (kinds.Recalled, by | {"units": [RED], "reason": "reactive"})
    log.seal("web", [withdrawn, (kinds.NoticeSent, by | told | {"units": [RED]})], "web")
    closed = {"second": SECOND, "reason": "nothing was transfused"}
    log.seal("web", [(kinds.NoticeAcknowledged, by | told), (kinds.CaseClosed, by | closed)], "web")
    return log


def recall_passports() -> dict[str, bytes]:
    """The passport of the unit; that its consignee acknowledged and that the case is closed is about the case alone."""
    log = recalled()
    closing = len(log.batches) - 1
    return {"good_recall": passport.format(log.passport(RED, without_segments(log, but=[closing])))}
