"""Entering paper records (补录), after a power failure for instance: a table, a preview, and two persons."""

from collections.abc import Sequence
from functools import partial

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.acts.late import Row
from ledger.core.errors import FormatError, Refused
from ledger.core.ids import parse_instant
from ledger.read.reader import Reader
from web import forms, present
from web.actions.steps import record_paper
from web.blueprint import pages
from web.context import scope, shared, speech
from web.paper import read_rows
from web.views.steps import drawn_at

MAX_OCTETS = 200_000


@pages.get("/paper")
def paper() -> str:
    """The form: a table, typed or as a file."""
    return _page("", (), "", None)


@pages.post("/paper")
def enter_paper() -> Response | str | tuple[str, int]:
    """Show what the table says; recorded is only what was shown and confirmed by a second person."""
    file = request.files.get("file")
    raw = file.read(MAX_OCTETS) if file is not None and file.filename else b""
    text = raw.decode("utf-8-sig", errors="replace") or request.form.get("table", "")[:MAX_OCTETS]
    said = speech()
    with shared().reading() as reader:
        read = partial(_read, reader)
        try:
            rows = read_rows(text, said, read)
        except FormatError as error:
            return _page(text, (), str(error), None), 422
    if any(row.wrong for row in rows):
        return _page(text, rows, said.say("Look at the marked rows; nothing was recorded yet."), None), 422
    if "record" not in request.form:
        return _page(text, rows, "", None)
    refused = record_paper(
        rows,
        second=request.form.get("signs", "").strip(),
        second_password=request.form.get("second_password", ""),
        drawn_at=drawn_at(request.form),
    )
    if refused is not None:
        return _page(text, rows, "", refused), 422
    return redirect(url_for("pages.units"), 303)


def _read(reader: Reader, kind: str, typed: dict[str, str]) -> forms.Filled:
    return forms.read(kind, typed, speech(), reading=shared().labels, unit_of_tag=partial(_unit_of_tag, reader))


def _unit_of_tag(reader: Reader, tag: str) -> str | None:
    found = reader.find(tag, organisation=scope()) if reader.knows_tag(tag) else ()
    return found[0] if found else None


def _page(text: str, rows: Sequence[Row], wrong: str, refused: tuple[int, Refused] | None) -> str:
    said = speech()
    with shared().reading() as reader:
        size, places = reader.log_size(), reader.places
    looked = drawn_at(request.form) if refused is not None and refused[1].step != "stale" else None
    shown = [
        {
            "row": row,
            "kind": present.kind_word(row.kind, said),
            "when": said.moment(parse_instant(row.time)) if row.time else "",
            "what": forms.subject_page(row.fields) or "",
            "place": said.name(places[place]) if (place := str(row.fields.get("place", ""))) in places else place,
        }
        for row in rows
    ]
    return render_template(
        "paper.html",
        text=text,
        rows=shown,
        wrong=wrong,
        refused=refused,
        ready=bool(rows) and not any(row.wrong for row in rows),
        drawn_at=size if looked is None else looked,
    )
