"""The throttle on sign-ins: how long a login or an address must wait after its failures.

Ten failures within 15 minutes begin a delay that doubles with each further one, to five minutes at most, so that a
forgotten password costs minutes and a search through passwords takes years. After 100 failures without a success the
login takes no password any more until an administrator issues a new code (NIST SP 800-63B-4 §3.2.2). Many people sit
behind one address, so that an address is allowed more.
"""

import hashlib

from sqlalchemy import Connection, delete, func, insert, select

from ledger.accounts.tables import failures

WINDOW_MS = 15 * 60 * 1000
FREE_FAILURES = 10
FREE_FAILURES_OF_ADDRESS = 50
MAX_DELAY_MS = 5 * 60 * 1000
MAX_CONSECUTIVE = 100
KEPT_MS = 30 * 24 * 60 * 60 * 1000


def wait_ms(connection: Connection, *, login: str, address: str, now_ms: int) -> int:
    """How long this login at this address must wait before a password is looked at."""
    return max(
        _wait(connection, _login(login), FREE_FAILURES, now_ms),
        _wait(connection, _address(address), FREE_FAILURES_OF_ADDRESS, now_ms),
    )


def is_locked(connection: Connection, login: str) -> bool:
    """Whether so many failures in a row came that only a new code helps."""
    query = select(func.count()).where(failures.c.subject == _login(login))
    return int(connection.execute(query).scalar_one()) >= MAX_CONSECUTIVE


def count_failure(connection: Connection, *, login: str, address: str, now_ms: int) -> None:
    """Remember one failure of the login and of the address."""
    connection.execute(delete(failures).where(failures.c.time_ms < now_ms - KEPT_MS))
    rows = [{"subject": subject, "time_ms": now_ms} for subject in (_login(login), _address(address))]
    connection.execute(insert(failures), rows)


def forget_failures(connection: Connection, login: str) -> None:
    """The login succeeded, or got a new code."""
    connection.execute(delete(failures).where(failures.c.subject == _login(login)))


def _wait(connection: Connection, subject: bytes, free: int, now_ms: int) -> int:
    query = select(func.count(), func.max(failures.c.time_ms)).where(
        failures.c.subject == subject, failures.c.time_ms > now_ms - WINDOW_MS
    )
    found = connection.execute(query).one()
    count, latest = int(found[0]), found[1]
    if count < free:
        return 0
    delay = min(1000 << min(count - free, 20), MAX_DELAY_MS)
    # A clock that was set back must not lock anyone out for longer than the delay.
    return max(0, min(delay, int(latest) + delay - now_ms))


def _login(login: str) -> bytes:
    return hashlib.sha256(b"login\0" + login.encode(errors="surrogatepass")).digest()


def _address(address: str) -> bytes:
    return hashlib.sha256(b"address\0" + address.encode()).digest()
