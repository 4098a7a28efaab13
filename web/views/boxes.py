"""The page of transport boxes (运输箱): what lies in each, how warm it is, and how long it still keeps."""

from flask import render_template

from ledger.core.errors import ConfigError
from ledger.read import boxes as read
from ledger.read.boxes import Box
from web.blueprint import pages
from web.context import now_ms, scope, shared


@pages.get("/boxes")
def boxes() -> str:
    """The boxes of one's own, and those that hold what one may see; what is overdue first."""
    found, problem = _found()
    return render_template("boxes.html", boxes=sorted(found, key=_urgency), problem=problem, now=now_ms())


def _found() -> tuple[tuple[Box, ...], str]:
    with shared().reading() as reader:
        try:
            return read.boxes(reader, scope(), now_ms=now_ms()), ""
        except ConfigError as error:
            return (), str(error)


def _urgency(box: Box) -> tuple[bool, int, str]:
    """What is overdue or soon will be comes first; of what nothing is known, the name decides."""
    return box.left_ms is None, box.left_ms or 0, box.place.id
