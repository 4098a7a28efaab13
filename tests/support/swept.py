"""What the quick examination of a ledger finds out on its way, for tests that look at it."""

import tempfile
from pathlib import Path

from sqlalchemy import Connection

from ledger.config import Site
from ledger.store import engine as engines
from ledger.store import event_lists
from ledger.store.chain import Chain
from ledger.store.resting import Resting
from ledger.store.stretch import Ground
from ledger.store.sweep import Sweep, keys_over_time


def swept(site: Site, examined: Connection) -> Resting:
    """What an examination finds out about where units rest."""
    ground = Ground(
        database=site.ledger_db,
        immutable=False,
        origin=site.origin,
        accepts_simulated=False,
        window=event_lists.WINDOW_BATCHES,
        keys=keys_over_time(examined, site.origin),
    )
    with tempfile.TemporaryDirectory() as folder:
        engine = engines.open_beside(Path(folder) / "scratch.db", site.ledger_db, immutable=False)
        with engine.connect() as scratch, scratch.begin():
            sweep = Sweep(examined, scratch, ground, Chain(accepts_simulated=False))
            sweep.run(lambda _done, _of: None)
        engine.dispose()
    return sweep.resting
