"""Golden vectors of a slip that was corrected, a word on what a reader saw, and a step that stood on paper."""

from ledger.core import kinds, passport
from tests.support.golden import FRIDGE, NURSE, RED, TAG, Log, story, without_segments

OFFICER = "person:" + "ef" * 16
REQUEST = "5d41402abc4b2a76b9719d911017c592"
LAB = "place:centre/lab"


def corrected() -> Log:
    """The story, told on: stored in the wrong place, which is corrected by program; a comment; a late entry."""
    log = story()
    slip = log.seal("web", [(kinds.Stored, {"unit": RED, "place": LAB, "by": NURSE})], "web").text.last
    points = {"of_stream": "web", "of_seq": slip, "reason": "the other room", "instead": slip + 2, "about": [RED]}
    right = {"unit": RED, "place": FRIDGE, "by": NURSE, "entered_by": NURSE, "request": REQUEST}
    log.seal("web", [(kinds.Corrected, {**points, "place": LAB, "by": NURSE, "request": REQUEST}),
                     (kinds.Stored, right)], "web")  # fmt: skip
    word = {"of_stream": "gw-centre/1/c", "of_seq": 1, "reason": "seen in passing", "about": [RED, TAG], "by": OFFICER}
    log.seal("web", [(kinds.Commented, word)], "web")
    paper = {"unit": RED, "place": FRIDGE, "by": NURSE, "time": "2026-03-02T00:30:00.000Z"}
    entered = {"recorded_at": "2026-03-02T04:00:00.000Z", "entered_by": NURSE, "confirmed_by": OFFICER}
    log.seal("web", [(kinds.Removed, paper | entered)], "web")
    return log


def struck() -> Log:
    """The same, and the correction itself is withdrawn: what it struck out counts again."""
    log = corrected()
    withdrawn = {"of_stream": "web", "of_seq": 7, "reason": "it was that room", "about": [RED], "place": LAB}
    log.seal("web", [(kinds.Corrected, {**withdrawn, "by": OFFICER})], "web")
    return log


def correction_passports() -> dict[str, bytes]:
    """Their passports: everything stands in them as it was said."""
    logs = {"good_correction": corrected(), "good_correction-withdrawn": struck()}
    return {name: passport.format(log.passport(RED, without_segments(log))) for name, log in logs.items()}
