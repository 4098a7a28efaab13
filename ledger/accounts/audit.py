"""The audit of sign-ins, denials and administrative acts: append-only, numbered, each line linked to the one before.

An entry is written in the transaction of the act that it tells of: if it cannot be written, the act did not happen.
"""

import hashlib
from dataclasses import astuple

import msgspec
from sqlalchemy import Connection, insert, select

from ledger.accounts.tables import audit
from ledger.accounts.values import Actor, AuditEntry

_FIRST_LINK = bytes(32)
_COLUMNS = [column for column in audit.columns if column.name != "link"]


def record(  # noqa: PLR0913  one line of the audit has these fields
    connection: Connection,
    actor: Actor,
    action: str,
    *,
    now_ms: int,
    subject: str | None = None,
    outcome: str = "done",
    detail: str = "",
) -> None:
    """Write one entry, in the caller's transaction.

    Args:
        connection: the transaction of the act.
        actor: who, and from where.
        action: what, as one word.
        now_ms: when.
        subject: to whom or what.
        outcome: `done` or `denied`.
        detail: a few words; the caller keeps passwords, codes, tokens and typed logins out.
    """
    last = connection.execute(select(audit.c.number, audit.c.link).order_by(audit.c.number.desc()).limit(1)).first()
    number, link = (last.number, last.link) if last else (0, _FIRST_LINK)
    entry = AuditEntry(
        number=number + 1,
        time_ms=now_ms,
        actor=actor.person,
        action=action,
        subject=subject,
        outcome=outcome,
        detail=detail,
        address=actor.address,
    )
    values = dict(zip((column.name for column in _COLUMNS), astuple(entry), strict=True))
    connection.execute(insert(audit).values(**values, link=_link(link, entry)))


def entries(connection: Connection, *, limit: int, before: int | None = None) -> tuple[AuditEntry, ...]:
    """The newest entries first; `before` a number, for the next page."""
    query = select(*_COLUMNS).order_by(audit.c.number.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.number < before)
    return tuple(AuditEntry(*row) for row in connection.execute(query))


def first_bad(connection: Connection) -> int | None:
    """The number of the first entry that is missing or was changed; None if every link holds."""
    link = _FIRST_LINK
    rows = connection.execute(select(*_COLUMNS, audit.c.link).order_by(audit.c.number))
    for expected, row in enumerate(rows, start=1):
        entry = AuditEntry(*row[:-1])
        link = _link(link, entry)
        if entry.number != expected or row.link != link:
            return expected
    return None


def _link(previous: bytes, entry: AuditEntry) -> bytes:
    return hashlib.sha256(b"xuemai/audit/v1\0" + previous + msgspec.json.encode(astuple(entry))).digest()
