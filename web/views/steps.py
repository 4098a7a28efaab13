"""Recording a step: a list of the steps that a person may record, and a form for each."""

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.steps import KINDS, tags_going_over
from ledger.core.errors import Refused
from ledger.core.ids import is_id
from ledger.read import consignments
from ledger.read.reader import Reader
from ledger.rules.transformation import SAME_BAG
from web import present
from web.actions.steps import record_step
from web.blueprint import pages
from web.checking import Answered, asked_for, read_answers
from web.context import asking, now_ms, scope, shared, speech
from web.enclosing import NO_FILE, Attached, read_attached
from web.forms import Field, fields_of, read, subject_page, with_bags
from web.proposing import PROPOSED, with_expiry
from web.words.fields import FIELDS
from web.words.kinds import GROUPS

__all__ = ["KINDS", "steps"]

_OF_AN_ORDER = frozenset({"ordered", "order_cancelled", "dispatch_checked", "handed_over"})
"""Steps that are taken on the page of an order or of its dispatch note, and not by a form of their own."""
_ELSEWHERE = {
    "batch_released": "pages.release_batch",
    "corrected": "pages.units",
    "commented": "pages.units",
    "discard_requested": "pages.discards",
    "discarded": "pages.discards",
    "stock_taken": "pages.stock_take",
    **dict.fromkeys(("case_opened", "notice_sent", "notice_acknowledged", "case_closed"), "pages.recall"),
}
"""Kinds with a page of their own: a batch's, a stock-take's, discards', cases'; a unit's, where the event stands that
is corrected."""
_UNKEPT = frozenset({"csrf_token", "second_password", "collector_password"})
"""What is never shown again."""


@pages.get("/steps")
def steps() -> str:
    """The steps that the asking user's roles include."""
    unit = request.args.get("unit", "")
    say = speech().say
    groups = [
        (say(title), [(kind, present.kind_word(kind, speech())) for kind in members if _is_offered(kind)])
        for title, members in GROUPS
    ]
    return render_template("steps.html", groups=[group for group in groups if group[1]], unit=unit)


@pages.get("/steps/<kind>")
def step(kind: str) -> str | Response:
    """One step's form, filled with what the address names; a batch is released on a page of its own."""
    _require(kind)
    if kind in _ELSEWHERE:
        return redirect(url_for(_ELSEWHERE[kind], unit=request.args.get("unit")))
    given = {name: request.args[name] for name in request.args}
    if "unit" in given:
        given |= {"units": given["unit"], "parents": given["unit"]}
    return _form(kind, given, {}, None)


@pages.post("/steps/<kind>")
def step_post(kind: str) -> Response | str | tuple[str, int]:
    """Record the step, or say what stands against it, with everything that was typed."""
    _require(kind)
    if kind in _ELSEWHERE:
        abort(404)  # what it says is counted, withheld, or points at an event, and is not typed
    typed = {name: "\n".join(request.form.getlist(name)) for name in request.form if name not in _UNKEPT}
    if "propose" in typed:
        del typed["propose"]
        with shared().reading() as reader:
            typed = with_bags(kind, typed, reading=shared().labels, unit_of_tag=partial(_unit_of_tag, reader))
            typed = with_expiry(kind, typed, reader=reader, speech=speech(), now_ms=now_ms())
        return _form(kind, typed, {}, None)
    with shared().reading() as reader:
        filled = read(kind, typed, speech(), reading=shared().labels, unit_of_tag=partial(_unit_of_tag, reader))
    answered, attached = _answered(kind, typed), _attached(kind)
    if filled.wrong or answered.wrong or attached.wrong:
        wrong = {**filled.wrong, **answered.wrong, **attached.wrong}
        return _form(kind, typed | dict.fromkeys(filled.again, ""), wrong, None, filled.again), 422
    further: Sequence[tuple[str, Mapping[str, object]]] = ()
    if kind in SAME_BAG and typed.get("keep_tag") == "yes":
        with shared().reading() as reader:
            further = tags_going_over(reader, filled.drafts)
    refused = record_step(
        kind,
        [{**each, **answered.fields, **attached.fields} for each in filled.drafts],
        time=filled.time,
        second_password=request.form.get("second_password", ""),
        collector_password=request.form.get("collector_password", ""),
        further=further,
        drawn_at=drawn_at(typed),
    )
    if refused is not None:
        return _form(kind, typed, {}, refused), 422
    return redirect(_after(filled.drafts[0]), 303)


def _answered(kind: str, typed: Mapping[str, str]) -> Answered:
    return read_answers(asked_for(shared().site, kind), typed, speech())


def _attached(kind: str) -> Attached:
    upload = request.files.get("evidence")
    if kind != "assessed" or upload is None:
        return NO_FILE
    return read_attached(upload.read(), request.form.get("evidence_what", ""), speech())


def _is_offered(kind: str) -> bool:
    return kind not in _OF_AN_ORDER and asking().may_assert(kind)


def drawn_at(typed: Mapping[str, str]) -> int | None:
    """The log's size as of which a form was drawn; None where it does not say."""
    said = typed.get("drawn_at", "")
    return int(said) if said.isascii() and said.isdecimal() and len(said) < 16 else None


def _require(kind: str) -> None:
    if kind in _OF_AN_ORDER or kind not in KINDS or not asking().may_assert(kind):
        abort(403 if kind in KINDS and kind not in _OF_AN_ORDER else 404)


def _after(values: dict[str, object]) -> str:
    """The page that shows what was recorded."""
    subject = subject_page(values)
    note = values.get("dispatch_note")
    with shared().reading() as reader:
        if isinstance(note, str) and consignments.visible(reader, note, scope()):
            return url_for("pages.consignment", note=note.removeprefix("consignment:"))
        if subject is not None and is_id(subject, "unit") and reader.visible(subject, scope()):
            return url_for("pages.unit", unit=subject)
        if subject is not None and is_id(subject, "din"):
            return url_for("pages.find", q=subject)
        packed = values.get("box")
        if isinstance(packed, str):
            return url_for("pages.find", q=packed)
    return url_for("pages.home")


def _unit_of_tag(reader: Reader, tag: str) -> str | None:
    """The unit that a tag is on, as far as the asking user may see it."""
    found = reader.find(tag, organisation=scope()) if reader.knows_tag(tag) else ()
    return found[0] if found else None


def _form(
    kind: str,
    typed: dict[str, str],
    wrong: object,
    refused: Refused | None,
    again: Mapping[str, str] = MappingProxyType({}),
) -> str:
    said = speech()
    with shared().reading() as reader:
        own = asking().organisation
        places = [each for each in reader.places.values() if own in {None, each.organisation}]
        organisations = list(reader.organisations.values())
        size = reader.log_size()
    looked = drawn_at(typed) if refused is None or refused.step != "stale" else None  # who was told may go on
    return render_template(
        "step.html",
        kind=kind,
        title=present.kind_word(kind, said),
        fields=[(each, said.say(FIELDS[each.name]), _hint(each)) for each in fields_of(kind)],
        typed=typed,
        wrong=wrong,
        again=again,
        refused=refused,
        places=sorted(places, key=lambda each: each.id),
        organisations=sorted(organisations, key=lambda each: each.id),
        now=said.typed_moment(now_ms()),
        proposes=kind in PROPOSED,
        takes_evidence=kind == "assessed",
        keeps_tag=kind in SAME_BAG,
        checklist=asked_for(shared().site, kind),
        drawn_at=size if looked is None else looked,
    )


def _hint(each: Field) -> str:
    said = speech().say
    if each.widget == "choices":
        return ""
    if each.many or each.widget == "lines":
        return _hint_of_lines(each)
    if each.identifier == "din":
        return said("As scanned, 14 characters with the check character, or 13 typed twice.")
    if each.identifier == "person" and each.widget == "text":
        return said("A pseudonym, person: and 32 hex digits; never a name.")
    return said("The login of a colleague.") if each.widget == "person" else ""


def _hint_of_lines(each: Field) -> str:
    said = speech().say
    if each.widget == "components":
        return said("One a line: unit, expires, volume in mL, bag number. The last three may be left out.")
    if each.identifier == "lot":
        return said("One a line: bag/, solution/ or reagent/ and the number of the lot.")
    if each.identifier == "unit":
        return said("One a line: scan donation number and product code of each bag, or its tag.")
    return said("One a line.")
