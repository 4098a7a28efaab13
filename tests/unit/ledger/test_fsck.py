"""Whatever is altered in a ledger is found and named: a byte of the file, a row's column, a guard, a file beside it."""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner
from sqlalchemy import Column, Table

from ledger.append import Draft, Erasure, Ledger, Rejected
from ledger.cli import fsck
from ledger.config import Site
from ledger.core import checkpoint, kinds
from ledger.core.errors import Refused
from ledger.core.mapproof import MapNote
from ledger.core.note import format_signature_lines, format_vkey
from ledger.core.signing import Cosigner, SigningKey
from ledger.fsck import Report, examine, examine_log
from ledger.store import event_lists
from ledger.store.tables import LOG_TABLES, PROJECTIONS, contradictions, enclosures, evidence
from tests.support import naive_map
from tests.support.copies import copy_site, engine_of, keep, put_back, put_rows_back, rows_of, unguarded
from tests.support.producers import CountedEntropy, Gateway, StoryClock, claim, declare, introduce, site_in

UNIT = "unit:A999926123456.E0382V00"
PERSON = "person:" + "d" * 32


AUDITOR = Cosigner("auditor.example", SigningKey(bytes([9]) * 32))


def cosigned(site: Site, size: int) -> dict[str, str]:
    """An auditor's cosignature of the root as of a size."""
    root = dict(naive_map.stated_roots(site))[size]
    line = AUDITOR.cosign_text(MapNote(site.origin, size, root).format(), 1_772_500_000)
    return {"vkey": format_vkey(AUDITOR.verifier), "line": format_signature_lines([line]).decode()}


@pytest.fixture(scope="module", autouse=True)
def windows() -> Iterator[None]:
    """Windows of the subject index that are short enough for the story to fill some and leave one open."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_lists, "WINDOW_BATCHES", 4)
        yield


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A stopped site whose tables all have rows."""
    site = site_in(tmp_path_factory.mktemp("fsck") / "site")
    clock, centre, lost = StoryClock(), Gateway("gw-centre"), Gateway("gw-lost")
    with Ledger(site, clock, entropy=CountedEntropy("fsck")) as ledger:
        introduce(ledger, centre, lost)
        declare(
            ledger,
            Draft(
                kinds.OrganisationAdded,
                {"organisation": "org:centre", "role": "blood_centre", "name_zh": "中心", "name_en": "Centre"},
            ),
            Draft(
                kinds.FigureConfirmed,
                {"pack": "cn", "version": "1", "figure": "cn/WB.store", "value": "200..600", "clause": "4.2"},
            ),
            Draft(
                kinds.PlaceAdded,
                {
                    "place": "place:fridge",
                    "organisation": "org:centre",
                    "phase": "store",
                    "name_zh": "冰箱",
                    "name_en": "Fridge",
                },
            ),
            Draft(kinds.ProbePlaced, {"probe": "probe:fridge", "place": "place:fridge"}),
            Draft(kinds.AgitationStopped, {"place": "place:fridge"}),
            Draft(
                kinds.KeyRevoked,
                {"key": lost.key_id, "last_good": [kinds.LastGood(stream="gw-lost/1/c", seq=3)], "reason": "lost"},
            ),
            Draft(kinds.StreamResumed, {"producer": "gw-lost", "epoch": 2, "reason": "found"}),
        )
        claim(
            ledger,
            Draft(kinds.Collected, {"unit": UNIT, "donor": PERSON, "place": "place:fridge"}),
            Draft(kinds.Labelled, {"unit": UNIT, "abo": "A", "rhd": "positive", "expires": "2026-04-05T12:00:00.000Z"}),
            Draft(kinds.TagAssociated, {"unit": UNIT, "tag": "tag:E0040100"}),
            Draft(kinds.TagRemoved, {"unit": UNIT, "tag": "tag:E0040100"}),
        )
        seen = {"tag": "tag:E0040199", "device": "device:r", "antenna": 1, "reads": 1, "place": "place:fridge"}
        ledger.append_batch(centre.say((kinds.TagArrived, clock.after(1), seen)))
        rooted = ledger.root_unit_map()
        assert rooted is not None
        assert ledger.keep_audit(as_of_size=rooted, **cosigned(site, rooted)) is None
        bad = centre.events([(kinds.TagArrived, clock.after(1), seen)])[0].replace(b"tag_arrived", b"tag_lost")
        ledger.append_batch(centre.seal([bad]))
        ledger.append_batch(
            centre.say((kinds.TagLeft, clock.after(1), {"tag": "tag:E0040188", "device": "device:r", "reads": 1}))
        )
        what: Literal["body", "value"] = "body" if site.database_url is None else "value"
        assert not isinstance(ledger.erase(Erasure(centre.stream(), 3, "a court's order", what)), Refused)
        erased = {"of_stream": centre.stream(), "of_seq": 3, "what": what}
        warm = {"probe": "probe:p", "limit": "high", "limit_centi_celsius": 600, "centi_celsius": 700}
        ledger.append_batch(
            centre.say((kinds.ErasureApplied, clock.after(1), erased), (kinds.Excursion, clock.after(1), warm))
        )
        with pytest.raises(Rejected):
            ledger.append_batch(Gateway("gw-centre").say((kinds.TagArrived, clock.after(1), seen)))
        signed = ledger.sign_checkpoint()
        assert signed is not None
        head, partner = checkpoint.parse_signed(signed)[0], Cosigner("b9999.example/witness", SigningKey(bytes(32)))
        line = format_signature_lines([partner.cosign(head, 1)])
        ledger.keep_cosignature(head.size, partner.verifier, line)
    return site


@pytest.fixture
def site(story: Site, tmp_path: Path) -> Site:
    """The story, to be altered."""
    return copy_site(story, tmp_path / "copy")


def found(site: Site) -> tuple[str, str, str]:
    report = examine(site)
    assert report.first_bad is not None, "nothing was found"
    return report.first_bad.check, report.first_bad.where, report.first_bad.key


def test_a_sound_site_has_nothing_bad(site: Site) -> None:
    report = examine(site)
    assert report.ok, str(report.first_bad)
    assert (report.batches, report.log_size, report.events) == (10, 10, 24)
    assert len(report.checks) == (18 if site.database_url is None else 17)


@pytest.mark.sqlite
def test_the_command_says_so_in_json_and_by_its_exit_code(site: Site) -> None:
    answer = CliRunner().invoke(fsck, ["--site", str(site.directory), "--json"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.output)["ok"] is True
    with site.ledger_db.open("r+b") as file:
        file.seek(5000)
        file.write(b"\xa5")
    answer = CliRunner().invoke(fsck, ["--site", str(site.directory), "--json"])
    assert answer.exit_code == 1
    assert json.loads(answer.output)["first_bad"]["where"] == "ledger.db"
    assert CliRunner().invoke(fsck, ["--site", str(site.directory / "none")]).exit_code == 2


def test_where_something_was_erased_the_log_is_not_examined_alone(site: Site) -> None:
    report = examine_log(site)
    assert report.ok, str(report.first_bad)
    assert report.left_out == []
    assert report.checks == examine(site).checks


@pytest.mark.sqlite
def test_the_command_says_what_it_did_not_look_at(tmp_path: Path) -> None:
    site = site_in(tmp_path / "site")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, Gateway("gw-centre"))
    answer = CliRunner().invoke(fsck, ["--site", str(site.directory), "--log-only"])
    assert answer.exit_code == 0, answer.output
    assert "--   not examined: projection" in answer.output
    told = json.loads(CliRunner().invoke(fsck, ["--site", str(site.directory), "--log-only", "--json"]).output)
    assert told["left_out"]


@pytest.mark.sqlite
def test_any_byte_of_a_stopped_sites_file_is_named_by_its_page(site: Site) -> None:
    sound = site.ledger_db.read_bytes()
    dice = random.Random(1)  # noqa: S311  a repeatable choice of bytes
    for _ in range(60):
        at = dice.randrange(len(sound))
        altered = bytearray(sound)
        altered[at] ^= 1 << dice.randrange(8)
        site.ledger_db.write_bytes(altered)
        check, where, key = found(site)
        assert (check, where) == ("seal", "ledger.db")
        assert key.startswith(f"page {at // 4096 + 1} ("), f"byte {at}"


@pytest.mark.sqlite
def test_without_a_seal_random_bytes_never_end_in_a_traceback(site: Site) -> None:
    """A crashed site has no seal: then SQLite's check and the replay find whatever matters."""
    sound = site.ledger_db.read_bytes()
    site.seal.unlink()
    dice = random.Random(2)  # noqa: S311  the same
    for _ in range(40):
        altered = bytearray(sound)
        for _ in range(20):
            altered[dice.randrange(100, len(sound))] = dice.randrange(256)
        site.ledger_db.write_bytes(altered)
        assert isinstance(examine(site), Report)


@pytest.mark.sqlite
def test_a_file_that_is_shorter_or_longer_is_found(site: Site) -> None:
    sound = site.ledger_db.read_bytes()
    for altered in (sound[:-1], sound[:-4096], sound + b"\0", b""):
        site.ledger_db.write_bytes(altered)
        assert found(site)[0] == "seal"
    site.ledger_db.unlink()
    assert found(site)[0] in {"database", "seal"}


def alter(site: Site, table: Table, column: Column[object]) -> None:
    """Change one value as somebody would who owns the database: guards off, changed, guards on again."""
    of_kind = {int: "coalesce({0}, 0) + 1000", str: "coalesce({0}, '') || 'x'", bytes: "{1}"}
    byte = {
        "sqlite": "CAST(substr({0}, 1, 20) || x'00' || substr({0}, 22) AS BLOB)",
        "postgresql": "set_byte({0}, length({0}) - 1, (get_byte({0}, length({0}) - 1) + 1) % 256)",
    }[engine_of(site)].format(column.name)
    other = of_kind[column.type.python_type].format(column.name, byte)
    key = ", ".join(each.name for each in table.primary_key.columns)
    last = f"SELECT {key} FROM {table.name} ORDER BY {column.name} DESC LIMIT 1"  # noqa: S608  our own tables
    with unguarded(site, table.name) as execute:
        change = f"UPDATE {table.name} SET {column.name} = {other} WHERE ({key}) = ({last})"  # noqa: S608  the same
        assert execute(change).rowcount == 1, f"the story leaves {table.name} empty"


def test_every_column_of_every_table_has_a_witness(site: Site) -> None:
    """Without the seal: the log's own bytes say what each value must be."""
    site.seal.unlink(missing_ok=True)
    # A sound log has no contradictions; they, the enclosures and evidence are altered by tests of their own.
    for table in (each for each in (*LOG_TABLES, *PROJECTIONS) if each not in {contradictions, enclosures, evidence}):
        sound = rows_of(site, table.name)
        for column in table.columns:
            alter(site, table, column)
            check, where, key = found(site)
            named = {table.name} | BLAMED.get((table.name, column.name), set())
            assert where in named, f"{table}.{column} was altered; {check} names {where} {key}"
            put_rows_back(site, table.name, sound)
    assert examine(site).ok


BLAMED = {
    ("streams", "id"): {"ledger.db", "forks"},
    ("subjects", "id"): {"ledger.db", "subject_events", "unlisted"},
    ("batches", "log_index"): {"ledger.db"},
    ("batches", "stream_id"): {"ledger.db"},
    ("forks", "stream_id"): {"ledger.db"},
    ("stream_heads", "stream_id"): {"ledger.db"},
    ("streams", "name"): {"forks"},
    ("erasures", "erased_by"): {"contents"},
    ("erasures", "what"): {"contents"},
    ("erasures", "event_id"): {"contents"},
}
"""Where a foreign key, or the fork's stream, gives the alteration away before the table itself is reached."""


def test_a_row_that_was_removed_or_added_is_found(site: Site) -> None:
    site.seal.unlink(missing_ok=True)
    sound = keep(site)
    for statement, table in (
        ("DELETE FROM discrepancies", "discrepancies"),
        (
            "INSERT INTO units VALUES ('unit:A999926000000.E0382V00','available',0,'A','positive',0,NULL,NULL,0)",
            "units",
        ),
        ("DELETE FROM tags", "tags"),
    ):
        with unguarded(site, table) as execute:
            execute(statement)
        assert found(site)[:2] == ("projection", table)
        put_back(site, sound)


@pytest.mark.sqlite
def test_a_guard_that_was_dropped_is_found(site: Site) -> None:
    site.seal.unlink()
    connection = sqlite3.connect(site.ledger_db)
    connection.execute("DROP TRIGGER contents_refuse_update")
    connection.commit()
    connection.close()
    assert found(site)[:2] == ("schema", "trigger contents_refuse_update")


@pytest.mark.parametrize("name", ["signed-head", "policy.txt", "keys/log.key", "keys/receipt.key"])
def test_a_file_beside_the_database_is_found(site: Site, name: str) -> None:
    path = site.directory / name
    raw = bytearray(path.read_bytes())
    raw[10] = ord("0") if raw[10] != ord("0") else ord("1")
    path.write_bytes(raw)
    assert found(site)[1] == name


@pytest.mark.sqlite
def test_an_older_database_put_back_is_named_by_the_signed_head(site: Site, tmp_path: Path) -> None:
    """Sound in itself to the last byte; only what was signed since tells."""
    old = copy_site(site, tmp_path / "old")
    with Ledger(site, StoryClock()) as ledger:
        claim(ledger, Draft(kinds.Recalled, {"units": [UNIT], "reason": "a positive donation"}))
        ledger.sign_checkpoint()
    shutil.copyfile(old.ledger_db, site.ledger_db)
    site.seal.unlink()
    assert found(site)[:2] == ("signed-head", "signed-head")
    assert "the database holds 10 batches: it was rolled back" in str(examine(site).first_bad)
    site.signed_head.unlink()
    assert found(site)[:2] == ("signed-head", "signed-head")


@pytest.mark.sqlite
def test_the_seal_names_what_nothing_else_can_miss(site: Site) -> None:
    """Checkpoints and cosignatures follow from nothing: one that was taken away is missed by the seal alone."""
    with unguarded(site, "cosignatures") as execute:
        assert execute("DELETE FROM cosignatures").rowcount == 1
    assert found(site)[0] == "seal"
    site.seal.unlink()
    assert examine(site).ok


def test_a_running_site_can_be_examined(site: Site) -> None:
    clock = StoryClock()
    with Ledger(site, clock) as ledger:
        clock.after(60)
        claim(ledger, Draft(kinds.Quarantined, {"unit": UNIT}))
        report = examine(site)
        assert report.ok, str(report.first_bad)
        assert report.batches == 11
    assert examine(site).ok


def test_a_checkpoint_that_is_signed_meanwhile_is_no_finding(site: Site) -> None:
    clock = StoryClock()
    with Ledger(site, clock) as ledger:

        def meanwhile(_done: int, _of: int) -> None:
            clock.after(60)
            claim(ledger, Draft(kinds.Quarantined, {"unit": UNIT}))
            ledger.sign_checkpoint()

        report = examine(site, progress=meanwhile)
        assert report.ok, str(report.first_bad)
        assert ledger.size > report.log_size == 10
