"""What is kept that speaks against a producer, or against the ledger itself: forks, and statements of its own."""

from sqlalchemy import Connection, select

from ledger.core import batch as batches
from ledger.core.errors import FormatError, Refused
from ledger.core.keys import KeyState
from ledger.core.signing import verify_note
from ledger.fsck.report import Report
from ledger.store import tables as t
from ledger.store.bad import BadPlaceError
from ledger.store.chain import Chain
from ledger.store.contradictions import digest as contradiction_digest
from ledger.store.forks import fork_digest


def check_forks(examined: Connection, scratch: Connection, chain: Chain, keys: KeyState, report: Report) -> None:
    """Every fork kept as evidence is a signed note of its stream; each quarantines that stream in `scratch`."""
    names = {row.id: row.name for row in examined.execute(select(t.streams))}
    count = 0
    for row in examined.execute(select(t.forks).order_by(t.forks.c.id)):
        stream = names.get(row.stream_id, "")
        reason = _fork_problem(stream, row.first_seq, bytes(row.note), keys)
        digest = fork_digest(row.id, row.stream_id, row.first_seq, bytes(row.note), row.seen_ms)
        if reason is None and digest != row.digest:
            reason = f"a row with digest {digest.hex()}, stored is {bytes(row.digest).hex()}"
        if reason is not None:
            raise BadPlaceError("forks", "forks", f"id={row.id}", expected="evidence as it was kept", found=reason)
        chain.quarantine(scratch, stream)
        count += 1
    report.checks.append(f"forks: {count} kept as evidence")


def _fork_problem(stream: str, first_seq: int, note: bytes, keys: KeyState) -> str | None:
    try:
        signed, text = batches.read_note(note)
    except FormatError as error:
        return str(error)
    line = signed.signatures[0]
    known = keys.find(name=line.name, key_id=line.key_id)
    if known is None:
        return f"a note of {line.name}, which is no key of the log"
    verified = verify_note(signed, [known.key])
    if isinstance(verified, Refused):
        return verified.reason
    if (text.stream, text.first) != (stream, first_seq):
        return f"a note of {text.stream} {text.first}"
    return None


def check_contradictions(examined: Connection, report: Report) -> None:
    """A log that its own ledger's signatures contradict went back, or is one of two."""
    for row in examined.execute(select(t.contradictions).order_by(t.contradictions.c.id)):
        statement = bytes(row.statement)
        if contradiction_digest(row.id, statement, row.seen_ms) != row.digest:
            found = "a row that was altered"
        else:
            found = statement.decode("utf-8", "replace")
        expected = "nothing signed by this ledger that its log does not bear out"
        raise BadPlaceError("contradictions", "contradictions", f"id={row.id}", expected=expected, found=found)
    report.checks.append("contradictions: nobody holds what this log does not bear out, as far as it was shown")
