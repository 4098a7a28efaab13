"""A new log after the old one's newest database was lost: nothing of the old is touched, nothing of it is promised."""

import contextlib
import itertools
from pathlib import Path

import pytest
from click.testing import CliRunner

from ledger import newlog
from ledger.acts import enforcement
from ledger.append import Draft, Ledger, Rejected
from ledger.commands.new_log import new_log
from ledger.config import Site, load
from ledger.core import checkpoint, kinds
from ledger.core import policy as policies
from ledger.core.errors import ConfigError
from ledger.core.signing import verify_note
from ledger.fsck import examine
from ledger.newlog import begin_new_log
from ledger.read.packs import confirmations
from ledger.read.reader import reading
from ledger.rules.files import pack_text
from ledger.settings.packs import PackFile
from tests.support.copies import copy_site
from tests.support.producers import CountedEntropy, Gateway, StoryClock, declare, introduce, site_in

SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1}
NAMES = {"name_zh": "冰箱", "name_en": "Fridge"}


@pytest.fixture
def lost(tmp_path: Path) -> tuple[Site, Gateway, bytes]:
    """A site on an older copy that stands still, its gateway, and the receipt that stopped it."""
    site, gateway = site_in(tmp_path / "newest"), Gateway("gw-centre")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        declare(
            ledger,
            Draft(kinds.OrganisationAdded, {"organisation": "org:centre", "role": "blood_centre", **NAMES}),
            Draft(kinds.PlaceAdded, {"place": "place:f", "organisation": "org:centre", "phase": "store", **NAMES}),
            Draft(kinds.PlaceAdded, {"place": "place:desk", "organisation": "org:centre", **NAMES}),
        )
    old = copy_site(site, tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        given = ledger.append_batch(gateway.say((kinds.TagArrived, "2026-03-01T12:00:00.000Z", SEEN)))
    with Ledger(old, StoryClock()) as ledger, pytest.raises(Rejected):
        ledger.confront([given])
    return old, gateway, given


def begin(site: Site) -> newlog.Begun:
    return begin_new_log(site, clock=StoryClock(), entropy=CountedEntropy("new log"))


def test_the_stations_own_pack_and_what_was_confirmed_of_it_go_on_in_the_new_log(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    xu, lin = "person:" + "1" * 32, "person:" + "2" * 32
    ours = PackFile('pack = "fuzhou"\nversion = "1"\nderives = "cn"\n', pack_text("cn"))
    with Ledger(site, StoryClock()) as ledger:
        assert enforcement.enforce(ledger, ours, by=xu, second=lin) is None
        told = {"cn/RBC_AS.store": "200..600"}
        assert enforcement.confirm(ledger, ("fuzhou", "1"), told, clause="4.2", by=xu) is None
    begun = begin(site)
    with reading(begun.site) as reader:
        limits = reader.pack.limits("RBC_AS", "store")
        [confirmed] = confirmations(reader).values()
    assert limits is not None
    assert limits.standing == "confirmed"
    assert (confirmed.pack, confirmed.clause, confirmed.by) == ("fuzhou", "4.2", xu)
    assert examine(begun.site).ok, examine(begun.site).first_bad


def test_the_new_log_has_a_new_origin_and_signs(lost: tuple[Site, Gateway, bytes]) -> None:
    site, _, given = lost
    begun = begin(site)
    assert begun.site == load(site.directory)
    assert begun.site.origin == "demo.a9999.example/ledger/2"
    assert begun.site.verifier("site").public == site.verifier("site").public
    assert policies.parse(begun.policy.encode()).logs[0].key == begun.site.verifier("log")
    with Ledger(begun.site, StoryClock()) as ledger:
        # What the old log said is no word of the new one's.
        ledger.confront([given])
        gateway = Gateway("gw-centre", origin=begun.site.origin, epoch=2)
        introduce(ledger, gateway)
        ledger.append_batch(gateway.say((kinds.TagArrived, "2026-03-01T12:00:00.000Z", SEEN)))
        signed = ledger.sign_checkpoint()
    assert signed is not None
    head, note = checkpoint.parse_signed(signed)
    assert head.origin == begun.site.origin
    assert verify_note(note, [begun.site.verifier("log")])
    assert examine(begun.site).ok, examine(begun.site).first_bad
    with reading(begun.site) as reader:
        assert set(reader.organisations) == {"org:centre"}
        assert {each.id: each.phase for each in reader.places.values()} == {"place:f": "store", "place:desk": None}


def test_the_old_log_stays_readable_under_its_own_keys_and_cannot_be_written(
    lost: tuple[Site, Gateway, bytes],
) -> None:
    site, gateway, _ = lost
    with reading(site) as reader:
        size = reader.log_size()
    before = site.verifier("log")
    begun = begin(site)
    old = load(begun.ended)
    assert (begun.ended_size, old.origin, old.verifier("log")) == (size, site.origin, before)
    bad = examine(old).first_bad
    assert bad is not None
    assert bad.check == "contradictions"
    with pytest.raises(ConfigError, match=r"(site|web)\.key"):
        Ledger(old, StoryClock())
    assert gateway.origin == old.origin


@pytest.mark.parametrize(
    ("at", "call"),
    [("open_log", 1), ("_keep_old", 1), ("_take_place", 1), ("replace_by_file", 1), ("load", 1)]
    + [("sync_directory", call) for call in (1, 2, 4, 7, 8, 9)],
)
def test_a_crash_on_the_way_is_made_good_by_the_same_command(
    lost: tuple[Site, Gateway, bytes], monkeypatch: pytest.MonkeyPatch, at: str, call: int
) -> None:
    site, _, _ = lost
    calls = itertools.count(1)
    real = getattr(newlog, at)

    def dies(*arguments: object) -> object:
        if next(calls) == call:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(newlog, at, dies)
    with contextlib.suppress(KeyboardInterrupt):
        begin(site)
    monkeypatch.undo()
    now = load(site.directory)
    begun = begin(now) if now.number == 1 else None
    assert begun is None or begun.ended_size == 3
    again = load(site.directory)
    assert again.number == 2
    assert examine(again).ok, examine(again).first_bad
    assert examine(load(site.directory / "log-1")).log_size == 3
    with Ledger(again, StoryClock()) as ledger:
        assert ledger.sign_checkpoint()


def test_a_folder_of_another_log_is_never_taken_for_this_ones(lost: tuple[Site, Gateway, bytes]) -> None:
    site, _, _ = lost
    (site.directory / "log-1").mkdir()
    with pytest.raises(ConfigError, match="move it away"):
        begin(site)


def test_a_running_site_and_a_wrong_origin_end_nothing(lost: tuple[Site, Gateway, bytes]) -> None:
    site, _, _ = lost
    with Ledger(site, StoryClock()), pytest.raises(ConfigError, match=r"another process|to be stopped"):
        begin(site)
    wrong = CliRunner().invoke(new_log, ["--site", str(site.directory), "--end", "demo.a9999.example/ledger/7"])
    assert wrong.exit_code == 2
    assert not (site.directory / "log-1").exists()
    done = CliRunner().invoke(new_log, ["--site", str(site.directory), "--end", site.origin])
    assert done.exit_code == 0, done.output
    assert "demo.a9999.example/ledger/2 has begun" in done.output
    again = CliRunner().invoke(new_log, ["--site", str(site.directory), "--end", site.origin])
    assert again.exit_code == 2
