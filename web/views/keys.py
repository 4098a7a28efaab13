"""Keys: who may speak, the site's own keys one after the other, revocations, and gateways that go on after a fork.

Every change here is signed with the administrator's own password, typed again.
"""

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ledger.core.errors import Refused
from ledger.core.events import producer_of
from ledger.read.keys import KeyStanding, key_standings, log_keys
from web.actions import keys as key_actions
from web.blueprint import pages
from web.context import shared

_OWN = ("web", "site", "log", "receipt")
_MAX_SEQ = 2**53 - 1


@pages.get("/keys")
def keys() -> str:
    """Every key, and what can be changed."""
    return _page(None)


@pages.post("/keys")
def change_key() -> Response | tuple[str, int]:
    """Rotate one of the site's own keys, or end an overlap."""
    name, act = request.form.get("name", ""), request.form.get("act", "")
    if name not in _OWN or act not in {"rotate", "retire"} or (act == "retire" and name in {"web", "site"}):
        abort(400, "no such change")
    change = key_actions.rotate_key if act == "rotate" else key_actions.retire_key
    return _after(change(name, password=request.form.get("password", "")))


@pages.post("/keys/resume")
def resume_gateway() -> Response | tuple[str, int]:
    """Let a gateway go on under a new epoch."""
    form = request.form
    epoch = _number(form.get("epoch", ""))
    if epoch is None or epoch < 1:
        return _page(Refused("fields", "expected an epoch: a number from 1")), 422
    refused = key_actions.resume_gateway(
        form.get("gateway", ""), epoch, reason=form.get("reason", ""), password=form.get("password", "")
    )
    return _after(refused)


@pages.get("/keys/<fingerprint>")
def key(fingerprint: str) -> str:
    """One key: what a revocation would keep, as far as the ledger knows."""
    return _revocation(_standing(fingerprint), None)


@pages.post("/keys/<fingerprint>")
def revoke_key(fingerprint: str) -> Response | tuple[str, int]:
    """Revoke a key."""
    standing = _standing(fingerprint)
    last_good = {}
    for each in standing.spoken:
        seq = _number(request.form.get(f"last_good.{each.stream}", ""))
        if seq is None:
            return _revocation(standing, Refused("fields", f"expected a number for {each.stream}")), 422
        last_good[each.stream] = seq
    refused = key_actions.revoke_key(
        standing.key, last_good, reason=request.form.get("reason", ""), password=request.form.get("password", "")
    )
    if refused is not None:
        return _revocation(standing, refused), 422
    return redirect(url_for("pages.keys"), 303)


def _after(refused: Refused | None) -> Response | tuple[str, int]:
    return redirect(url_for("pages.keys"), 303) if refused is None else (_page(refused), 422)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 17 and int(text) <= _MAX_SEQ else None


def _standing(fingerprint: str) -> KeyStanding:
    with shared().reading() as reader:
        found = next((each for each in key_standings(reader) if each.key == f"key:{fingerprint}"), None)
    if found is None:
        abort(404)
    return found


def _page(refused: Refused | None) -> str:
    with shared().reading() as reader:
        standings = key_standings(reader)
        logs = log_keys(reader, origin=shared().site.origin)
        stopped = sorted({producer_of(each.stream) for each in reader.producers() if each.status != "active"})
    present = {"log": len(logs.present("checkpoint")), "receipt": len(logs.present("receipt"))}
    return render_template(
        "keys.html", standings=standings, logs=logs.known, present_keys=present, stopped=stopped, refused=refused,
        typed=request.form,
    )  # fmt: skip


def _revocation(standing: KeyStanding, refused: Refused | None) -> str:
    return render_template("key.html", standing=standing, refused=refused, typed=request.form)
