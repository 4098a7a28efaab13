"""The same events into other packages, beside the ledger and its yardstick, in one run.

    python -m venv PEERS && PEERS/bin/pip install sqlalchemy eventsourcing pymerkle
    python -m benchmarks.peers --venv PEERS [--events 20000]

Every one stores the same bytes on SQLite, durably (WAL, `synchronous=FULL`), 256 a transaction. A peer is a process of
its own with PEERS' interpreter and measures its own CPU time, after imports and tables. The ledger is the writer alone,
without HTTP and without the publisher that signs checkpoints. They do not do the same work: `gives` and `lacks` say
what each has to show for its time. One JSON object; a peer that is not installed is named in it with what to install.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.bench.report import Cost, measured
from ledger.bench.takers import OwnWriter
from ledger.bench.traffic import GatewayVoice, Traffic, make
from ledger.bench.yardstick import Yardstick

BATCH = 256
_TAKING = Path(__file__).with_name("taking.py")
_MISSING = 3  # taking.MISSING; that file belongs to the other interpreter
_DURABLE = {"journal": "wal", "synchronous": 2}


@dataclass(frozen=True, slots=True)
class Peer:
    """Another package, and what one has after it took the events.

    Attributes:
        module: the file beside this one that drives it.
        package: what to install.
        gives: what its users have.
        lacks: what the ledger gives and it does not.
    """

    module: str
    package: str
    gives: str
    lacks: str


PEERS = {
    "audit table": Peer(
        "audit_table",
        "sqlalchemy",
        "rows, a subject's rows by an index",
        "hash chain or tree, signatures, proofs for outsiders, projections",
    ),
    "eventsourcing": Peer(
        "event_store",
        "eventsourcing",
        "numbered events of each subject, lost updates refused, one order for all (its projections not measured)",
        "hash chain or tree, signatures, proofs for outsiders",
    ),
    "pymerkle": Peer(
        "merkle_tree",
        "pymerkle",
        "RFC 9162 tree, a root a batch, inclusion and consistency proofs for outsiders",
        "signatures, a subject's events, projections",
    ),
}
LEDGER_GIVES = (
    "verified signatures and chains of gateways, RFC 6962 tree, signed receipts, proofs for outsiders, projections"
)
YARDSTICK_GIVES = "rows, a hash chain and an RFC 6962 root a batch; nothing is parsed or looked up"


def measure(folder: Path, venv: Path, events: int) -> dict[str, object]:
    """Everybody takes the same events, one after the other, in files of `folder`."""
    traffic = Traffic(events, BATCH)
    site = make(folder / "site", traffic)
    wires = list(GatewayVoice(site, traffic, 0).say(events))
    batches = [wire.split(b"\n")[1:-1] for wire in wires]
    (folder / "bodies").write_bytes(b"".join(body + b"\n" for bodies in batches for body in bodies))

    stored = _stored(folder / "yardstick.db", batches, events)
    with OwnWriter(site) as writer:
        taken = writer.take([wires], events)
    told: dict[str, dict[str, object]] = {
        "ledger": {**taken.figures(), **taken.ratios(stored), "gives": LEDGER_GIVES},
        "yardstick": {**stored.figures(), "gives": YARDSTICK_GIVES},
    }
    missing: dict[str, str] = {}
    for name, peer in PEERS.items():
        cost = taken_by(peer, venv, folder, events)
        if cost is None:
            missing[name] = f"{venv}/bin/pip install {peer.package}"
        else:
            told[name] = {**cost.figures(), **cost.ratios(stored), "gives": peer.gives, "lacks": peer.lacks}
    return {"bench": "peers", "events": events, "batch": BATCH, "database": "sqlite", "took": told, "missing": missing}


def taken_by(peer: Peer, venv: Path, folder: Path, events: int) -> Cost | None:
    """What a peer took for the bodies in `folder`; None where its package is not installed.

    Raises:
        SystemExit: it stored another number of events, or not durably.
    """
    command = [venv / "bin" / "python", "-E", _TAKING, peer.module, folder / "bodies", folder / f"{peer.module}.db"]
    ran = subprocess.run([*command, str(BATCH)], check=False, stdout=subprocess.PIPE, text=True)
    if ran.returncode == _MISSING:
        return None
    ran.check_returncode()
    said = json.loads(ran.stdout)
    found = {name: said[name] for name in ("stored", *_DURABLE)}
    if found != {"stored": events, **_DURABLE}:
        raise SystemExit(f"{peer.package}: expected {events} events stored with {_DURABLE}, found {found}")
    return Cost(events, said["cpu_seconds"], said["wall_seconds"])


def main(arguments: list[str]) -> int:
    """Measure everybody; print one JSON object."""
    asked = argparse.ArgumentParser(
        prog="benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("--venv", type=Path, required=True, help="the virtual environment with the peers in it")
    asked.add_argument("--events", type=int, default=20_000, help="how many events each takes")
    given = asked.parse_args(arguments)
    if not (given.venv / "bin" / "python").exists():
        packages = " ".join(peer.package for peer in PEERS.values())
        asked.error(f"no bin/python in {given.venv}: python -m venv {given.venv}, then install {packages} there")
    with tempfile.TemporaryDirectory(prefix="xuemai-peers-") as folder:
        print(json.dumps(measure(Path(folder), given.venv, given.events), indent=2))
    return 0


def _stored(path: Path, batches: Sequence[Sequence[bytes]], events: int) -> Cost:
    yardstick = Yardstick(path)
    try:
        return measured(events, lambda: [yardstick.take(bodies) for bodies in batches])
    finally:
        yardstick.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
