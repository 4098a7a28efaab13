"""Auditors' cosignatures are kept once each, if they are of a root that the log bears out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import Refused
from ledger.core.mapproof import MapNote
from ledger.core.note import format_signature_lines, format_vkey
from ledger.core.signing import Cosigner, SigningKey
from ledger.read.mapping import best_root, roots
from ledger.read.reader import reading
from ledger.store.tables import map_cosignatures
from tests.support import naive_map
from tests.support.producers import StoryClock, claim, declare, site_in

ONE, OTHER = (Cosigner(f"{name}.example", SigningKey(name.encode() * 8)) for name in ("hebe", "iris"))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with roots at 1 and 3, and a lie at 5."""
    with Ledger(site_in(tmp_path / "site"), StoryClock()) as opened:
        opened.root_unit_map()
        claim(opened, Draft(kinds.Opening, {"unit": "unit:A999926000001.E0382V00", "place": "place:a"}))
        opened.root_unit_map()
        claim(opened, Draft(kinds.Quarantined, {"unit": "unit:A999926000001.E0382V00"}))
        declare(opened, Draft(kinds.UnitMapRooted, {"as_of_size": 5, "root": "A" * 43 + "="}))
        yield opened


def handed_in(
    ledger: Ledger, size: int, by: Cosigner = ONE, *, root: bytes | None = None, at: int = 1
) -> Refused | None:
    root = root or dict(naive_map.stated_roots(ledger.site)).get(size, bytes(32))
    line = by.cosign_text(MapNote(ledger.site.origin, size, root).format(), at)
    lines = format_signature_lines([line]).decode()
    return ledger.keep_audit(as_of_size=size, vkey=format_vkey(by.verifier), line=lines)


def shown(ledger: Ledger) -> list[tuple[int, list[str]]]:
    with reading(ledger.site) as reader:
        return [(size, names) for size, _, names in roots(reader.connection, limit=9)]


def test_each_is_kept_once_and_shown_beside_its_root(ledger: Ledger) -> None:
    for _ in range(2):
        assert handed_in(ledger, 3) is None
    with reading(ledger.site) as reader:
        assert reader.connection.execute(select(func.count()).select_from(map_cosignatures)).scalar() == 1
    assert handed_in(ledger, 3, OTHER) is None
    assert handed_in(ledger, 1) is None
    assert shown(ledger) == [(5, []), (3, ["hebe.example", "iris.example"]), (1, ["hebe.example"])]


def test_a_passport_gets_the_newest_root_that_somebody_cosigned_with_each_ones_latest_line(ledger: Ledger) -> None:
    with reading(ledger.site) as reader:
        uncosigned = best_root(reader.connection, 9)
        assert best_root(reader.connection, 1) is None
    assert uncosigned is not None
    assert (uncosigned.size, uncosigned.cosignatures) == (3, ""), "the lie is never shown"
    assert handed_in(ledger, 1, at=5) is None
    assert handed_in(ledger, 1, at=7) is None
    with reading(ledger.site) as reader:
        root = best_root(reader.connection, 9)
    assert root is not None
    assert (root.size, root.cosignatures.count("\n")) == (1, 1)
    note = MapNote(ledger.site.origin, 1, dict(naive_map.stated_roots(ledger.site))[1]).format()
    assert root.cosignatures == format_signature_lines([ONE.cosign_text(note, 7)]).decode()


def test_a_passport_gets_the_newest_root_that_enough_auditors_cosigned(ledger: Ledger) -> None:
    def best(needed: int) -> int:
        with reading(ledger.site) as reader:
            root = best_root(reader.connection, 9, auditors_needed=needed)
        assert root is not None
        return root.size

    for by in (ONE, OTHER):
        assert handed_in(ledger, 1, by) is None
    for at in (3, 4):
        assert handed_in(ledger, 3, at=at) is None
    assert (best(1), best(2)) == (3, 1), "one auditor's two lines are one auditor's"
    assert best(3) == 1, "where none has so many, the one that most cosigned"
    assert handed_in(ledger, 3, OTHER) is None
    assert (best(2), best(3)) == (3, 3)


def test_what_is_no_cosignature_of_a_true_root_is_refused(ledger: Ledger) -> None:
    assert handed_in(ledger, 2) == Refused("cosignature", "expected a size of which this log states a root; got 2")
    assert handed_in(ledger, 5) is not None, "the site's own lie"
    assert handed_in(ledger, 3, root=bytes(32)) is not None
    line = format_signature_lines([ONE.cosign_text("x\n", 1)]).decode()
    log_key = format_vkey(ledger.site.verifier("log"))
    for vkey, text in (("nobody", line), (format_vkey(ONE.verifier), "no line"), (log_key, line)):
        assert isinstance(ledger.keep_audit(as_of_size=3, vkey=vkey, line=text), Refused)
    assert [names for _, names in shown(ledger)] == [[], [], []]
