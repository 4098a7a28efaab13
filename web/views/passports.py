"""Accepting a passport of another site's log, brought as a file."""

from flask import render_template, request

from ledger.acceptance import Acceptable
from ledger.core.errors import Refused
from web.actions.passports import accept_passport as record_passport
from web.blueprint import pages


@pages.get("/passports")
def passports() -> str:
    """The form."""
    return _page(None, None)


@pages.post("/passports")
def accept_passport() -> str | tuple[str, int]:
    """Accept the file, or say what stands against it."""
    given = request.files.get("passport")
    answer = record_passport(b"" if given is None else given.read())
    if isinstance(answer, Refused):
        return _page(answer, None), 422
    return _page(None, answer)


def _page(refused: Refused | None, accepted: Acceptable | None) -> str:
    return render_template("passports.html", refused=refused, accepted=accepted)
