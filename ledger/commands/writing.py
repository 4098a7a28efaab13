"""The ledger, open for one command: as before a server's start, its witnesses are asked before anything is signed.

Which of them are asked, and what their answers mean, is `ledger.cosigning`'s. Commands open the ledger here and nowhere
else, so that a database which an older copy was put back into is stopped by its witness whoever opens it.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from ledger.append import Ledger
from ledger.clock import clock_of
from ledger.config import Site
from ledger.cosigning import Cosigning


@contextmanager
def open_to_write(site: Site) -> Iterator[Ledger]:
    """A site's ledger; if a witness saw more of it, or another history, it stands still and signs nothing.

    Raises:
        ConfigError: a server writes, the database does not continue what was signed, or a witness that has to answer
            before the start (`witnesses.at_start`) did not.
    """
    with Ledger(site, clock_of(site)) as ledger:
        if site.outside.witnesses:
            # What is told of witnesses stands beside the command's own words, which may be JSON.
            structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(sys.stderr))
            Cosigning(ledger).begin()
        yield ledger
