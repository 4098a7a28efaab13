"""Passwords: what is accepted as one, and argon2id, one hash at a time.

A flood of sign-ins must not slow the ingest of scans: one hash runs, a few wait, the rest is turned away at once. A
login that does not exist costs the same hash as one that does. Source: NIST SP 800-63B-4 §3.1.1 (length over
composition, no rules on characters), RFC 9106 §4 (second recommended parameters, argon2-cffi's defaults).
"""

import secrets
import threading
import unicodedata
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.accounts.values import TurnedAway
from ledger.core.errors import XuemaiError

MIN_CHARACTERS = 12
MAX_CHARACTERS = 256
WAITING = 4
"""How many may wait for the one slot; at 40 ms a hash that is a sixth of a second."""


class BusyError(XuemaiError):
    """Too many passwords are being checked at this moment."""


class Passwords:
    """Makes and checks argon2id hashes in one slot.

    Args:
        hasher: with its parameters.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._slot = threading.Lock()
        self._admitted = threading.BoundedSemaphore(1 + WAITING)

    @cached_property
    def _dummy(self) -> str:
        """What a login that does not exist is compared with; made at the first comparison of any kind."""
        return self._hasher.hash(secrets.token_urlsafe(16))

    def hash(self, password: str) -> str:
        """The hash to store.

        Raises:
            BusyError: the queue is full.
        """
        with _Turn(self._admitted, self._slot):
            return self._hasher.hash(normal(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one; `stored` None (nobody, or none set yet) takes as long and is False.

        Raises:
            BusyError: the queue is full.
        """
        with _Turn(self._admitted, self._slot):
            dummy = self._dummy
            try:
                self._hasher.verify(stored or dummy, normal(password))
            except (VerificationError, InvalidHashError):
                return False
        return stored is not None

    def is_dated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)


class _Turn:
    """A place in the short queue, then the slot."""

    def __init__(self, admitted: threading.BoundedSemaphore, slot: threading.Lock) -> None:
        self._admitted = admitted
        self._slot = slot

    def __enter__(self) -> None:
        if not self._admitted.acquire(blocking=False):
            raise BusyError("too many sign-ins at this moment; try again in a few seconds")
        self._slot.acquire()

    def __exit__(self, *_: object) -> None:
        self._slot.release()
        self._admitted.release()


def normal(password: str) -> str:
    """One spelling for what keyboards and input methods write in several (NFKC); what cannot be a password is empty."""
    if len(password) > MAX_CHARACTERS or any("\ud800" <= character <= "\udfff" for character in password):
        return ""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, *, login: str) -> TurnedAway | None:
    """Why `password` cannot be chosen by the person with this login; None if it can."""
    spelt = normal(password)
    if not MIN_CHARACTERS <= len(spelt) <= MAX_CHARACTERS:
        return TurnedAway("password", f"expected a password of {MIN_CHARACTERS} to {MAX_CHARACTERS} characters")
    if spelt.casefold() == login.casefold():
        return TurnedAway("password", "expected a password other than the login name")
    return None
