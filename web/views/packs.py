"""Policy packs: what is in force, every figure with its source and standing, and what quality officers decide."""

from collections import Counter

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.accounts.permissions import PACK_CONFIRM, PACK_ENFORCE
from ledger.core.errors import ConfigError, Refused
from ledger.read.packs import confirmations, enforcements, listed
from ledger.rules.figures import figures
from ledger.settings.packs import Library
from web.actions import packs as pack_actions
from web.blueprint import pages
from web.context import asking, printed_names, shared, speech
from web.figures import blocks


@pages.get("/packs")
def packs() -> str:
    """The pack in force."""
    return _page(None, None)


@pages.get("/packs/<name>")
def pack(name: str) -> str:
    """A pack at hand, as its file on disk says it."""
    return _page(name, None)


@pages.post("/packs/<name>")
def enforce_pack(name: str) -> Response | tuple[str, int]:
    """Put a pack in force, if two quality officers sign."""
    form = request.form
    refused = pack_actions.enforce_pack(
        name,
        sha256=form.get("sha256", ""),
        password=form.get("password", ""),
        colleague=form.get("colleague", "").strip(),
        colleague_password=form.get("colleague_password", ""),
    )
    return redirect(url_for("pages.packs"), 303) if refused is None else (_page(name, refused), 422)


@pages.post("/packs")
def confirm_figures() -> Response | tuple[str, int]:
    """Confirm figures of the pack in force against the station's own copy."""
    form = request.form
    values = dict(each.partition("=")[::2] for each in form.getlist("figure"))
    refused = pack_actions.confirm_figures(
        values,
        pack=(form.get("pack", ""), form.get("version", "")),
        clause=form.get("clause", ""),
        password=form.get("password", ""),
    )
    return redirect(url_for("pages.packs"), 303) if refused is None else (_page(None, refused), 422)


def _page(name: str | None, refused: Refused | None) -> str:
    library = Library(shared().site.directory)
    with shared().reading() as reader:
        told, at_hand, history = confirmations(reader), listed(reader), enforcements(reader)
        in_force = reader.pack
    file = None
    if name is not None:
        if name not in library.names():
            abort(404)
        try:
            file = library.file(name)
        except ConfigError:
            abort(404)
    shown = in_force if file is None else file.pack
    standing = Counter(each.row.standing for each in figures(shown))
    user = asking()
    return render_template(
        "packs.html",
        shown=shown,
        in_force=in_force,
        file=file,
        at_hand=at_hand,
        latest=history[0] if history else None,
        blocks=blocks(shown, told, speech()),
        standing=standing,
        may_confirm=file is None and user.may(PACK_CONFIRM) and standing["unverified"] > 0,
        may_enforce=file is not None and user.may(PACK_ENFORCE),
        refused=refused,
        typed=request.form,
        printed_names=printed_names(),
    )
