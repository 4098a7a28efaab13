"""The lock of a site whose database only one process may write."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ledger.config import Site
from ledger.core.errors import ConfigError


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Hold `ledger.lock`; the system lets it go when the process ends, however it ends.

    Raises:
        ConfigError: another process holds it.
    """
    descriptor = os.open(site.lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ConfigError(f"{site.lock}: another process writes this ledger; stop it, or ask it") from error
        yield
    finally:
        os.close(descriptor)
