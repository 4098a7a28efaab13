"""The ledger replaces the keys of its checkpoints and receipts; a gateway that runs, or is away, follows by itself."""

import json
from pathlib import Path

import pytest

from ledger import rotation
from ledger.append import Ledger
from ledger.clock import SystemClock
from ledger.config import load
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.events import decode
from ledger.core.keys import fingerprint
from ledger.core.note import format_vkey
from ledger.read.reader import reading
from tests.support.processes import ending, wait_for
from tests.support.sites import GATEWAY, WholeSite, make

pytestmark = pytest.mark.slow


def status(world: WholeSite) -> dict[str, object]:
    path = world.gateway_folder / "status.json"
    found: dict[str, object] = json.loads(path.read_bytes()) if path.exists() else {}
    return found


def believed(world: WholeSite) -> dict[str, list[str]]:
    found = status(world).get("ledger_keys", {})
    assert isinstance(found, dict)
    return found


def own(world: WholeSite) -> dict[str, list[str]]:
    """The keys that the site's own files hold now, as the gateway tells them."""
    site = load(world.site.directory)
    names = {"checkpoint": "log", "receipt": "receipt"}
    return {use: [fingerprint(format_vkey(site.verifier(name)))] for use, name in names.items()}


def change(world: WholeSite, *acts: str) -> None:
    """Stop the server, change both keys, start it again."""
    world.server.stop()
    for act in acts:
        change_both = rotation.add_log_key if act == "rotate" else rotation.retire_log_key
        with Ledger(load(world.site.directory), SystemClock()) as ledger:
            for use in rotation.USES:
                assert not isinstance(change_both(ledger, use), Refused)
    world.server.start_and_wait()


def is_delivered(world: WholeSite) -> bool:
    streams = status(world).get("streams", {})
    assert isinstance(streams, dict)
    custody = streams.get(f"{GATEWAY}/1/c", {})
    return bool(custody) and custody["next_seq"] - 1 == custody["acknowledged_seq"] > 0


def followed(world: WholeSite) -> list[str]:
    """What the log has of it: use after use."""
    with reading(world.site) as reader:
        told = reader.history.of_kinds(f"{GATEWAY}/1/c", ("ledger_key_followed",))
    found = [decode(entry.body) for entry in told if entry.body is not None]
    return sorted(each.use for each in found if isinstance(each, kinds.LedgerKeyFollowed))


def test_a_gateway_follows_the_ledgers_keys_whether_it_runs_or_is_away(tmp_path: Path) -> None:
    world = make(tmp_path, "", units={})
    first = own(world)
    logs = (world.gateway, world.server)
    with ending(*logs):
        world.server.start_and_wait()
        world.gateway.start()
        wait_for(lambda: is_delivered(world), "the first receipt", *logs)
        assert believed(world) == first
        change(world, "rotate")
        wait_for(lambda: all(len(keys) == 2 for keys in believed(world).values()), "both keys", *logs)
        world.gateway.stop()

        # While it is away, the overlap that it knows ends, and another begins and ends.
        change(world, "retire", "rotate", "retire")
        newest = own(world)
        assert newest["receipt"] != first["receipt"]
        world.gateway.start()
        wait_for(lambda: believed(world) == newest, "the newest keys alone", *logs)
        wait_for(lambda: is_delivered(world), "a receipt under the newest key", *logs)
        assert followed(world) == ["checkpoint", "checkpoint", "receipt", "receipt"]
        assert status(world)["alarms"] == []
        world.gateway.stop()
        world.server.stop()
    assert world.fsck()["ok"]
