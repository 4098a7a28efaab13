"""The steps of a verification that are taken for each unit apart: 11 to 13 of docs/format.md §8."""

from ledger.core import completeness, events, handover, kinds, passport
from ledger.core import note as notes
from ledger.core.errors import Refused
from ledger.core.merkle import root_of
from ledger.core.verifying import Result, Undecidable, UnitStep, Warned, Work, ancestry


def _exposure(work: Work, unit: str) -> Result:
    """Step 11: the latest exposure statement speaks of this unit and, where segments are carried, of exactly them."""
    stated = [entry.event for entry in work.recorded() if isinstance(entry.event, kinds.ExposureStated)]
    if any(event.unit not in work.units for event in stated):
        return Refused("exposure", "an exposure statement speaks of another unit")
    about = [event for event in stated if event.unit == unit]
    if not about:
        return Warned("no exposure statement is carried: nothing is shown about its cold chain")
    latest = about[-1]
    if latest.as_of_size > work.head.size:
        return Refused("exposure", "the exposure statement speaks of a larger log than the checkpoint's")
    segments = _carried_segments(work)
    if segments and unit != work.passport.subject:
        return Refused("exposure", "segments are carried, which the passport of a dispatch note does not do")
    if segments:
        root = notes.format_base64(root_of(segments))
        if root != latest.segments_root or len(segments) != latest.segments:
            return Refused("exposure", f"the statement commits to {latest.segments} segments; those carried differ")
    work.exposures[unit] = latest
    carried = f"all {len(segments)} segments carried" if segments else "segments not carried"
    return f"stated as {latest.verdict} by {latest.pack} {latest.version}; {carried}"


def _completeness(work: Work, unit: str) -> Result:
    """Step 12: nothing about the unit was left out, under a cosigned unit-map root."""
    carried = work.passport.map
    if carried is None:
        return _not_shown(work, "no unit map is carried: that nothing was left out is not shown")
    if work.map is None:
        work.map = completeness.open_map(carried, work.seen, origin=work.head.origin)
    if isinstance(work.map, Refused):
        return work.map
    family = sorted(ancestry(work.recorded(), (unit,)))
    lists = completeness.judge_lists(work.map, completeness.subjects_of(family, sorted(work.signers)))
    if isinstance(lists, Refused):
        return lists
    vouched = completeness.judge_cosignatures(work.map, work.trust.auditors, now_ms=work.trust.now_ms)
    short = [found.reason for found in (lists, vouched) if isinstance(found, completeness.Short)]
    return _not_shown(work, "; ".join(short)) if short else f"{lists}; {vouched}"


def _not_shown(work: Work, reason: str) -> Result:
    return Refused("completeness", reason) if work.trust.auditors.otherwise == "refuse" else Warned(reason)


def _hand_over(work: Work, unit: str) -> Result:
    """Step 13: each passport of another log that this log accepted for the unit holds, and is the one it accepted."""
    accepted = [entry.event for entry in work.recorded() if isinstance(entry.event, kinds.PassportAccepted)]
    work.left_ms[unit] = handover.left_ms(work.recorded(), unit)
    if work.depth == handover.MAX_DEPTH and work.passport.before:
        return Refused("hand-over", f"expected passports that carry each other at most {handover.MAX_DEPTH} deep")
    _open_carried(work)
    if not work.carried.keys() <= {event.sha256 for event in accepted}:
        return Refused("hand-over", "a passport is carried that no `passport_accepted` event of this log is about")
    family = ancestry(work.recorded(), (unit,))
    concerned = (event for event in accepted if family.intersection(event.units))
    arrivals = [handover.Arrival(event, work.carried.get(event.sha256)) for event in concerned]
    work.before[unit] = handover.earlier(arrivals, family)
    verdict, detail = handover.judge(arrivals, family, here=work.head.origin)
    match verdict:
        case "valid":
            return detail
        case "warnings":
            return Warned(detail)
        case "undecidable":
            raise Undecidable(detail)
        case "invalid":
            return Refused("hand-over", detail)


def _open_carried(work: Work) -> None:
    """Verify each carried passport once, under the same policy, however many units it is about."""
    for text in work.passport.before if not work.carried else ():
        work.carried[passport.digest(text)] = work.verify_carried(text)


def _carried_segments(work: Work) -> list[bytes]:
    return [
        events.event_leaf(text.encode())
        for opened in work.batches
        if events.carrier_of(opened.text.stream) is events.Carrier.TELEMETRY
        for text in opened.carried.events
    ]


UNIT_STEPS: tuple[tuple[str, UnitStep], ...] = (
    ("exposure", _exposure),
    ("completeness", _completeness),
    ("hand-over", _hand_over),
)
"""The steps about each unit, which follow them."""
