"""Batch release (批放行): the pending units sorted into fit, unfit and undecided, and signed by two persons."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.ids import is_id
from ledger.read import batches
from ledger.read.reader import Reader
from ledger.rules.batch_release import Member, reconcile, verdict
from ledger.rules.batch_release import Reconciled as Sorted
from web.actions import steps as step_actions
from web.blueprint import pages
from web.context import asking, now_ms, scope, shared
from web.forms import identified

_MOST = 500
"""Units of one batch: with the batch's own event they are recorded together."""


@pages.get("/release-batch")
def release_batch() -> str:
    """The form; `?fill=pending` fills in every unit of one's own that no batch has accounted for yet.

    What awaits disposal is left out: it is decided, and counted when it is handed over.
    """
    units: Sequence[str] = ()
    if request.args.get("fill") == "pending":
        with shared().reading() as reader:
            units = _pending(reader)
    return _page(units, None)


@pages.post("/release-batch")
def release_batch_post() -> Response | str | tuple[str, int]:
    """Look at a batch, or release it."""
    typed = request.form
    units = list(dict.fromkeys(identified("unit", line.strip()) for line in typed.get("units", "").split()))
    if "release" not in typed:
        return _page(units, None)
    batch = typed.get("release_batch", "").strip()
    refused = step_actions.release_batch(
        batch,
        units,
        place=typed.get("place") or None,
        second=typed.get("second", "").strip(),
        second_password=typed.get("second_password", ""),
    )
    if refused is not None:
        return _page(units, refused), 422
    return redirect(url_for("pages.units", state="available"), 303)


def _pending(reader: Reader) -> list[str]:
    own, found = asking().organisation, []
    for state in ("pending", "quarantined"):
        units = reader.units(organisation=scope(), state=state, limit=_MOST)
        held = [each.unit for each in units if own in {None, each.holder}]
        found += held if state == "pending" else [unit for unit in held if not _is_accounted_for(reader, unit)]
    return sorted(found)[:_MOST]


def _is_accounted_for(reader: Reader, unit: str) -> bool:
    """Whether an earlier batch named an unfit unit, or it was released once and is no matter of a batch."""
    events = [each.event for each in reader.told(unit)]
    named = any(isinstance(event, kinds.BatchReleased) and unit in event.unfit for event in events)
    return named or any(isinstance(event, kinds.Released) and event.unit == unit for event in events)


def _page(units: Sequence[str], refused: Refused | None) -> str:
    with shared().reading() as reader:
        known = [unit for unit in units if is_id(unit, "unit") and reader.visible(unit, scope())][:_MOST]
        members = batches.members(reader, known, now_ms=now_ms())
        own = asking().organisation
        places = [each for each in reader.places.values() if own in {None, each.organisation}]
    found = reconcile(members) if members else None
    return render_template(
        "release_batch.html",
        units=units,
        unknown=[unit for unit in units if unit not in known],
        rows=[(member, verdict(member.facts) or "unaccounted") for member in members],
        found=found if isinstance(found, Sorted) else None,
        counts=_counts(members),
        hindrance=None if found is None or isinstance(found, Sorted) else Refused(found.rule, found.reason),
        refused=refused,
        places=sorted(places, key=lambda each: each.id),
        typed=request.form,
    )


def _counts(members: Sequence[Member]) -> dict[str, int]:
    """How many are fit, unfit, undecided, and unaccounted for."""
    verdicts = [verdict(member.facts) or "unaccounted" for member in members]
    return {word: verdicts.count(word) for word in ("fit", "unfit", "undecided", "unaccounted")}
