"""What the views of one application share."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from flask import Flask, current_app

from ledger.accounts import Accounts, Policy
from ledger.api.metrics import Metrics
from ledger.append import Ledger
from ledger.clock import Clock
from ledger.config import Site
from ledger.core.labels.reading import Reading
from ledger.cosigning import Cosigning
from ledger.read.lateness import Late
from ledger.read.reader import Reader
from ledger.witness import Witness

EXTENSION = "xuemai"
WITNESS_SECONDS = 3.0
"""How long an export waits for witnesses; without them its verifier sees that they are missing."""


@dataclass(slots=True)
class Services:
    """What the views of one application share.

    Attributes:
        site: the site's configuration.
        ledger: the one writer.
        clock: the ledger's time, simulated on a demo site.
        wall: real time, by which sessions and tokens end even where the ledger's time is simulated.
        accounts: who may do what.
        reading: opens a reader with one snapshot.
        metrics: what is counted.
        policy: every route and its permission; the pages join theirs.
        labels: how labels are read: ISBT 128, and the site's own schemes and tables.
        witness: cosigns the checkpoints of partners; None where the site witnesses no log.
        cosigning: has this site's checkpoints cosigned; None where nobody is asked.
    """

    site: Site
    ledger: Ledger
    clock: Clock
    wall: Clock
    accounts: Accounts
    reading: Callable[[], AbstractContextManager[Reader]]
    metrics: Metrics
    policy: Policy
    labels: Reading
    witness: Witness | None = None
    cosigning: Cosigning | None = None

    def late(self) -> tuple[Late, ...]:
        """The gateways whose data are late now."""
        with self.reading() as reader:
            return reader.late(self.clock.now_ms())

    def publish(self) -> None:
        """Root the unit map, sign a checkpoint over all that is committed, and give witnesses a moment to cosign it.

        Raises:
            Rejected: the ledger is busy, cannot write, or stands still.
        """
        self.ledger.root_unit_map()
        self.ledger.sign_checkpoint()
        if self.cosigning is not None:
            self.cosigning.hurry(self.ledger.size, patience_seconds=WITNESS_SECONDS)


def services_of(app: Flask) -> Services:
    """The services of `app`."""
    found = app.extensions[EXTENSION]
    assert isinstance(found, Services)  # noqa: S101  for the type checker; `create_app` put it there
    return found


def services() -> Services:
    """The services of the application that answers the present request."""
    return services_of(current_app)
