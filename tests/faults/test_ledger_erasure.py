"""Erasure: no byte of what was erased is left in any file of the site, and everything still verifies."""

import copy
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from ledger.append import Draft, Erasure, Ledger, Rejected
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.note import format_vkey
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.gateway_site import wait_for
from tests.support.log_checker import check_log
from tests.support.producers import NOON_MS, Gateway, StoryClock, claim, introduce, site_in

pytestmark = pytest.mark.sqlite
UNIT = "unit:A999926000001.E0382V00"
PERSON = "person:" + "e" * 32
NOON = "2026-03-01T12:00:00.000Z"
GATEWAY = "gw-centre"


def canary(name: str) -> str:
    """A word that stands nowhere else: letters and digits that every field takes."""
    return "CANARY" + hashlib.sha256(name.encode()).hexdigest()[:20].upper()


def person(name: str) -> str:
    """A pseudonym that stands nowhere else."""
    return "person:" + hashlib.sha256(name.encode()).hexdigest()[:32]


ASSERTED: dict[str, tuple[type[kinds.Event], dict[str, object]]] = {
    "donor": (kinds.Collected, {"unit": "unit:A999926000009.E0382V00", "donor": person("donor")}),
    "reason": (kinds.Quarantined, {"unit": UNIT, "reason": canary("reason")}),
    "sample": (kinds.Sampled, {"din": "din:A999926000001", "sample": f"sample:{canary('sample')}"}),
    "lot": (
        kinds.Collected,
        {"unit": "unit:A999926000008.E0382V00", "donor": PERSON, "lots": [f"lot:bag/{canary('lot')}"]},
    ),
    "panel": (kinds.Tested, {"din": "din:A999926000001", "overall": "fit", "panel": [canary("panel")]}),
    "case": (kinds.Recalled, {"units": [UNIT], "reason": "a report", "case": f"case:{canary('case')}"}),
    "place": (kinds.Moved, {"unit": UNIT, "place": f"place:{canary('place')}"}),
    "donor_blocked": (kinds.DonorBlocked, {"donor": person("donor_blocked")}),
    "comment": (kinds.Commented, {"of_stream": "web", "of_seq": 1, "reason": canary("comment"), "about": [UNIT]}),
}
OBSERVED: dict[str, tuple[type[kinds.Event], dict[str, object]]] = {
    "device": (kinds.Gap, {"device": f"device:{canary('device')}", "since": NOON, "reason": "a gap"}),
    "fault": (kinds.DeviceFault, {"device": "device:r", "reason": canary("fault")}),
    "read_point": (
        kinds.TagLeft,
        {"tag": "tag:E0040101", "device": "device:r", "reads": 1, "place": f"place:{canary('read_point')}"},
    ),
    "label": (kinds.LabelScanned, {"device": "device:s", "structures": [canary("label")]}),
    "scan": (kinds.ScanRefused, {"device": "device:s", "reason": canary("scan"), "withheld": "sha256:" + "0" * 64}),
}
ODD = {
    "odd_kind": {"kind": canary("odd_kind").lower(), "text": "of another version"},
    "odd_field": {"kind": "gap", "note": canary("odd_field")},
    "odd_subject": {"kind": "gap", "order": f"case:{canary('odd_subject')}"},
}
NAMES = (*ASSERTED, *OBSERVED, *ODD)


def needles(name: str) -> list[bytes]:
    """How a canary may be spelt in a file."""
    word = canary(name)
    spelt = [word, word.lower(), word.encode().hex(), word.encode().hex().upper(), person(name).removeprefix("person:")]
    return [each.encode() for each in spelt]


def files_of(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below a folder with its bytes."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def found_in(folder: Path, names: tuple[str, ...] = NAMES) -> dict[str, list[str]]:
    """Canary → the files that hold it."""
    everything = list(files_of(folder))
    found = {
        name: [path.name for path, content in everything if any(needle in content for needle in needles(name))]
        for name in names
    }
    return {name: files for name, files in found.items() if files}


def noise(dice: random.Random, gateway: Gateway, count: int) -> bytes:
    """A batch about other things, whose names fall anywhere between those of the canaries, so that pages split."""

    def name() -> str:
        return f"{dice.choice('ABCDEF')}{dice.getrandbits(120):030X}"

    gap = {"device": "device:r", "since": NOON, "reason": "noise"}
    return gateway.say(*((kinds.Gap, NOON, {**gap, "device": f"device:{name()}"}) for _ in range(count)))


def tell(ledger: Ledger, gateway: Gateway) -> dict[str, tuple[str, int]]:
    """Canary → the place of the event that holds it, in a log with other events around."""
    dice = random.Random(7)  # noqa: S311  a repeatable story
    places: dict[str, tuple[str, int]] = {}
    claim(ledger, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON, "place": "place:a"}))
    for name, (kind, fields) in ASSERTED.items():
        taken = claim(ledger, Draft(kind, fields))
        places[name] = ("web", taken[0].event.seq)
        ledger.append_batch(noise(dice, gateway, 60))
    for name, (kind, fields) in OBSERVED.items():
        ledger.append_batch(gateway.say((kind, NOON, {"place": "place:a", **fields})))
        places[name] = (gateway.stream(), gateway.heads[gateway.stream()][0])
        ledger.append_batch(noise(dice, gateway, 60))
    for name, odd in ODD.items():
        bodies = [_odd(gateway, odd)]
        ledger.append_batch(gateway.seal(bodies))
        places[name] = (gateway.stream(), gateway.heads[gateway.stream()][0])
    return places


def _odd(gateway: Gateway, fields: dict[str, str]) -> bytes:
    """An event that this version does not understand, in canonical form."""
    seq = gateway.heads[gateway.stream()][0] + 1
    said = {"kind": fields["kind"], "v": 1, "stream": gateway.stream(), "seq": seq, "nonce": f"{seq:032x}"}
    return msgspec.json.encode({**said, **fields})


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, dict[str, tuple[str, int]]]:
    """A site with every canary, and where each is in the log."""
    site = site_in(tmp_path_factory.mktemp("told") / "site")
    with Ledger(site, StoryClock()) as ledger:
        gateway = Gateway(GATEWAY)
        introduce(ledger, gateway)
        places = tell(ledger, gateway)
    return site, places


@pytest.fixture
def site(told: tuple[Site, dict[str, tuple[str, int]]], tmp_path: Path) -> Site:
    """A copy of it, to be changed."""
    shutil.copytree(told[0].directory, tmp_path / "site")
    return replace(told[0], directory=tmp_path / "site")


@pytest.fixture(scope="module")
def places(told: tuple[Site, dict[str, tuple[str, int]]]) -> dict[str, tuple[str, int]]:
    return told[1]


def erase(ledger: Ledger, place: tuple[str, int]) -> None:
    answer = ledger.erase(Erasure(*place, "a court's order"), by=PERSON)
    assert not isinstance(answer, Refused), answer


def check(site: Site) -> None:
    """Everything verifies, by this code and by other means."""
    report = examine(site)
    assert report.ok, str(report.first_bad)
    check_log(site.ledger_db, log_key=format_vkey(site.verifier("log")))


def test_the_canaries_are_where_they_are_looked_for(site: Site) -> None:
    assert set(found_in(site.directory)) == set(NAMES)


def test_nothing_of_what_was_erased_is_left_in_any_file(site: Site, places: dict[str, tuple[str, int]]) -> None:
    with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
        for place in places.values():
            erase(ledger, place)
        assert found_in(site.directory) == {}, "while the ledger is open, with its write-ahead log"
        assert ledger.finish_erasures()
    assert found_in(site.directory) == {}
    check(site)


def test_the_same_batch_again_gets_its_receipt_and_brings_no_bytes_back(site: Site) -> None:
    gateway = Gateway("gw-again")
    with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
        introduce(ledger, gateway)
        wire = gateway.say((kinds.DeviceFault, NOON, {"device": "device:r", "reason": canary("again")}))
        receipt = ledger.append_batch(wire)
        erase(ledger, (gateway.stream(), 1))
        assert ledger.append_batch(wire) == receipt
    assert not found_in(site.directory, ("again",))
    check(site)


@pytest.mark.parametrize(
    ("place", "rule"),
    [
        (("site", 2), "erasure.protected"),
        (("web", 1_000), "erasure.unknown"),
        (("gw-nobody/1/c", 1), "erasure.unknown"),
        (("web", 2), "erasure.done"),
        (("web", 3), "erasure.protected"),
    ],
)
def test_what_every_proof_rests_on_and_what_is_not_there_cannot_be_erased(
    tmp_path: Path, place: tuple[str, int], rule: str
) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        collected = Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON})
        claim(ledger, collected, Draft(kinds.DonorBlocked, {"donor": PERSON}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNIT, "tag": "tag:E0040100"}))
        erase(ledger, ("web", 2))
        size = ledger.size
        answer = ledger.erase(Erasure(*place, "once more"))
        assert isinstance(answer, Refused)
        assert answer.step == rule
        assert ledger.size == size
    check(site)


def test_an_erasure_that_does_not_say_what_only_the_bytes_tell_is_refused(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON}))
        fields = {"of_stream": "web", "of_seq": 1, "what": "body", "reason": "listed nowhere"}
        answer = ledger.record("site", [Draft(kinds.Erased, fields)])
        assert isinstance(answer, Refused)
        assert answer.step == "erasure.listed"


def test_the_evidence_of_a_fork_is_a_note_and_holds_nothing_that_would_have_to_be_erased(site: Site) -> None:
    gateway = Gateway("gw-cloned")
    with Ledger(site, StoryClock(NOON_MS + 1)) as ledger:
        introduce(ledger, gateway)
        clone = copy.deepcopy(gateway)
        for producer, name in ((gateway, "one history"), (clone, "the other")):
            wire = producer.say((kinds.DeviceFault, NOON, {"device": "device:r", "reason": canary(name)}))
            if producer is gateway:
                ledger.append_batch(wire)
                continue
            with pytest.raises(Rejected, match="two histories"):
                ledger.append_batch(wire)
        assert set(found_in(site.directory, ("one history", "the other"))) == {"one history"}
        erase(ledger, (gateway.stream(), 1))
    assert not found_in(site.directory, ("one history", "the other"))
    assert "forks: 1 kept as evidence" in examine(site).checks
    check(site)


ERASER = """
import sys
import time
from pathlib import Path
from ledger.append import Erasure, Ledger
from ledger.config import load
from tests.support.producers import NOON_MS, StoryClock

with Ledger(load(Path(sys.argv[1])), StoryClock(NOON_MS + 1)) as ledger:
    for place in sys.argv[2:]:
        stream, _, seq = place.rpartition(":")
        print("begin", flush=True)
        ledger.erase(Erasure(stream, int(seq), "a court's order"))
    print("done", flush=True)
"""


@contextmanager
def eraser(site: Site, places: Iterable[tuple[str, int]]) -> Iterator["subprocess.Popen[str]"]:
    """A process that erases these events, one after the other; killed at the end."""
    arguments = [f"{stream}:{seq}" for stream, seq in places]
    with subprocess.Popen(
        [sys.executable, "-c", ERASER, str(site.directory), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begin\n"
        yield process
        process.send_signal(signal.SIGKILL)


def erased_in(site: Site) -> set[tuple[str, int]]:
    """The places of the events that the log says were erased."""
    with reading(site) as reader:
        said = [each.recorded.event for each in reader.history.of_stream("site") if each.recorded is not None]
    return {(event.of_stream, event.of_seq) for event in said if isinstance(event, kinds.Erased)}


def test_killed_between_the_commit_and_the_cleaning_it_is_made_good_at_the_next_start(
    site: Site, places: dict[str, tuple[str, int]]
) -> None:
    holding = sqlite3.connect(site.ledger_db)
    holding.execute("BEGIN")
    holding.execute("SELECT count(*) FROM contents").fetchone()  # a reader's snapshot: the cleaning has to wait for it
    with eraser(site, [places["reason"]]):
        wait_for(lambda: places["reason"] in erased_in(site), "the commit")
    left = found_in(site.directory, ("reason",))
    holding.close()
    assert left, "the test has to find the bytes where the kill left them"
    with Ledger(site, StoryClock(NOON_MS + 2)):
        assert not found_in(site.directory, ("reason",))
    check(site)


@pytest.mark.slow
def test_killed_at_any_moment_it_has_not_begun_or_is_completed_at_the_next_start(
    site: Site, places: dict[str, tuple[str, int]]
) -> None:
    dice = random.Random(5)  # noqa: S311  repeatable moments
    names = dict(places)
    for last in (False, False, False, False, True):
        with eraser(site, names.values()):
            time.sleep(dice.uniform(0, 0.12))
            if last and names == places:  # so slow a machine that no kill has come in the middle
                wait_for(lambda: erased_in(site), "the first erasure")
        with Ledger(site, StoryClock(NOON_MS + 2)):
            erased = erased_in(site)
        left = found_in(site.directory)
        assert {places[name] for name in left}.isdisjoint(erased)
        assert {name for name, place in places.items() if place not in erased} == set(left)
        names = {name: place for name, place in names.items() if place not in erased}
    check(site)
    assert names != places, "something was erased"
