"""The page of one unit, and its passport."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from types import MappingProxyType

from flask import Response, abort, render_template

from ledger.acts.steps import KINDS
from ledger.core import kinds
from ledger.core.errors import ConfigError, Refused
from ledger.core.ids import is_id
from ledger.read import discards, evidence, passports
from ledger.read.passports import NotYetError
from ledger.read.reader import Reader
from ledger.read.values import Proof, UnitPage
from ledger.withheld.disclosure import Disclosed, disclose, openable
from web import context, present
from web import lineage as boxes
from web import timeline as axis
from web.actions.passports import issue_passport
from web.blueprint import pages
from web.checking import answers_of
from web.download import passport_file, passport_page_file, sealed_file
from web.lineage import lineage
from web.scale import Point, decimate
from web.speech import Speech
from web.timeline import Timeline, span, timeline
from web.words.cold_chain import VEILS

WIDE, SMALL = 1090, 330


@pages.get("/units/<unit>")
def unit(unit: str) -> str:
    """Everything about one unit."""
    return _page(_name(unit), ())


@pages.post("/units/<unit>/withheld")
def open_withheld(unit: str) -> str:
    """The same page with what the unit's events withhold from the log; the audit says first who saw it."""
    name = _name(unit)
    with context.shared().reading() as reader:
        _require_visible(reader, name)
        found = disclose(
            context.shared().ledger.withheld,
            reader.entries_about(name),
            context.shared().accounts,
            user=context.asking(),
            address=context.address(),
            subject=name,
            now_ms=context.wall_ms(),
        )
    if isinstance(found, Refused):
        abort(403)
    return _page(name, found)


def _page(name: str, opened: Sequence[Disclosed]) -> str:
    me = context.asking()
    with context.shared().reading() as reader:
        _require_visible(reader, name)
        page = reader.unit_page(name, now_ms=context.now_ms())
        if page is None:
            abort(404)
        page = _within_scope(page, reader)
        proof, reasons = _prove(reader, name), _reason_words(reader)
        files = evidence.evidence_of(reader, page)
        withheld = len(openable(context.shared().ledger.withheld, reader.entries_about(name), me))
    may = {"steps": any(me.may_assert(kind) for kind in KINDS), "corrects": me.may_assert("commented")}
    shown = drawn(page, context.speech(), proof, reasons)
    answers = partial(answers_of, context.shared().site, context.speech())
    return render_template(
        "unit.html",
        **shown,
        **may,
        printed_names=context.printed_names(),
        checklist_of=answers,
        withheld=withheld,
        opened=opened,
        evidence=files,
        words_of=reasons,
    )


def _reason_words(reader: Reader) -> Mapping[str, str]:
    """The site's reasons of a discard, by code; none where their file cannot be read, which the discards' page says."""
    said = context.speech().language
    try:
        return {each.code: each.zh if said == "zh" else each.en for each in discards.reasons(reader)}
    except ConfigError:
        return {}


@pages.get("/units/<unit>/evidence/<digest>")
def evidence_file(unit: str, digest: str) -> Response:
    """A file that an assessment of the unit rests on, as a file to save, never a page; the audit says who took it."""
    name = _name(unit)
    with context.shared().reading() as reader:
        _require_visible(reader, name)
        found = evidence.copy_of(reader, name, digest)
    if found is None:
        abort(404)
    at = context.wall_ms()
    context.shared().accounts.record(context.actor(), "evidence_read", now_ms=at, subject=name, detail=digest)
    return sealed_file(found.document, found.name)


@pages.get("/units/<unit>/passport")
def passport(unit: str) -> Response:
    """The unit's passport as a file, resting on a fresh exposure statement."""
    return passport_file(_issued(unit), _name(unit))


@pages.get("/units/<unit>/passport.html")
def passport_page(unit: str) -> Response:
    """The same passport as one page that verifies itself offline; a file to save, never a page of this site."""
    return passport_page_file(_issued(unit), _name(unit))


def _issued(unit: str) -> bytes:
    name = _name(unit)
    with context.shared().reading() as reader:
        _require_visible(reader, name)
    exported = issue_passport(name)
    if exported is None:
        abort(503)
    return exported


def _name(unit: str) -> str:
    name = f"unit:{unit.removeprefix('unit:')}"
    if not is_id(name, "unit"):
        abort(404)
    return name


def _require_visible(reader: Reader, name: str) -> None:
    """A unit that is not the reader's to see is answered like one that does not exist."""
    if not reader.visible(name, context.scope()):
        context.record_denial(name)
        abort(404)


def _within_scope(page: UnitPage, reader: Reader) -> UnitPage:
    """The page with only those relatives that the reader may see."""
    organisation = context.scope()
    family = {name: each for name, each in page.family.items() if reader.visible(name, organisation)}
    return replace(page, family=family)


def _prove(reader: Reader, name: str) -> Proof | None:
    site = context.shared().site
    try:
        return passports.prove(reader, name, log_key=site.verifier("log"), now_ms=context.now_ms())
    except NotYetError:
        return None


def drawn(
    page: UnitPage, speech: Speech, proof: Proof | None, reasons: Mapping[str, str] = MappingProxyType({})
) -> dict[str, object]:
    """What the template of a unit page is given, for one page and one reader's speech."""
    wide = timeline(page, speech, width=WIDE)
    return {
        "page": page,
        "proof": proof,
        "wide": wide,
        "small": timeline(page, speech, width=SMALL),
        "readings": _readings(page, speech, wide),
        "family": lineage(page, speech),
        "axis": axis,
        "boxes": boxes,
        "veil_words": [(tone, speech.say(word)) for tone, word in VEILS if wide and _shows(page, tone)],
        "names": {**reasons, **{each.id: speech.name(each) for each in page.organisations.values()}},
        "notes": list(dict.fromkeys(_notes(page))),
        "signers": [name.rpartition("/")[2] for name in proof.signers] if proof else [],
    }


def _notes(page: UnitPage) -> Iterator[str]:
    """The numbers of the dispatch notes on which the unit went out, oldest first."""
    for line in reversed(page.history):
        if line.recorded is not None and isinstance(line.recorded.event, kinds.Dispatched):
            yield line.recorded.event.dispatch_note.removeprefix("consignment:")


def _shows(page: UnitPage, tone: str) -> bool:
    return page.exposure is not None and any(spell.status == tone for spell in page.exposure.spells)


def _drawn_points(points: Sequence[Point], start: int, end: int) -> list[Point]:
    return decimate(points, columns=WIDE, low=start, high=end)


def _readings(page: UnitPage, speech: Speech, wide: Timeline | None) -> dict[str, object]:
    """What the read-out of the time axis needs: the drawn points with the places where they were read."""
    start, end = span(page)
    names = sorted({run.place for run in page.runs})
    points = chain.from_iterable(
        [
            (time, value, names.index(run.place))
            for time, value in decimate(run.points, columns=WIDE, low=start, high=end)
        ]
        for run in page.runs
    )
    return {
        "points": sorted(points),
        "places": [present.place(page, name, speech) for name in names],
        "left": wide.left if wide else 0,
        "right": wide.right if wide else 0,
        "start": start,
        "end": end,
        "zone": str(speech.zone),
        "nothing": speech.say("No reading here."),
        "hint": speech.say("Point at the line, or use the arrow keys, to read a value."),
    }
