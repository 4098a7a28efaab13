"""The tables of accounts.db. Everything here can be erased; nothing here is proof of anything in the log."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

SCHEMA_VERSION = 1
APPLICATION_ID = 0x584D4143
"""`XMAC` in ASCII, in the file's header, so that a ledger database cannot be opened by mistake."""

metadata = MetaData()

users = Table(
    "users",
    metadata,
    Column("person", Text, primary_key=True),
    Column("login", Text, nullable=False, unique=True),
    Column("printed_name", Text, nullable=False),
    Column("organisation", Text),
    Column("password", Text),
    Column("disabled", Integer, nullable=False, default=0),
    Column("created_ms", Integer, nullable=False),
)

user_roles = Table(
    "user_roles",
    metadata,
    Column("person", ForeignKey("users.person", ondelete="CASCADE"), primary_key=True),
    Column("role", Text, primary_key=True),
)

codes = Table(
    "codes",
    metadata,
    Column("person", ForeignKey("users.person", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", LargeBinary, nullable=False, unique=True),
    Column("expires_ms", Integer, nullable=False),
)
"""One one-time code a person; a new one replaces the old."""

sessions = Table(
    "sessions",
    metadata,
    Column("id_hash", LargeBinary, primary_key=True),
    Column("person", ForeignKey("users.person", ondelete="CASCADE"), nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("seen_ms", Integer, nullable=False),
    Column("address", Text, nullable=False),
    Index("sessions_of_person", "person"),
)

tokens = Table(
    "tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person", ForeignKey("users.person", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("expires_ms", Integer, nullable=False),
    Column("revoked_ms", Integer),
    Index("tokens_of_person", "person"),
)

failures = Table(
    "failures",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", LargeBinary, nullable=False),
    Column("time_ms", Integer, nullable=False),
    Index("failures_of_subject", "subject", "time_ms"),
)
"""Failed sign-ins, by SHA-256 of the login or the address: a login that does not exist leaves no name behind."""

audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("time_ms", Integer, nullable=False),
    Column("actor", Text),
    Column("action", Text, nullable=False),
    Column("subject", Text),
    Column("outcome", Text, CheckConstraint("outcome IN ('done', 'denied')"), nullable=False),
    Column("detail", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("link", LargeBinary, nullable=False),
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("case_number", Text, nullable=False, index=True),
    Column("person", Text, nullable=False),
    Column("time_ms", Integer, nullable=False),
    Column("text", Text, nullable=False),
)
"""What was noted on a case of recall or lookback: names and telephone numbers among it."""

GUARDS = tuple(
    f"CREATE TRIGGER audit_keeps_{act} BEFORE {act} ON audit BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    for act in ("update", "delete")
)
"""With `recursive_triggers`, they hold against INSERT OR REPLACE as well."""
