"""How fast the ledger takes batches, and examines them: events a CPU-second, in process and over HTTP.

    python -m benchmarks.ingest [--events 30000] [--batch 500]

The batches are made and signed beforehand. In process, `Ledger.append_batch` takes them one after the other, and the
stopped site is examined as `xuemai fsck` does; over HTTP, a real `xuemai serve` takes the same batches on another new
site from one client that keeps its connection, and only the server's CPU time counts.

The yardstick of the same run is what nobody can do without: the same bytes into SQLite alone (WAL, `synchronous=FULL`,
a transaction a batch), each event's hash, each batch's tree and the chain from batch to batch. It parses nothing,
checks no signature, keeps no index but the row's number, and projects nothing. A ratio to it holds on other machines
too.
"""

import argparse
import hashlib
import json
import os
import secrets
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import urllib3

from ledger.append import Draft, Ledger
from ledger.clock import SystemClock
from ledger.config import Site
from ledger.core import batch as batches
from ledger.core import kinds
from ledger.core.batch import NO_PREVIOUS, Batch
from ledger.core.errors import Refused
from ledger.core.events import encode
from ledger.core.ids import format_instant
from ledger.core.keys import fingerprint, prove_possession
from ledger.core.note import format_vkey
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from ledger.fsck import examine
from ledger.init import make_site

GATEWAY, PLACE, UNITS = "gw-bench", "place:centre/fridge-1", 200
STREAM = f"{GATEWAY}/1/c"
SITE = Site(Path("site"), "bench.a9999.example", "production", 1, "Asia/Shanghai", "cn", "127.0.0.1", 8080)
KEY = SigningKey(hashlib.sha256(b"a benchmark's gateway").digest())
READY_SECONDS = 30


def tag(number: int) -> str:
    """The tag of a unit."""
    return f"tag:E280A9990000{number % UNITS:012X}"


def make(directory: Path, port: int = 8080) -> Site:
    """A new site with the benchmark's gateway, its place, and units with tags."""
    site = make_site(replace(SITE, directory=directory, port=port)).site
    signer = NoteSigner(f"{site.name}/{GATEWAY}", KEY)
    vkey = format_vkey(signer.verifier)
    proof = prove_possession(KEY, origin=site.origin, vkey=vkey)
    key = {"key": fingerprint(vkey), "vkey": vkey, "producer": GATEWAY, "proof": proof}
    named = {"organisation": "org:a9999", "name_zh": "血站", "name_en": "Blood centre"}
    stock = []
    for number in range(UNITS):
        unit = f"unit:A999926{number:06}.A0002V00"
        stock += [Draft(kinds.Opening, {"unit": unit, "place": PLACE})]
        stock += [Draft(kinds.TagAssociated, {"unit": unit, "tag": tag(number), "place": PLACE})]
    with Ledger(site, SystemClock()) as ledger:
        administration = [
            Draft(kinds.OrganisationAdded, {**named, "role": "blood_centre"}),
            Draft(kinds.PlaceAdded, {**named, "place": PLACE, "phase": "store"}),
            Draft(kinds.KeyAdded, key),
        ]
        answers = (ledger.record("site", administration), ledger.record("web", stock))
        if any(isinstance(answer, Refused) for answer in answers):
            raise SystemExit(f"the benchmark's site could not be made: {answers}")
    return site


def sealed(origin: str, *, events: int, size: int) -> list[bytes]:
    """Signed batches of tag arrivals, as they go over the wire."""
    signer, wires, previous = NoteSigner(f"{SITE.name}/{GATEWAY}", KEY), [], NO_PREVIOUS
    began_ms = SystemClock().now_ms()
    for first in range(1, events + 1, size):
        bodies = [arrival(seq, began_ms + seq) for seq in range(first, min(first + size, events + 1))]
        time_text = format_instant(began_ms + first)
        note = batches.compose(
            bodies, origin=origin, stream=STREAM, first=first, previous=previous, time=time_text
        ).format()
        previous = batches.text_hash(note)
        wires.append(batches.format_wire(Batch(sign_note(note, [signer]), tuple(bodies))))
    return wires


def arrival(seq: int, at_ms: int) -> bytes:
    """One event."""
    return encode(
        kinds.TagArrived(
            v=1,
            stream=STREAM,
            seq=seq,
            nonce=secrets.token_hex(16),
            time=format_instant(at_ms),
            clock="synchronised",
            place=PLACE,
            tag=tag(seq),
            device=f"device:{GATEWAY}/shelf",
            antenna=1,
            reads=2,
            rssi_centi_dbm=-5500,
        )
    )


def figures(events: int, cpu_seconds: float, wall_seconds: float) -> dict[str, float]:
    """How every part of the run is told."""
    return {
        "events_per_cpu_second": round(events / cpu_seconds),
        "events_per_second": round(events / wall_seconds),
        "cpu_seconds": round(cpu_seconds, 3),
    }


def measured(events: int, run: Callable[[], None]) -> dict[str, float]:
    """Run something in this process; what it cost."""
    cpu, wall = time.process_time(), time.perf_counter()
    run()
    return figures(events, time.process_time() - cpu, time.perf_counter() - wall)


def yardstick(path: Path, wires: list[bytes], events: int) -> dict[str, float]:
    """The same bytes into SQLite alone, hashed, treed and chained."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE batches (id INTEGER PRIMARY KEY, chain BLOB NOT NULL, note BLOB NOT NULL) STRICT")
    connection.execute("CREATE TABLE rows (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL, body BLOB NOT NULL) STRICT")

    def insert() -> None:
        chain = bytes(32)
        for wire in wires:
            note, *bodies = wire.splitlines()
            leaves = [hashlib.sha256(b"\0" + body).digest() for body in bodies]
            chain = hashlib.sha256(chain + tree(leaves)).digest()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("INSERT INTO batches (chain, note) VALUES (?, ?)", (chain, note))
            connection.executemany("INSERT INTO rows (leaf, body) VALUES (?, ?)", zip(leaves, bodies, strict=True))
            connection.execute("COMMIT")

    told = measured(events, insert)
    connection.close()
    return told


def tree(level: list[bytes]) -> bytes:
    """The RFC 6962 root over leaf hashes, with nothing of ours."""
    while len(level) > 1:
        odd = level[len(level) & ~1 :]
        pairs = zip(level[::2], level[1::2], strict=False)
        level = [hashlib.sha256(b"\1" + left + right).digest() for left, right in pairs] + odd
    return level[0]


def in_process(folder: Path, *, events: int, size: int) -> tuple[dict[str, float], dict[str, float]]:
    """`Ledger.append_batch`, one batch after the other; then the examination of the stopped site."""
    site = make(folder / "in-process")
    wires = sealed(site.origin, events=events, size=size)
    with Ledger(site, SystemClock()) as ledger:

        def append() -> None:
            for wire in wires:
                ledger.append_batch(wire)

        appended = measured(events, append)

    def audit() -> None:
        report = examine(site)
        if not report.ok:
            raise SystemExit(f"the benchmark's own ledger is bad: {report.first_bad}")

    return appended, measured(events, audit)


def over_http(folder: Path, *, events: int, size: int) -> dict[str, float]:
    """The same over HTTP; the server's CPU time counts, with its publisher's."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port: int = asking.getsockname()[1]
    site = make(folder / "http", port)
    wires = sealed(site.origin, events=events, size=size)
    command = [str(Path(sys.executable).with_name("xuemai")), "serve", "--site", str(site.directory)]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", port, maxsize=1, retries=False)
        wait_until_ready(pool, server)
        cpu, wall = cpu_seconds_of(server.pid), time.perf_counter()
        for wire in wires:
            answer = pool.request("POST", "/v1/batches", body=wire, headers={"Content-Type": "application/x-ndjson"})
            if answer.status != 200:
                raise SystemExit(f"the server refused a batch: {answer.status} {answer.data.decode()}")
        return figures(events, cpu_seconds_of(server.pid) - cpu, time.perf_counter() - wall)
    finally:
        server.terminate()
        server.wait()


def wait_until_ready(pool: urllib3.HTTPConnectionPool, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server can write."""
    give_up_at = time.monotonic() + READY_SECONDS
    while time.monotonic() < give_up_at and server.poll() is None:
        try:
            if pool.request("GET", "/readyz").status == 200:
                return
        except urllib3.exceptions.HTTPError:
            pass
        time.sleep(0.05)
    raise SystemExit("the server did not become ready")


def cpu_seconds_of(process: int) -> float:
    """User and system time of another process, from Linux's /proc, in hundredths of a second."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(arguments: list[str]) -> int:
    """Measure all of them; print one JSON object."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=30_000, help="how many events in all")
    asked.add_argument("--batch", type=int, default=500, choices=range(1, batches.MAX_EVENTS + 1), metavar="1-1024")
    options = asked.parse_args(arguments)
    events, size = options.events, options.batch
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = yardstick(folder / "raw.db", sealed(SITE.origin, events=events, size=size), events)
        appended, audited = in_process(folder, events=events, size=size)
        found = {
            "sqlite_alone": alone,
            "in_process": appended,
            "fsck": audited,
            "http": over_http(folder, events=events, size=size),
        }
    raw = found["sqlite_alone"]["events_per_cpu_second"]
    for figure in found.values():
        figure["ratio_to_sqlite_alone"] = round(figure["events_per_cpu_second"] / raw, 3)
    print(json.dumps({"events": events, "batch": size, **found}, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
