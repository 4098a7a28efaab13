"""Correcting what a person said, and commenting on what anybody or anything said: one page for one event."""

from collections.abc import Mapping
from functools import partial

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.corrections import Correction, fields_of
from ledger.core.errors import Refused
from ledger.core.events import WEB_STREAM
from ledger.core.ids import din_of, is_id
from ledger.core.kinds import AnyEvent, Assessed
from ledger.read import correcting
from ledger.read.history import Entry
from ledger.read.reader import Reader
from ledger.rules.correction import Sort, Wrong, sort_of
from web import forms
from web.actions.corrections import comment_on_event, correct_event
from web.blueprint import pages
from web.context import asking, now_ms, printed_names, record_denial, scope, shared, speech
from web.views.steps import drawn_at
from web.words.fields import FIELDS

_PERSONS = frozenset({"second", "collector", "courier"})
_MAX_SEQ = 2**53


@pages.get("/correction")
def correction() -> str:
    """What an event says, and the forms to correct it or to comment on it."""
    return _page({}, {}, None)


@pages.post("/correction")
def correct() -> Response | tuple[str, int]:
    """Record a correction, or say what stands against it."""
    stream, seq = _named()
    unkept = {"csrf_token", "second_password"}
    typed = {name: "\n".join(request.form.getlist(name)) for name in request.form if name not in unkept}
    instead: Mapping[str, object] | None = None
    time = None
    if typed.get("way") != "strike":
        with shared().reading() as reader:
            event = _found(reader, stream, seq)[0]
            filled = _read(reader, event, typed)
        if filled.wrong:
            return _page(typed, filled.wrong, None), 422
        instead, time = filled.drafts[0], filled.time
    wanted = Correction(stream, seq, typed.get("why", "").strip(), instead, time, drawn_at(typed))
    refused = correct_event(
        wanted, second=typed.get("signs", "").strip(), second_password=request.form.get("second_password", "")
    )
    return (_page(typed, {}, refused), 422) if refused else redirect(_after(), 303)


@pages.post("/comment")
def comment() -> Response | tuple[str, int]:
    """Record a comment on an event."""
    stream, seq = _named()
    unit = _seen_on()
    wanted = Correction(stream, seq, request.form.get("comment", "").strip())
    refused = comment_on_event(wanted, unit=unit if is_id(unit, "unit") else None)
    return (_page({}, {}, refused), 422) if refused else redirect(_after(), 303)


def _named() -> tuple[str, int]:
    stream, seq = request.values.get("stream", ""), request.values.get("seq", "")
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 17 and 0 < int(seq) < _MAX_SEQ) or not stream:
        abort(404)
    return stream, int(seq)


def _seen_on() -> str:
    """The unit on whose page the event stands; its name in forms is none that a field of an event could have."""
    return request.form.get("seen_on", "") or request.args.get("unit", "")


def _found(reader: Reader, stream: str, seq: int) -> tuple[AnyEvent, Wrong]:
    """The event, if it is the reader's to see: by its units, or by the unit on whose page it stands."""
    found = correcting.wrong_at(reader, stream, seq)
    if found is None or found[0].recorded is None or not _is_seen(reader, found[0]):
        record_denial(f"{stream} {seq}")
        abort(404)
    return found[0].recorded.event, found[1]


def _is_seen(reader: Reader, entry: Entry) -> bool:
    assert entry.recorded is not None  # noqa: S101  asked before; for the type checker
    event, named = entry.recorded.event, _seen_on()
    units = list(correcting.units_of(event))
    if is_id(named, "unit") and any(each.id == entry.id for each in reader.history.of([named, din_of(named)])):
        units.append(named)
    if units:
        return all(reader.visible(each, scope()) for each in units)
    theirs = None if event.place is None else reader.organisation_of(event.place)
    return scope() in {None, theirs} or event.by == asking().person


def _read(reader: Reader, event: AnyEvent, typed: Mapping[str, str]) -> forms.Filled:
    """What was typed; what was not changed stays exactly as it was, to the millisecond."""
    said = speech()
    kind = str(type(event).__struct_config__.tag)
    exact, offered = fields_of(event), {each.name for each in forms.fields_of(kind)}
    took_part = {name: str(exact[name]) for name in _PERSONS & exact.keys()}
    asked = {**typed, **took_part}
    filled = forms.read(kind, asked, said, reading=shared().labels, unit_of_tag=partial(_unit_of_tag, reader))
    if len(filled.drafts) > 1:
        return forms.Filled(wrong={"unit": said.say("One event stands for one: name one unit.")})
    before = forms.typed_again(event, said)
    kept = {name: value for name, value in exact.items() if name not in offered}
    drafts = tuple(
        kept | {name: exact[name] if typed.get(name) == before.get(name) else value for name, value in draft.items()}
        for draft in filled.drafts
    )
    return forms.Filled(drafts, filled.time, filled.wrong, filled.again)


def _unit_of_tag(reader: Reader, tag: str) -> str | None:
    found = reader.find(tag, organisation=scope()) if reader.knows_tag(tag) else ()
    return found[0] if found else None


def _is_correctable(known: Wrong) -> bool:
    if not known.said_by_person or known.struck or known.approved:
        return False
    return sort_of(known.of or known.kind) is not Sort.FIXED


def _after() -> str:
    unit = _seen_on()
    if is_id(unit, "unit"):
        return url_for("pages.unit", unit=unit)
    return url_for("pages.home")


def _page(typed: Mapping[str, str], wrong: Mapping[str, str], refused: Refused | None) -> str:
    stream, seq = _named()
    said = speech()
    with shared().reading() as reader:
        event, known = _found(reader, stream, seq)
        entry = reader.said_at(stream, seq)
        lines = reader.lines([entry] if entry is not None else [])
        own = asking().organisation
        places = [each for each in reader.places.values() if own in {None, each.organisation}]
        organisations = list(reader.organisations.values())
        size = reader.log_size()
    looked = drawn_at(typed) if refused is None or refused.step != "stale" else None
    kind = str(type(event).__struct_config__.tag)
    fields = forms.fields_of(kind) if stream == WEB_STREAM and kind != "corrected" else ()
    return render_template(
        "correction.html",
        stream=stream,
        seq=seq,
        unit=_seen_on(),
        line=lines[0],
        kind=kind,
        known=known,
        correctable=_is_correctable(known),
        two=sort_of(known.of or kind) is Sort.WEIGHTY,
        fields=[(each, said.say(FIELDS[each.name])) for each in fields if each.name not in _PERSONS],
        typed={**(forms.typed_again(event, said) if stream == WEB_STREAM else {}), **typed},
        rests_on_files=isinstance(event, Assessed) and bool(event.evidence),
        wrong=wrong,
        refused=refused,
        places=sorted(places, key=lambda each: each.id),
        organisations=sorted(organisations, key=lambda each: each.id),
        now=said.typed_moment(now_ms()),
        drawn_at=size if looked is None else looked,
        organisation_names={each.id: said.name(each) for each in organisations},
        printed_names=printed_names(),
    )
