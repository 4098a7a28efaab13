"""The unit map in the database: whatever happens between two roots, each is the one that the definition gives."""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.append import Draft, Ledger
from ledger.config import Site
from ledger.core import kinds
from ledger.core.errors import Refused, XuemaiError
from ledger.core.merkle import EMPTY_ROOT, multiproof
from ledger.core.unitmap import BUCKETS, Listed, bucket_of, path_of
from ledger.fsck import examine
from ledger.store import tables as t
from ledger.store.database import database_of
from ledger.store.mapreading import bucket_as_of, dense_as_of, list_as_of, nodes_beside
from ledger.store.unitmap import FoldedMap
from ledger.store.writer import Working
from tests.support import naive_map
from tests.support.copies import unguarded
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in

UNITS = [f"unit:A99992600000{number}.E0382V00" for number in range(3)]
CHILD = "unit:A999926000000.E0100V00"
TAGS = [f"tag:E004010{number}" for number in range(2)]

Between = Callable[[Ledger], None]


def live(site: Site, seed: int, *, between: Between = lambda _ledger: None, acts: int = 60) -> None:
    """A day with tags that change bags, boxes, a making of components, events nobody understands, and roots."""
    dice = random.Random(seed)  # noqa: S311  a repeatable story
    clock, gateway = StoryClock(), Gateway("gw")
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        for unit in UNITS:
            claim(ledger, Draft(kinds.Opening, {"unit": unit, "place": "place:a"}))
        for _ in range(acts):
            between(ledger)
            act(ledger, gateway, clock, dice)
        ledger.root_unit_map()


def act(ledger: Ledger, gateway: Gateway, clock: StoryClock, dice: random.Random) -> None:
    unit, tag = dice.choice(UNITS), dice.choice(TAGS)
    seen = {"tag": tag, "device": "device:r", "antenna": 1, "reads": 1, "place": "place:a"}
    match dice.randrange(8):
        case 0 | 1:
            ledger.append_batch(gateway.say(*[(kinds.TagArrived, clock.after(1), seen) for _ in range(3)]))
        case 2:
            ledger.record("web", [Draft(kinds.TagAssociated, {"unit": unit, "tag": tag})])
        case 3:
            ledger.record("web", [Draft(kinds.TagRemoved, {"unit": unit, "tag": tag})])
        case 4:
            ledger.record("web", [Draft(kinds.Packed, {"box": "box:7", "units": [unit], "probe": "probe:p/1"})])
        case 5:
            body = gateway.events([(kinds.TagArrived, clock.after(1), seen)])[0]
            ledger.append_batch(gateway.seal([body.replace(b'"tag_arrived"', b'"tag_of_a_later_version"')]))
        case 6:
            ledger.record("web", [Draft(kinds.Tested, {"din": "din:A999926000001", "overall": "fit"})])
        case _:
            ledger.root_unit_map()


def check(site: Site) -> int:
    """Every stated root is the naive one, and the whole database is what its log says."""
    roots = naive_map.stated_roots(site)
    for size, root in roots:
        assert naive_map.root_of(naive_map.lists_of(site, size)) == root, f"as of {size}"
    report = examine(site)
    assert report.ok, str(report.first_bad)
    return len(roots)


def test_every_stated_root_is_the_naive_one(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    live(site, 1)
    assert check(site) > 3


def test_lists_that_grow_long_are_folded_in_between_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.unitmap.MAX_PENDING", 7)
    monkeypatch.setattr("ledger.store.unitmap._SUBJECTS_AT_ONCE", 2)
    site = site_in(tmp_path / "site")
    live(site, 2)
    assert check(site) > 3


def test_what_was_before_a_fold_is_kept_though_a_donation_changes_the_same_bucket_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.unitmap.bucket_of", lambda _path: 7)
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0], "place": "place:a"}))
        ledger.root_unit_map()
    with database_of(site).snapshot() as connection:
        [(bucket, before)] = connection.execute(select(t.map_history.c.bucket, t.map_history.c.before))
        entries = connection.execute(select(t.map_entries.c.subject).where(t.map_entries.c.bucket == 7)).scalars()
        assert (bucket, bytes(before)) == (7, EMPTY_ROOT)
        assert {UNITS[0], "din:A999926000000"} <= set(entries)


def test_what_is_forgotten_is_read_from_the_log_again(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    dice = random.Random(3)  # noqa: S311  a repeatable story

    def forget(ledger: Ledger) -> None:
        if dice.random() < 0.5:
            ledger._writer._projector.unit_map.clear()

    live(site, 3, between=forget)
    assert check(site) > 3


def test_another_process_may_write_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.unitmap.MAX_PENDING", 11)
    site = site_in(tmp_path / "site")
    dice, processes = random.Random(4), (FoldedMap(), FoldedMap())  # noqa: S311  a repeatable story

    def another(ledger: Ledger) -> None:
        ledger._writer._projector.unit_map = dice.choice(processes)

    live(site, 4, between=another)
    assert check(site) > 3


def test_a_job_that_fails_after_writing_leaves_nothing_in_the_map(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")

    def write_and_fail(ledger: Ledger) -> None:
        def job(working: Working) -> None:
            ledger._own.record(working, "web", [Draft(kinds.Opening, {"unit": CHILD, "place": "place:a"})], None)
            raise XuemaiError("the power failed")

        with pytest.raises(XuemaiError, match="power"):
            ledger._do(job)

    live(site, 5, between=write_and_fail, acts=12)
    check(site)


def test_an_idle_ledger_states_no_root(tmp_path: Path) -> None:
    with Ledger(site_in(tmp_path / "site"), StoryClock()) as ledger:
        first = ledger.root_unit_map()
        assert first == 1
        size = ledger.size
        assert ledger.root_unit_map() is None
        named = {"organisation": "org:a", "role": "hospital", "name_zh": "甲", "name_en": "A"}
        declare(ledger, Draft(kinds.OrganisationAdded, named))
        assert ledger.root_unit_map() is None, "no list has grown"
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0], "place": "place:a"}))
        assert ledger.root_unit_map() == size + 2


def test_an_older_map_can_still_be_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.store.unitmap.MAX_PENDING", 13)
    site = site_in(tmp_path / "site")
    live(site, 6)
    subjects = [*UNITS, CHILD, "din:A999926000002", *TAGS, "box:7", "probe:p/1"]
    with database_of(site).snapshot() as connection:
        for size, root in naive_map.stated_roots(site):
            lists = naive_map.lists_of(site, size)
            dense = dense_as_of(connection, size)
            assert dense.root() == root
            buckets = [bucket_of(path_of(subject)) for subject in subjects]
            beside = nodes_beside(connection, size, buckets)
            assert [beside(0, bucket) for bucket in buckets] == [dense.get(bucket) for bucket in buckets]
            for some in (buckets, buckets[:1], buckets[-1:]):
                assert multiproof(some, BUCKETS, beside) == multiproof(some, BUCKETS, dense.node), size
            for subject in subjects:
                path = path_of(subject)
                then = dict(bucket_as_of(connection, bucket_of(path), size)).get(path)
                known = Listed().followed_by(lists[subject]) if subject in lists else None
                if subject.startswith("din:") and known is None:
                    known = (
                        Listed() if any(f"{name[5:18]}" in subject for name in lists if name[:5] == "unit:") else None
                    )
                assert then == known, (subject, size)
                assert [each.leaf for each in list_as_of(connection, subject, size)] == lists.get(subject, [])


@pytest.mark.sqlite
def test_a_proof_reads_no_more_of_the_map_than_the_blocks_of_its_buckets(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    live(site, 7)
    (size, root), own = naive_map.stated_roots(site)[-1], bucket_of(path_of(UNITS[0]))
    with database_of(site).snapshot() as connection:
        before = multiproof([own], BUCKETS, nodes_beside(connection, size, [own]))
    site.seal.unlink()
    with unguarded(site, "map_buckets") as execute:
        execute("DELETE FROM map_buckets WHERE bucket / 256 <> ?", (own // 256,))
    with database_of(site).snapshot() as connection:
        assert dense_as_of(connection, size).root() != root
        assert multiproof([own], BUCKETS, nodes_beside(connection, size, [own])) == before


@pytest.mark.sqlite
def test_a_crown_that_is_not_the_roots_is_named(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    live(site, 8, acts=12)
    site.seal.unlink()
    with unguarded(site, "map_roots") as execute:
        execute("UPDATE map_roots SET crown = zeroblob(8192) WHERE log_index = (SELECT max(log_index) FROM map_roots)")
    found = examine(site).first_bad
    assert found is not None
    assert (found.where, found.key.partition(" column ")[2]) == ("map_roots", "crown")


def test_a_stated_root_that_is_not_the_logs_is_named(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0], "place": "place:a"}))
        ledger.root_unit_map()
        for fields in ({"as_of_size": 3, "root": "A" * 43 + "="}, {"as_of_size": 1, "root": "A" * 43 + "="}):
            assert not isinstance(ledger.record("site", [Draft(kinds.UnitMapRooted, fields)]), Refused)
    report = examine(site)
    assert report.first_bad is not None
    assert (report.first_bad.check, report.first_bad.key) == ("unit-map", "log_index=3 position=0")
    with database_of(site).snapshot() as connection:
        assert connection.execute(select(t.map_roots.c.as_of_size)).scalars().all() == [2, 3, 1]


def test_after_a_restart_a_tag_that_was_taken_off_points_to_nothing(tmp_path: Path) -> None:
    site, clock, gateway = site_in(tmp_path / "site"), StoryClock(), Gateway("gw")
    tag, seen = TAGS[0], {"device": "device:r", "antenna": 1, "reads": 1, "place": "place:a"}
    with Ledger(site, clock) as ledger:
        introduce(ledger, gateway)
        claim(ledger, Draft(kinds.Opening, {"unit": UNITS[0], "place": "place:a"}))
        claim(ledger, Draft(kinds.TagAssociated, {"unit": UNITS[0], "tag": tag}))
        claim(ledger, Draft(kinds.TagRemoved, {"unit": UNITS[0], "tag": tag}))
        ledger.root_unit_map()
        ledger.append_batch(gateway.say((kinds.TagArrived, clock.after(1), {**seen, "tag": tag})))
    with Ledger(site, clock) as ledger:  # what waits for the next root is read again from the bodies
        ledger.root_unit_map()
    assert check(site) == 2
