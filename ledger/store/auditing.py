"""Auditors' cosignatures of the unit map's roots: kept once each, outside the log, and never changed.

Whoever may hand one in is decided elsewhere; here only that it is a cosignature of a root that this log has. Whom to
believe is for those who verify a passport.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from ledger.core.errors import NoteError, Refused
from ledger.core.mapproof import MapNote
from ledger.core.note import COSIGNATURE_V1, Note, Signature, format_signature_lines, parse_signature_lines, parse_vkey
from ledger.core.signing import verify_note
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.prepared import insertion

_INSERT = insertion(t.map_cosignatures)


def keep(connection: Connection, *, origin: str, as_of_size: int, vkey: str, line: str) -> Refused | None:
    """Keep a cosignature; the same one again is kept once.

    Args:
        connection: the writing connection.
        origin: this log's.
        as_of_size: the root's log size.
        vkey: the auditor's verifier key.
        line: the signature line, ended by a newline.

    Returns:
        Refused if it is no cosignature of a root that the log's bodies bear out.
    """
    problem = problem_of(connection, origin=origin, as_of_size=as_of_size, vkey=vkey, line=line)
    if problem is not None:
        return Refused("cosignature", problem)
    table = t.map_cosignatures
    known = select(table.c.id).where(table.c.as_of_size == as_of_size, table.c.line == line)
    if connection.execute(known).first() is None:
        number = (connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
        _INSERT.run(connection, number, as_of_size, vkey, line)
    return None


def problem_of(connection: Connection, *, origin: str, as_of_size: int, vkey: str, line: str) -> str | None:
    """Why a line is no cosignature of the root as of a size; None if it is one."""
    stated = select(t.map_roots.c.computed).where(
        t.map_roots.c.log_index == as_of_size, t.map_roots.c.stated == t.map_roots.c.computed
    )
    root = connection.execute(stated).scalar()
    if root is None:
        return f"expected a size of which this log states a root; got {as_of_size}"
    try:
        key, lines = parse_vkey(vkey), parse_signature_lines(line)
    except NoteError as error:
        return str(error)
    if key.algorithm != COSIGNATURE_V1 or len(lines) != 1:
        return "expected one line and a cosigning key of signature type 0x04"
    verified = verify_note(Note(MapNote(origin, as_of_size, bytes(root)).format(), lines), [key])
    return verified.reason if isinstance(verified, Refused) else None


def check(examined: Connection, replayed: Connection, *, origin: str) -> int:
    """Check every kept cosignature against the roots of the replayed log; answer how many there are.

    Raises:
        BadPlaceError: one that does not verify, or a number that is missing.
    """
    count = 0
    for row in examined.execute(select(t.map_cosignatures).order_by(t.map_cosignatures.c.id)):
        count += 1
        problem = None if row.id == count else f"number {row.id}"
        problem = problem or problem_of(
            replayed, origin=origin, as_of_size=row.as_of_size, vkey=row.vkey, line=row.line
        )
        if problem is not None:
            raise BadPlaceError(
                "audits", "map_cosignatures", f"id={count}", expected="an auditor's cosignature", found=problem
            )
    return count


def of_root(connection: Connection, as_of_size: int) -> Iterator[Signature]:
    """The latest cosignature of each auditor of the root as of a size."""
    table = t.map_cosignatures
    rows = connection.execute(
        select(table.c.vkey, table.c.line).where(table.c.as_of_size == as_of_size).order_by(table.c.id)
    )
    latest = {vkey: parse_signature_lines(line)[0] for vkey, line in rows}
    yield from latest.values()


def lines_of_root(connection: Connection, as_of_size: int) -> str:
    """The same as lines, each ended by a newline; empty if there is none."""
    found = list(of_root(connection, as_of_size))
    return format_signature_lines(found).decode() if found else ""


def latest_cosigned(connection: Connection, below: int, *, needed: int) -> int | None:
    """The largest size below `below` of which so many auditors cosigned the root; else of which most did; else None."""
    table = t.map_cosignatures
    auditors = func.count(table.c.vkey.distinct())
    query = select(table.c.as_of_size).where(table.c.as_of_size < below).group_by(table.c.as_of_size)
    enough = query.having(auditors >= needed).order_by(table.c.as_of_size.desc()).limit(1)
    found: int | None = connection.execute(enough).scalar()
    if found is None:
        found = connection.execute(query.order_by(auditors.desc(), table.c.as_of_size.desc()).limit(1)).scalar()
    return found
