"""Late entries of paper records (补录): steps at their own time, with who entered them and who held them to the paper.

All or nothing, by the same rules as a step that is recorded at once, asked row by row inside the transaction that
writes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.accounts import Accounts, User
from ledger.acts import corrections, steps
from ledger.acts.persons import NAMED, refuse_signers
from ledger.acts.steps import KINDS
from ledger.append import Draft, Recorder
from ledger.core.custody import Recorded
from ledger.core.errors import Refused
from ledger.core.ids import parse_instant
from ledger.read import asserting, permitted
from ledger.read.reader import Reader

MAX_ROWS = 200
"""So many rows are entered at once."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a paper record.

    Attributes:
        number: its place in the table, from 1.
        kind: the kind of step; as given where there is none such.
        fields: the event's fields.
        time: when it happened.
        by: the login of who acted; empty: who enters it.
        wrong: what is wrong about it, by column; nothing is recorded while there is anything.
    """

    number: int
    kind: str
    fields: Mapping[str, object] = field(default_factory=dict)
    time: str | None = None
    by: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Blamed:
    """Why nothing was written, and the number of the row that is to blame; 0: all of them."""

    row: int
    refused: Refused


def record(
    recorder: Recorder, rows: Sequence[Row], *, user: User, second: str, accounts: Accounts, drawn_at: int | None
) -> tuple[Recorded, ...] | Blamed:
    """Record what stood on paper.

    Args:
        recorder: the writer.
        rows: the steps, each read without a fault.
        user: who enters them.
        second: the second person, as a pseudonym, who held the rows against the paper and signed.
        accounts: knows the persons that the rows name.
        drawn_at: the log's size when the user looked; None: not told.
    """
    drafts = _drafts(rows, user, accounts, {"entered_by": user.person, "confirmed_by": second}, recorder.clock.now_ms())
    if isinstance(drafts, Blamed):
        return drafts
    blamed, now = [0], recorder.clock.now_ms()

    def check(reader: Reader) -> Refused | None:
        found = _first_wrong(reader, drafts, user, drawn_at, now)
        blamed[0] = 0 if found is None else found.row
        return None if found is None else found.refused

    answer = steps.recorded(recorder, [draft for _, draft in drafts], check)
    return Blamed(blamed[0], answer) if isinstance(answer, Refused) else answer


def rehearse(
    reader: Reader, rows: Sequence[Row], *, user: User, accounts: Accounts, drawn_at: int | None, now_ms: int
) -> Blamed | None:
    """What stands against rows as the ledger is now; nothing is written, and no row sees what an earlier one would say.

    Args:
        reader: the ledger as it is.
        rows: the steps, each read without a fault.
        user: who enters them.
        accounts: knows the persons that the rows name.
        drawn_at: the log's size when the user looked; None: not told.
        now_ms: the present instant.
    """
    drafts = _drafts(rows, user, accounts, {}, now_ms)
    return drafts if isinstance(drafts, Blamed) else _first_wrong(reader, drafts, user, drawn_at, now_ms)


def _first_wrong(
    reader: Reader, drafts: Sequence[tuple[Row, Draft]], user: User, drawn_at: int | None, now_ms: int
) -> Blamed | None:
    for row, draft in drafts:
        at = parse_instant(row.time) if row.time else now_ms
        refused = permitted.refuse(reader, row.kind, draft.fields, organisation=user.organisation, now_ms=now_ms)
        refused = refused or corrections.stale(reader, steps.about(draft.fields), drawn_at)
        refused = refused or asserting.refuse_on_paper(reader, row.kind, draft.fields, at_ms=at)
        if refused is not None:
            return Blamed(row.number, refused)
    return None


def _drafts(
    rows: Sequence[Row], user: User, accounts: Accounts, entered: Mapping[str, object], now_ms: int
) -> list[tuple[Row, Draft]] | Blamed:
    """The rows as they are recorded, in the order in which they happened."""
    drafts: list[tuple[Row, Draft]] = []
    for row in sorted(rows, key=lambda each: each.time or ""):
        fields = _on_paper(row, user, accounts, now_ms)
        if isinstance(fields, Refused):
            return Blamed(row.number, fields)
        drafts.append((row, Draft(KINDS[row.kind], {**fields, **entered}, row.time)))
    return drafts


def _on_paper(row: Row, user: User, accounts: Accounts, now_ms: int) -> dict[str, object] | Refused:
    """A row's fields with persons as pseudonyms: who acted signed the paper, and signs nothing here."""
    refused = steps.refuse_role(user, row.kind)
    if refused is not None:
        return refused
    if row.time is not None and parse_instant(row.time) > now_ms:
        return steps.ahead(now_ms)
    found: dict[str, object] = {**row.fields, "by": user.person}
    named = {name: str(row.fields[name]) for name in NAMED if name in row.fields}
    for name, login in {**named, **({"by": row.by} if row.by else {})}.items():
        other = accounts.user(login) if login.startswith("person:") else accounts.user_named(login)
        if other is None or other.organisation != user.organisation:
            return Refused("person.unknown", f"expected the login of a colleague in {name}; got {login}")
        found[name] = other.person
    return refuse_signers(accounts, row.kind, found, user) or found
