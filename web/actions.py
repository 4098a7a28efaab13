"""What people do on the pages, as appended events: the one module of the web that writes to the ledger.

A step is checked where it cannot be raced: role here, scope and rules inside the append transaction, the life cycle by
the ledger itself. A refusal writes nothing and names its rule.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from ledger import acceptance, corrections, discarding, enforcement, late, pending, persons, rotation, steps
from ledger.acceptance import Acceptable
from ledger.accounts import TurnedAway, User
from ledger.accounts.permissions import ERASURE_ASK, ERASURE_CONFIRM, PACK_ENFORCE
from ledger.append import Draft, Erasure, Rejected
from ledger.core import kinds
from ledger.core.enrolment import Enrolment
from ledger.core.errors import ConfigError, Refused
from ledger.core.ids import format_instant, parse_instant
from ledger.core.passport import out_of_page
from ledger.corrections import Correction, Signed, signed_by
from ledger.late import Row
from ledger.packs import Library
from ledger.passports import Fields, NotYetError, state_exposures
from ledger.read import passports
from ledger.read.moving import may_speak
from ledger.read.probes import may_place
from ledger.read.reader import Reader
from ledger.read.sweeping import Swept
from ledger.rules.stocktake import Difference
from web.context import actor, address, asking, now_ms, shared, wall_ms

Rule = Callable[[Reader], Refused | None]


def record_step(  # noqa: PLR0913  what, when, who signs, and what they looked at
    kind: str,
    drafts: Sequence[Mapping[str, object]],
    *,
    time: str | None,
    second_password: str,
    collector_password: str = "",
    further: Sequence[tuple[str, Mapping[str, object]]] = (),
    drawn_at: int | None = None,
) -> Refused | None:
    """Record a step that the asking user did.

    Args:
        kind: the kind of event.
        drafts: the fields of each event, as `web.forms.read` gives them.
        time: when it happened; None: now.
        second_password: the second person's password, where the step has one.
        collector_password: the password of who collects for the ward.
        further: kind and fields of what goes with it, all or nothing.
        drawn_at: the log's size when the form was drawn: what was said since of the same units refuses it; None: no
            form.

    Returns:
        Refused, and nothing was written; or None.
    """
    user = asking()
    for asserted in dict.fromkeys((kind, *(each for each, _ in further))):
        if (refused := _role(asserted)) is not None:
            return refused
    completed, signatures = [], dict[tuple[object, ...], dict[str, object]]()
    for fields in drafts:
        signers = tuple(fields.get(name) for name in persons.NAMED)
        if signers not in signatures:  # a person signs a form once, however many units are on it
            named = _persons(fields, user, second_password, collector_password)
            if isinstance(named, Refused):
                return named
            signatures[signers] = named
        completed.append({**fields, **signatures[signers]})
    answer = steps.record(shared().ledger, kind, completed, user=user, time=time, further=further, drawn_at=drawn_at)
    return answer if isinstance(answer, Refused) else None


def release_batch(
    batch: str, units: Sequence[str], *, place: str | None, second: str, second_password: str
) -> Refused | None:
    """Release the fit units of a batch that is accounted for; two persons sign.

    Args:
        batch: its name.
        units: every unit that was pending.
        place: where.
        second: the second person's login.
        second_password: and password.
    """
    user = asking()
    refused = _role("batch_released")
    signed = refused or _persons({"second": second}, user, second_password)
    if isinstance(signed, Refused):
        return signed
    answer = pending.release(shared().ledger, batch, units, place=place, user=user, second=str(signed["second"]))
    return answer if isinstance(answer, Refused) else None


def hand_over_discards(swept: Swept, told: Difference, *, number: str) -> Refused | None:
    """Sign for what was counted and is handed over for disposal.

    Args:
        swept: where was counted.
        told: what was.
        number: of the hand-over; empty: none.
    """
    refused = _role("discarded")
    if refused is not None:
        return refused
    answer = discarding.hand_over(shared().ledger, swept, told, number=number, user=asking())
    return answer if isinstance(answer, Refused) else None


def record_paper(
    rows: Sequence[Row], *, second: str, second_password: str, drawn_at: int | None = None
) -> tuple[int, Refused] | None:
    """Record what stood on paper, all or nothing: at its own time, with who entered it and who confirmed it.

    Args:
        rows: the steps, each read without a fault.
        second: the login of the second person, who held the rows against the paper.
        second_password: and password.
        drawn_at: the log's size when the preview was drawn.

    Returns:
        None; or the number of the row (0: all of them) and why nothing was written.
    """
    user = asking()
    if not second:
        return 0, Refused("late.two-persons", "a second person holds a late entry against the paper, and signs")
    signed = _persons({"second": second}, user, second_password)
    if isinstance(signed, Refused):
        return 0, signed
    ledger, accounts = shared().ledger, shared().accounts
    confirmed = str(signed["second"])
    answer = late.record(ledger, rows, user=user, second=confirmed, accounts=accounts, drawn_at=drawn_at)
    if not isinstance(answer, late.Blamed):
        return None
    if answer.refused.step == "role":
        accounts.record_denial(actor(), "event.assert", now_ms=wall_ms(), detail=answer.refused.reason[:80])
    return answer.row, answer.refused


def correct_event(wanted: Correction, *, second: str, second_password: str) -> Refused | None:
    """Correct what a person said: the wrong one stays, and this points at it.

    Args:
        wanted: what is wrong, and what is right.
        second: the second person's login; empty: nobody.
        second_password: and password.
    """
    signed = _signed_for_correction("corrected", second, second_password)
    if isinstance(signed, Refused):
        return signed
    try:
        with shared().reading() as reader:
            return corrections.correct(shared().ledger, reader, wanted, signed)
    except Rejected as error:
        return Refused(error.step, error.reason)


def comment_on_event(wanted: Correction, *, unit: str | None) -> Refused | None:
    """Comment on an event, a device's too, which counts as before.

    Args:
        wanted: the event, and as its reason the comment.
        unit: the unit on whose page it stands, where a tag alone was seen.
    """
    signed = _signed_for_correction("commented", "", "")
    if isinstance(signed, Refused):
        return signed
    try:
        with shared().reading() as reader:
            return corrections.comment(shared().ledger, reader, wanted, signed, unit=unit)
    except Rejected as error:
        return Refused(error.step, error.reason)


def _signed_for_correction(kind: str, second: str, second_password: str) -> Signed | Refused:
    user = asking()
    signed = _role(kind) or _persons({"second": second} if second else {}, user, second_password)
    if isinstance(signed, Refused):
        return signed
    named = signed.get("second")
    return signed_by(user, shared().accounts, second=named if isinstance(named, str) else None)


def add_organisation(fields: Mapping[str, object]) -> Refused | None:
    """Register an organisation."""
    return _declare(kinds.OrganisationAdded, fields)


def add_place(fields: Mapping[str, object]) -> Refused | None:
    """Register a place or a box."""
    return _declare(kinds.PlaceAdded, fields)


def place_probe(probe: str, place: str | None, *, time: str | None) -> Refused | None:
    """Say that a probe hangs in a place, or (None) in none, since now or since an earlier instant."""
    if time is not None and parse_instant(time) > now_ms():
        return Refused("time.ahead", f"it is {format_instant(now_ms())} now; a probe cannot be moved later")
    user, now = asking(), now_ms()
    where = {} if place is None else {"place": place}
    draft = Draft(kinds.ProbePlaced, {"probe": probe, **where, "by": user.person}, time=time)

    def check(reader: Reader) -> Refused | None:
        return may_place(reader, probe, place, organisation=user.organisation, now_ms=now)

    return _record("site", [draft], check)


def report_agitation(
    kind: type[kinds.AgitationStopped | kinds.AgitationResumed], place: str, *, time: str | None
) -> Refused | None:
    """Say that the agitation of a place stands, or runs again, since now or since an earlier instant."""
    if time is not None and parse_instant(time) > now_ms():
        return Refused("time.ahead", f"it is {format_instant(now_ms())} now; nothing can be said of what comes")
    user = asking()
    draft = Draft(kind, {"place": place, "by": user.person}, time=time)
    return _record("site", [draft], lambda reader: may_speak(reader, place, organisation=user.organisation))


def approve_key(enrolled: Enrolment) -> Refused | None:
    """Let a gateway's key speak for its streams, once a person has compared its fingerprint."""
    declared = enrolled.declaration()
    who = {"approved_by": asking().person} if declared.kind is kinds.KeyAdded else {"by": asking().person}
    refused = _record("site", [Draft(kind=declared.kind, fields={**declared.fields, **who})], None)
    return _audited(refused, "key_approve", enrolled.gateway, enrolled.key)


def revoke_key(key: str, last_good: Mapping[str, int], *, reason: str, password: str) -> Refused | None:
    """Let a key vouch for nothing beyond these events; signed with the administrator's password."""
    refused = _signature(password)
    if refused is not None:
        return refused
    good = [kinds.LastGood(stream=stream, seq=seq) for stream, seq in last_good.items()]
    fields = {"key": key, "last_good": good, "reason": reason}
    return _audited(_declare(kinds.KeyRevoked, fields), "key_revoke", key, reason)


def resume_gateway(gateway: str, epoch: int, *, reason: str, password: str) -> Refused | None:
    """Let a gateway go on under a new epoch after a fork; signed with the administrator's password."""
    refused = _signature(password)
    if refused is not None:
        return refused
    fields = {"producer": gateway, "epoch": epoch, "reason": reason}
    return _audited(_declare(kinds.StreamResumed, fields), "stream_resume", gateway, f"{epoch}: {reason}")


def rotate_key(name: str, *, password: str) -> Refused | None:
    """Make a new key of the site's own: `web` and `site` change over, `log` and `receipt` begin to sign with both."""
    refused = _signature(password)
    if refused is not None:
        return refused
    ledger, by = shared().ledger, asking().person
    try:
        if name in {"web", "site"}:
            answer = rotation.rotate_own_key(ledger, "web" if name == "web" else "site", by=by)
        else:
            answer = rotation.add_log_key(ledger, "checkpoint" if name == "log" else "receipt", by=by)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return _audited(answer if isinstance(answer, Refused) else None, "key_rotate", name)


def retire_key(name: str, *, password: str) -> Refused | None:
    """End the overlap of `log` or `receipt`: the older key signs no longer."""
    refused = _signature(password)
    if refused is not None:
        return refused
    try:
        answer = rotation.retire_log_key(
            shared().ledger, "checkpoint" if name == "log" else "receipt", by=asking().person
        )
    except Rejected as error:
        return Refused(error.step, error.reason)
    return _audited(answer if isinstance(answer, Refused) else None, "key_retire", name)


def erase_event(  # noqa: PLR0913  what, and two persons
    stream: str, seq: int, what: Literal["body", "value"], *, reason: str, password: str, colleague: str,
    colleague_password: str,
) -> Refused | None:  # fmt: skip
    """Erase an event by two persons, of whom one asks and the other confirms, whichever of them is signed in.

    Args:
        stream: the event's stream.
        seq: its place there.
        what: its bytes, or the values behind its commitments.
        reason: why.
        password: the asking user's own.
        colleague: the other person's login.
        colleague_password: and password.
    """
    other = _signed_beside(password, colleague, colleague_password)
    if isinstance(other, Refused):
        return other
    pair = None if other is None else _asking_and_confirming(asking(), other)
    if pair is None:
        return Refused("erasure.persons", "expected a quality officer who asks, and an administrator who confirms")
    try:
        erasure = Erasure(stream, seq, reason, what)
        answer = shared().ledger.erase(erasure, by=pair[0].person, second=pair[1].person)
    except Rejected as error:
        return Refused(error.step, error.reason)
    refused = answer if isinstance(answer, Refused) else None
    return _audited(refused, "event_erase", pair[1].person, f"{what} {stream} {seq}")


def enforce_pack(name: str, *, sha256: str, password: str, colleague: str, colleague_password: str) -> Refused | None:
    """Put a pack in force by two quality officers, of whom one is signed in.

    Args:
        name: the pack, as it lies on disk.
        sha256: what the page showed of it: nobody signs another file than the one they saw.
        password: the asking user's own.
        colleague: the other person's login.
        colleague_password: and password.
    """
    other = _signed_beside(password, colleague, colleague_password)
    if isinstance(other, Refused):
        return other
    if other is None or not other.may(PACK_ENFORCE):
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
    return _audited(refused, "pack_enforce", other.person, f"{name} {sha256}")


def confirm_figures(values: Mapping[str, str], *, pack: tuple[str, str], clause: str, password: str) -> Refused | None:
    """Confirm figures of the pack in force against the station's own copy.

    Args:
        values: figure to the value that the page showed.
        pack: name and version of the pack that the page showed.
        clause: where they stand in that copy.
        password: the quality officer's own.
    """
    refused = _signature(password)
    if refused is not None:
        return refused
    try:
        refused = enforcement.confirm(shared().ledger, pack, values, clause=clause, by=asking().person)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return _audited(refused, "pack_confirm", ", ".join(values)[:80], clause)


def _asking_and_confirming(one: User, other: User) -> tuple[User, User] | None:
    for asks, confirms in ((one, other), (other, one)):
        if asks.may(ERASURE_ASK) and confirms.may(ERASURE_CONFIRM):
            return asks, confirms
    return None


def _signed_beside(password: str, colleague: str, colleague_password: str) -> User | Refused | None:
    """The colleague who signs beside the asking user, each with the own password; None: there is no such person."""
    refused = _signature(password)
    signed = refused or _persons({"second": colleague}, asking(), colleague_password)
    return signed if isinstance(signed, Refused) else shared().accounts.user(str(signed["second"]))


def _signature(password: str) -> Refused | None:
    """The asking person types the own password again: it stands for the signature under what it does."""
    signed = shared().accounts.confirm(asking().person, password, address=address(), now_ms=wall_ms())
    return Refused("own-signature", signed.reason) if isinstance(signed, TurnedAway) else None


def _audited(refused: Refused | None, action: str, subject: str, detail: str = "") -> Refused | None:
    """Write down what was done; a refusal is handed on."""
    if refused is None:
        shared().accounts.record(actor(), action, now_ms=wall_ms(), subject=subject, detail=detail)
    return refused


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


def _declare(kind: type[kinds.Event], fields: Mapping[str, object]) -> Refused | None:
    return _record("site", [Draft(kind=kind, fields={**fields, "by": asking().person})], None)


def _record(stream: str, drafts: Sequence[Draft], check: Rule | None) -> Refused | None:
    try:
        answer = shared().ledger.record("site" if stream == "site" else "web", drafts, check)
    except Rejected as error:
        return Refused(error.step, error.reason)
    return answer if isinstance(answer, Refused) else None


def _persons(
    fields: Mapping[str, object], user: User, password: str, collector_password: str = ""
) -> dict[str, object] | Refused:
    """Logins as pseudonyms; a second person, or who collects, signs with the own password, and is not the first."""
    passwords = {"second": password, "collector": collector_password}
    return persons.named_in(shared().accounts, fields, user, passwords=passwords, address=address(), now_ms=wall_ms())


def _role(kind: str) -> Refused | None:
    """Why the asking user's roles do not include a step; written down."""
    refused = steps.refuse_role(asking(), kind)
    if refused is not None:
        shared().accounts.record_denial(actor(), f"event.assert:{kind}", now_ms=wall_ms())
    return refused
