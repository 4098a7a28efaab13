"""Passports given out, with the exposure stated as of now, and those of partners accepted."""

from collections.abc import Sequence

from ledger import acceptance
from ledger.acceptance import Acceptable
from ledger.append import Draft, Rejected
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.passport import out_of_page
from ledger.passports import Fields, NotYetError, state_exposures
from ledger.read import passports
from web.context import asking, now_ms, shared


def issue_passport(subject: str) -> bytes | None:
    """The passport of a unit or dispatch note, exposure stated as of now; None: not yet, try again in a second."""
    site = shared().site
    try:
        state_exposures(site, subject, now_ms=now_ms(), record=_state, publish=_publish)
        with shared().reading() as reader:
            return passports.export(reader, subject, log_key=site.verifier("log"))
    except (NotYetError, Rejected):
        return None


def accept_passport(raw: bytes) -> Acceptable | Refused:
    """Accept a passport of another site's log, if it holds under the policy that this site keeps of its partners."""
    site = shared().site
    document = out_of_page(raw)
    judged = acceptance.judge(document, policy=acceptance.partners_policy(site), own=site.origin)
    if isinstance(judged, Refused):
        return judged
    by = asking().person
    drafts = [Draft(kind=kinds.PassportAccepted, fields={**fields, "by": by}) for fields in judged.fields]
    try:
        answer = shared().ledger.enclose(drafts, document)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else judged


def _state(stated: Sequence[Fields], time: str) -> None:
    shared().ledger.record("site", [Draft(kind=kinds.ExposureStated, fields=fields, time=time) for fields in stated])


def _publish() -> None:
    shared().publish()
