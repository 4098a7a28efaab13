"""Steps of people about bags, as appended events: on a form, as a batch, at a hand-over for disposal, from paper."""

from collections.abc import Mapping, Sequence

from ledger.acts import discarding, late, pending, persons, steps, stocktaking
from ledger.acts.late import Row
from ledger.core.errors import Refused
from ledger.read.stocktaking import Take
from ledger.read.sweeping import Swept
from ledger.rules.stocktake import Difference
from web.actions.signing import refuse_role, signatures
from web.context import actor, asking, shared, wall_ms


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
        if (refused := refuse_role(asserted)) is not None:
            return refused
    completed, signed = [], dict[tuple[object, ...], dict[str, object]]()
    for fields in drafts:
        signers = tuple(fields.get(name) for name in persons.NAMED)
        if signers not in signed:  # a person signs a form once, however many units are on it
            named = signatures(fields, user, second_password, collector_password)
            if isinstance(named, Refused):
                return named
            signed[signers] = named
        completed.append({**fields, **signed[signers]})
    for fields in completed:
        if (refused := persons.refuse_signers(shared().accounts, kind, fields, user)) is not None:
            return refused
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
    refused = refuse_role("batch_released")
    signed = refused or signatures({"second": second}, user, second_password)
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
    refused = refuse_role("discarded")
    if refused is not None:
        return refused
    answer = discarding.hand_over(shared().ledger, swept, told, number=number, user=asking())
    return answer if isinstance(answer, Refused) else None


def sign_stock_take(swept: Swept, told: Take, *, looked_at: str) -> Refused | None:
    """Sign what was found in a place.

    Args:
        swept: what was looked at.
        told: what it finds now.
        looked_at: the digest of the lists that the page showed.
    """
    refused = refuse_role("stock_taken")
    answer = refused or stocktaking.sign(shared().ledger, swept, told, looked_at=looked_at, user=asking())
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
    signed = signatures({"second": second}, user, second_password)
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
