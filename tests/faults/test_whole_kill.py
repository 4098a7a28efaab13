"""kill -9 of gateway and ledger in mid-flow: nothing stored is lost, nothing is there twice, nothing is made up.

A scanner scans and tags come and go at a reader while, ten times, a seeded choice kills the gateway (three times in
four) or the ledger. Afterwards everything drains, and the invariants of `tests.support.invariants` are checked on the
files. Then copies of those files are broken, one invariant at a time, to see that each would have been noticed.
"""

import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from firmware_mocks.children import Device
from tests.support import invariants, log_checker, sites
from tests.support.contents import Events, events_in, put_events
from tests.support.invariants import Evidence, broken, read_log, read_outbox
from tests.support.processes import device, ending, wait_for

KILLS = 10
SEED = 20260301
GATEWAY_SHARE = 0.75
IN_FULL_FLOW_SHARE = 0.7
CUSTODY = f"{sites.GATEWAY}/1/c"
EPCS = [f"E280A999000000000000{number:04X}" for number in range(1, 7)]
STRANGER = "300833B2DDD9014000000000"
UNITS = {f"unit:A9999261000{number:02}.A0002V00": [epc] for number, epc in enumerate(EPCS)}
DEVICES = """
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "m100"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
interval_seconds = 0.2
leave_after_seconds = 1.0
known_tags = ["E280A999"]
[[scanner]]
name = "desk"
port = "scanner"
place = "place:centre/bench"
"""

pytestmark = pytest.mark.slow


@dataclass
class Day:
    """Devices that never rest, and somebody who writes down what they gave and what the gateway showed as stored."""

    whole: sites.WholeSite
    scanner: Device
    reader: Device
    chance: random.Random
    produced: set[str] = field(default_factory=set)
    promised: dict[invariants.Place, bytes] = field(default_factory=dict)
    scans: int = 0
    over: threading.Event = field(default_factory=threading.Event)
    mistakes: list[BaseException] = field(default_factory=list)

    def scan(self) -> str:
        """Scan the next donation number; the fact that it is."""
        self.scans += 1
        din = f"A999926{self.scans:06}"
        fact = f"scan din:{din}"
        self.produced.add(fact)
        self.scanner.ask("scan", text=f"={din}00")
        return fact

    def work(self) -> None:
        """Scan, and let tags come and go, until the day is over."""
        while not self.over.wait(self.chance.uniform(0.05, 0.15)):
            self.scan()
            if self.scans % 5 == 0:
                here = self.chance.sample([*EPCS, STRANGER], k=self.chance.randrange(0, len(EPCS)))
                self.show(here)

    def show(self, epcs: list[str]) -> None:
        """Put tags before the antenna, and no others."""
        self.produced |= {f"stranger tag:{epc}" if epc == STRANGER else f"tag tag:{epc}" for epc in epcs}
        self.reader.ask("field", tags=[{"epc": epc, "antenna": 1, "rssi": -55} for epc in epcs])

    def watch(self) -> None:
        """Remember every event that was once in the outbox."""
        while not self.over.wait(0.03):
            self.note()

    def note(self) -> None:
        """Remember every event that is in the outbox now; a file that is just being recovered is looked at later."""
        with suppress(sqlite3.OperationalError):
            self.promised |= read_outbox(self.whole.gateway_folder / "outbox.db").events

    def wait_until_something_is_stored(self) -> None:
        """Wait until the gateway shows an event that it had not shown before."""
        stored = len(self.promised)
        wait_for(lambda: len(self.promised) > stored, "something to be stored", self.whole.gateway)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Work and watch in the background; a mistake there is a failure here."""
        threads = [threading.Thread(target=self._told, args=(each,)) for each in (self.work, self.watch)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self.over.set()
            for thread in threads:
                thread.join()
        assert self.mistakes == []

    def _told(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as mistake:  # noqa: BLE001  told to the test's own thread
            self.mistakes.append(mistake)


@dataclass(frozen=True)
class Aftermath:
    """The files of a site at rest, and what is known beside them."""

    whole: sites.WholeSite
    promised: dict[invariants.Place, bytes]
    produced: frozenset[str]
    last_scan: str
    killed: dict[str, int]

    @property
    def ledger_db(self) -> Path:
        return self.whole.site.ledger_db

    @property
    def outbox_db(self) -> Path:
        return self.whole.gateway_folder / "outbox.db"

    def evidence(self) -> Evidence:
        return Evidence(self.promised, read_outbox(self.outbox_db), read_log(self.ledger_db), self.produced)


@pytest.fixture(scope="module")
def aftermath(tmp_path_factory: pytest.TempPathFactory) -> Aftermath:
    folder = tmp_path_factory.mktemp("kills")
    whole = sites.make(folder, DEVICES, units=UNITS)
    chance = random.Random(SEED)  # noqa: S311  a run that can be repeated
    links = {name: str(whole.gateway_folder / name) for name in ("m100", "scanner")}
    with (
        device("m100_uhf", "--link", links["m100"], log=folder / "m100.log") as reader,
        device("barcode_scanner", "--link", links["scanner"], log=folder / "scanner.log") as scanner,
        ending(whole.gateway, whole.server),
    ):
        day = Day(whole, scanner, reader, random.Random(SEED + 1))  # noqa: S311  the same
        whole.server.start_and_wait()
        whole.gateway.start()
        wait_for(lambda: whole.counts("shelf"), "the gateway to begin", whole.gateway)
        with day.going_on():
            killed = kill_again_and_again(day, chance)
        last_scan = come_to_rest(day)
    return Aftermath(whole, day.promised, frozenset(day.produced), last_scan, killed)


def kill_again_and_again(day: Day, chance: random.Random) -> dict[str, int]:
    """Kill one or the other, and start it again at once; how often which."""
    whole, killed = day.whole, {"gateway": 0, "ledger": 0}
    for _ in range(KILLS):
        if chance.random() < IN_FULL_FLOW_SHARE:
            day.wait_until_something_is_stored()
        # The others are killed in the middle of starting, mostly.
        time.sleep(chance.uniform(0.1, 1.0))
        victim = whole.gateway if chance.random() < GATEWAY_SHARE else whole.server
        killed["gateway" if victim is whole.gateway else "ledger"] += 1
        victim.kill()
        victim.start()
    return killed


def come_to_rest(day: Day) -> str:
    """Everybody lives again: one more scan comes through, everything drains, and both stop as they should."""
    whole = day.whole
    wait_for(whole.server.is_ready, "the ledger to be back", whole.server)
    day.show([])

    last: list[str] = []

    def last_scan_is_stored() -> bool:
        # The gateway may still be starting, and a scan that nobody hears is nobody's promise: scan again.
        last.append(day.scan())
        day.note()
        return any(invariants.fact_of(body) in last for body in day.promised.values())

    wait_for(last_scan_is_stored, "a scan to be stored", whole.gateway)
    wait_for(lambda: read_outbox(whole.gateway_folder / "outbox.db").waiting == 0, "receipts", whole.gateway)
    assert whole.gateway.stop() == 0
    day.note()
    assert whole.server.stop() == 0
    return next(fact for body in day.promised.values() if (fact := invariants.fact_of(body)) in last)


def test_nothing_stored_is_lost_nothing_is_twice_nothing_is_made_up(aftermath: Aftermath) -> None:
    evidence = aftermath.evidence()
    assert broken(evidence) == []
    assert aftermath.killed["gateway"] > aftermath.killed["ledger"] > 0
    assert len(aftermath.promised) > 2 * KILLS, "too little happened for the test to mean anything"
    assert evidence.outbox.waiting == 0
    in_log = {invariants.fact_of(body) for batch in evidence.log for _, body in batch.events}
    assert aftermath.last_scan in in_log
    assert {f"tag tag:{epc}" for epc in EPCS} & in_log


def test_every_projection_equals_the_fold_and_every_signature_holds(aftermath: Aftermath) -> None:
    assert aftermath.whole.fsck()["first_bad"] is None
    policy = aftermath.whole.site.policy_file.read_text().split()
    log_key = policy[policy.index("log") + 1]
    checked = log_checker.check_log(aftermath.ledger_db, log_key=log_key)
    assert checked.events == sum(len(batch.events) for batch in aftermath.evidence().log)


# ── the same files, broken on purpose ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def copied(aftermath: Aftermath, tmp_path: Path) -> Aftermath:
    """Copies of everything, whose guards are gone, so that they can be broken."""
    shutil.copytree(aftermath.whole.site.directory, tmp_path / "site")
    shutil.copytree(
        aftermath.whole.gateway_folder, tmp_path / "gateway", ignore=shutil.ignore_patterns("m100", "scanner")
    )
    site = replace(aftermath.whole.site, directory=tmp_path / "site")
    site.seal.unlink()
    whole = replace(aftermath.whole, site=site, gateway_folder=tmp_path / "gateway")
    with changing(site.ledger_db) as database:
        for (name,) in database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
    return replace(aftermath, whole=whole)


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def last_batch(database: sqlite3.Connection) -> int:
    """The log index of the last custody batch in the log."""
    query = "SELECT max(log_index) FROM batches JOIN streams ON streams.id = stream_id WHERE name = ?"
    log_index: int = database.execute(query, [CUSTODY]).fetchone()[0]
    return log_index


def delete_an_event(database: sqlite3.Connection) -> None:
    batch = last_batch(database)
    held = events_in(database, batch)
    put_events(database, batch, Events(held.leaves[:-1], held.bodies[:-1]))


def delete_a_batch(database: sqlite3.Connection, *, which: str = "max") -> None:
    query = "SELECT min(log_index), max(log_index) FROM batches JOIN streams ON streams.id = stream_id WHERE name = ?"
    first, last = database.execute(query, [CUSTODY]).fetchone()
    batch = [last if which == "max" else first]
    database.execute("DELETE FROM contents WHERE event_id / 1024 = ?", batch)
    database.execute("DELETE FROM batches WHERE log_index = ?", batch)


def take_a_batch_out_of_its_chain(database: sqlite3.Connection) -> None:
    delete_a_batch(database, which="min")


def alter_an_event(database: sqlite3.Connection) -> None:
    batch = last_batch(database)
    held = events_in(database, batch)
    held.bodies[-1] = held.bodies[-1].replace(b"2", b"3")
    put_events(database, batch, held)


def repeat_an_event(database: sqlite3.Connection) -> None:
    """The first event of the last batch stands at the end of the batch before it, too."""
    query = (
        "SELECT log_index FROM batches JOIN streams ON streams.id = stream_id WHERE name = ? ORDER BY 1 DESC LIMIT 2"
    )
    (last,), (before,) = database.execute(query, [CUSTODY]).fetchall()
    held, repeated = events_in(database, before), events_in(database, last)
    put_events(database, before, Events([*held.leaves, repeated.leaves[0]], [*held.bodies, repeated.bodies[0]]))


def move_an_event(database: sqlite3.Connection) -> None:
    database.execute("UPDATE batches SET first_seq = first_seq + 1000 WHERE log_index = ?", [last_batch(database)])


@pytest.mark.parametrize(
    ("break_it", "invariant"),
    [
        (delete_an_event, "acknowledged in L, byte for byte"),
        (delete_a_batch, "R in L"),
        (take_a_batch_out_of_its_chain, "every chain gap-free and linked"),
        (alter_an_event, "acknowledged in L, byte for byte"),
        (repeat_an_event, "no place twice in L"),
        (move_an_event, "every event where its bytes say"),
    ],
)
def test_a_broken_ledger_is_noticed(
    break_it: Callable[[sqlite3.Connection], None], invariant: str, copied: Aftermath
) -> None:
    with changing(copied.ledger_db) as database:
        break_it(database)
    assert invariant in {found.partition(":")[0] for found in broken(copied.evidence())}
    assert copied.whole.fsck()["first_bad"] is not None


def test_an_altered_sequence_number_in_the_outbox_is_noticed(copied: Aftermath) -> None:
    with changing(copied.outbox_db) as database:
        database.execute("UPDATE events SET seq = seq + 1000 WHERE seq = 2 AND stream = ?", [CUSTODY])
    assert [found.partition(":")[0] for found in broken(copied.evidence())] == ["everything in L was produced"]


def test_a_receipt_for_something_else_is_noticed(copied: Aftermath) -> None:
    with changing(copied.outbox_db) as database:
        first, second = database.execute(
            "SELECT receipt FROM batches WHERE stream = ? ORDER BY first LIMIT 2", [CUSTODY]
        ).fetchall()
        hash_of_second = second[0].split(b"\n")[5]
        mixed = b"\n".join([*first[0].split(b"\n")[:5], hash_of_second, *first[0].split(b"\n")[6:]])
        database.execute("UPDATE batches SET receipt = ? WHERE receipt = ?", [mixed, first[0]])
    assert [found.partition(":")[0] for found in broken(copied.evidence())] == ["R in L"]


def test_an_outbox_that_forgot_its_receipts_has_lost_nothing(copied: Aftermath) -> None:
    with changing(copied.outbox_db) as database:
        database.execute("UPDATE streams SET pin_seq = 0")
        database.execute("UPDATE batches SET receipt = NULL")
    assert broken(copied.evidence()) == []


def test_a_stored_event_that_vanished_is_noticed(aftermath: Aftermath) -> None:
    evidence = aftermath.evidence()
    vanished = replace(evidence, promised={**evidence.promised, (CUSTODY, 10**6): b'{"kind":"gap"}'})
    assert broken(vanished) == [f"A in O or acknowledged: {(CUSTODY, 10**6)} was stored and is gone"]


def test_an_event_that_no_device_gave_is_noticed(aftermath: Aftermath) -> None:
    evidence = aftermath.evidence()
    invented = replace(evidence, produced=evidence.produced - {aftermath.last_scan})
    assert [found.partition(":")[0] for found in broken(invented)] == ["everything in L was produced"]
