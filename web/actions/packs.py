"""Putting a policy pack in force by two quality officers, and confirming its figures."""

from collections.abc import Mapping

from ledger.accounts.permissions import PACK_ENFORCE
from ledger.acts import enforcement
from ledger.append import Rejected
from ledger.core.errors import ConfigError, Refused
from ledger.settings.packs import Library
from web.actions.signing import audited, own_signature, signed_beside
from web.context import asking, shared


def enforce_pack(name: str, *, sha256: str, password: str, colleague: str, colleague_password: str) -> Refused | None:
    """Put a pack in force by two quality officers, of whom one is signed in.

    Args:
        name: the pack, as it lies on disk.
        sha256: what the page showed of it: nobody signs another file than the one they saw.
        password: the asking user's own.
        colleague: the other person's login.
        colleague_password: and password.
    """
    other = signed_beside(password, colleague, colleague_password)
    if isinstance(other, Refused):
        return other
    if not other.may(PACK_ENFORCE):
        return Refused("pack.persons", "expected two quality officers")
    try:
        file = Library(shared().site.directory).file(name)
        if file.sha256 != sha256:
            return Refused("pack.changed", f"the file of {name} is another one now; look at it again")
        refused = enforcement.enforce(shared().ledger, file, by=asking().person, second=other.person)
    except ConfigError as error:
        return Refused("pack.file", str(error))
    except Rejected as error:
        return Refused(error.step, error.reason)
    return audited(refused, "pack_enforce", other.person, f"{name} {sha256}")


def confirm_figures(values: Mapping[str, str], *, pack: tuple[str, str], clause: str, password: str) -> Refused | None:
    """Confirm figures of the pack in force against the station's own copy.

    Args:
        values: figure to the value that the page showed.
        pack: name and version of the pack that the page showed.
        clause: where they stand in that copy.
        password: the quality officer's own.
    """
    refused = own_signature(password)
    if refused is not None:
        return refused
    try:
        refused = enforcement.confirm(shared().ledger, pack, values, clause=clause, by=asking().person)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return audited(refused, "pack_confirm", ", ".join(values)[:80], clause)
