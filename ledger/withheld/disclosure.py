"""Opening what was withheld: who may, what they see, and the audit entry that is written first.

Laboratory and quality see the values of their own organisation's events (`value.open`), nobody else any. That an event
is theirs to see at all was decided before, by whoever read it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ledger.accounts import Accounts, Actor, User
from ledger.accounts.permissions import VALUE_OPEN
from ledger.core.errors import Refused
from ledger.read.history import Entry
from ledger.withheld.keeper import Keeper


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A value that was opened.

    Attributes:
        stream: the event's stream.
        seq: its number there.
        kind: the event's kind.
        time_ms: when it happened, in milliseconds since the Unix epoch.
        commitment: what the log holds of the value.
        value: the value.
    """

    stream: str
    seq: int
    kind: str
    time_ms: int
    commitment: str
    value: str = field(repr=False)


def openable(keeper: Keeper, entries: Iterable[Entry], user: User) -> tuple[Disclosed, ...]:
    """What of these events a user may open: for their number; whoever shows a value asks `disclose`."""
    if not user.may(VALUE_OPEN):
        return ()
    by_place = {(each.stream, each.seq): each for each in entries if each.body is not None}
    found = keeper.of_events(by_place)
    return tuple(
        Disclosed(entry.stream, entry.seq, entry.kind, entry.time_ms, each.commitment, each.value)
        for place, entry in by_place.items()
        for each in found.get(place, ())
        if each.organisation == user.organisation and _names(entry, each.commitment)
    )


def disclose(  # noqa: PLR0913  what, to whom, and what the audit says of it
    keeper: Keeper, entries: Sequence[Entry], accounts: Accounts, *, user: User, address: str, subject: str, now_ms: int
) -> tuple[Disclosed, ...] | Refused:
    """Open what these events withhold; the audit says so before anybody sees a value.

    Args:
        keeper: the ledger's, `Ledger.withheld`.
        entries: events that the user may see, as `ledger.read` gives them.
        accounts: whose audit it goes into.
        user: who asks.
        address: from where.
        subject: what the events are about, for the audit, e.g. the unit.
        now_ms: when, for the audit.

    Returns:
        The values; none where nothing of theirs is kept. Refused at step `role` for whoever may not open any, which is
        in the audit, too.
    """
    actor = Actor(user.person, address)
    if not user.may(VALUE_OPEN):
        accounts.record_denial(actor, VALUE_OPEN, now_ms=now_ms, subject=subject)
        return Refused("role", "only the laboratory and quality see what was withheld")
    found = openable(keeper, entries, user)
    if found:
        places = ", ".join(dict.fromkeys(f"{each.stream} {each.seq}" for each in found))
        accounts.record(actor, "value_open", now_ms=now_ms, subject=subject, detail=places)
    return found


def _names(entry: Entry, commitment: str) -> bool:
    """Whether the event has this commitment: a value of an attempt that was never committed belongs to no event."""
    return entry.body is not None and commitment.encode() in entry.body
