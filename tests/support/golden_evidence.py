"""Golden vectors of an assessment (偏差评估) that rests on a file, which the event names."""

import hashlib

from ledger.core import kinds, passport
from ledger.core.note import format_base64
from tests.support.golden import NURSE, RED, Log, story, without_segments

OFFICER = "person:" + "ef" * 16
LOGGED = b"time,celsius\n2026-03-02T08:00:00Z,4.1\n2026-03-02T08:05:00Z,6.4\n2026-03-02T08:10:00Z,4.2\n"


def assessed() -> Log:
    """The story, told on: two quality officers judged by a logger's file."""
    log = story()
    sha256 = format_base64(hashlib.sha256(LOGGED).digest())
    file = {"sha256": sha256, "what": "logger_file", "octets": len(LOGGED)}
    judged = {"unit": RED, "by": NURSE, "outcome": "fit", "second": OFFICER, "evidence": [file]}
    log.seal("web", [(kinds.Assessed, judged)], "web")
    return log


def evidence_passports() -> dict[str, bytes]:
    """The passport of it: who holds the file can prove that it is the one."""
    log = assessed()
    return {"good_evidence": passport.format(log.passport(RED, without_segments(log)))}
