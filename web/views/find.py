"""The scan box: one bag by two scans, by one label, by its tag; a donation, whose bags are listed.

A donation number selects a bag only where the donation has no other, whoever may see it. Which half waits for the next
scan is the reader's own, and lies in their signed cookie.
"""

from dataclasses import dataclass, replace

from flask import redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import FormatError
from ledger.core.isbt128 import Din
from ledger.core.labels.framing import keyed
from ledger.core.labels.pairing import Half
from ledger.read.materials import subject_of
from ledger.read.reader import Reader
from ledger.read.values import UnitSummary
from web.blueprint import pages
from web.context import now_ms, scope, shared, wall_ms
from web.scans import Sought, may_name_person, seek

_MAX_TYPED = 600
"""The longest label of the field is a compound message of a Data Matrix, some two hundred characters."""
_WAITING = "half"


@dataclass(frozen=True, slots=True)
class _Found:
    """The units that are shown, and whether there are others of the donation that are not this reader's to see."""

    units: tuple[UnitSummary, ...] = ()
    hidden: bool = False


@pages.get("/find")
def find() -> str | Response:
    """One bag: its page. A donation with several: their list. Half a bag: what to scan next. A lot: its page."""
    text = keyed(request.args.get("q", ""))[:_MAX_TYPED]
    sought, found, problem = Sought(), _Found(), None
    if may_name_person(text):
        _remember(None)
        return redirect(url_for("pages.find", said="person"))
    if (material := subject_of(text)) is not None:
        return redirect(url_for("pages.material", subject=material))
    if text:
        try:
            sought = _seek(text)
            with shared().reading() as reader:
                found = _found(reader, sought)
        except FormatError as error:
            problem = str(error)
        _remember(sought.waiting)
    if len(found.units) == 1 and sought.asked != "again" and not found.hidden and _is_meant(sought, found):
        return redirect(url_for("pages.unit", unit=found.units[0].unit))
    typed = "" if text.startswith(("=", "&")) else text
    return render_template(
        "find.html",
        text=typed,
        sought=sought,
        found=found,
        problem=problem,
        asked_for=bool(text),
        person=request.args.get("said"),
    )


def _seek(text: str) -> Sought:
    first, now = request.args.get("first", "").strip(), wall_ms()
    return seek(text, first=first, waiting=_waiting(), reading=shared().labels, now_ms=now)


def _found(reader: Reader, sought: Sought) -> _Found:
    wanted = sought.unit or sought.din or sought.other
    if wanted is None:
        return _Found()
    units = _summaries(reader, wanted)
    if sought.unit is not None and not units:
        # Said in full: the other bags of the donation, of which this is none.
        return _Found(_summaries(reader, f"din:{sought.unit.removeprefix('unit:').partition('.')[0]}"))
    if sought.din is None:
        return _Found(units)
    return _Found(units, hidden=bool(units) and reader.bags_of(sought.din) > len(units))


def _summaries(reader: Reader, wanted: str) -> tuple[UnitSummary, ...]:
    names = reader.find(wanted, organisation=scope())
    found = [each for name in names if (each := reader.summary(name)) is not None]
    return reader.with_verdicts(found, now_ms=now_ms())


def _is_meant(sought: Sought, found: _Found) -> bool:
    """Not the only other bag of a donation that lacks the one which was scanned."""
    return sought.unit is None or found.units[0].unit == sought.unit


def _waiting() -> Half | None:
    """The half that waits for this reader's next scan."""
    kept = session.get(_WAITING)
    if not isinstance(kept, list) or len(kept) != 4:
        return None
    din, product, at_ms, spent = kept
    half = Half(None, product, int(at_ms), spent=bool(spent))
    return replace(half, din=Din.parse(din)) if din else half


def _remember(half: Half | None) -> None:
    if half is None:
        session.pop(_WAITING, None)
    else:
        session[_WAITING] = [str(half.din) if half.din else None, half.product, half.at_ms, half.spent]
