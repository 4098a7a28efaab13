"""A ledger that is shown its own word on what it does not have stands still, and only another database ends that."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger import rotation
from ledger.append import Draft, Ledger, Rejected
from ledger.config import Site
from ledger.core import checkpoint, kinds, receipt
from ledger.core.errors import Refused
from ledger.core.receipt import Receipt
from ledger.core.signing import NoteSigner, SigningKey, sign_note
from ledger.fsck import examine
from tests.support.copies import copy_site, rows_of, unguarded
from tests.support.producers import Gateway, StoryClock, introduce, site_in

SEEN = {"tag": "tag:E0040100", "device": "device:r", "antenna": 1, "reads": 1}


def arrive(ledger: Ledger, gateway: Gateway, second: int) -> bytes:
    """One arrival; its receipt."""
    return ledger.append_batch(gateway.say((kinds.TagArrived, f"2026-03-01T12:00:{second:02}.000Z", SEEN)))


@pytest.fixture
def two(tmp_path: Path) -> tuple[Site, Site, Gateway, list[bytes]]:
    """The newest copy of a site, an older one, the gateway, and what it holds of the newest: receipts, a checkpoint."""
    site, gateway = site_in(tmp_path / "site"), Gateway("gw-centre")
    with Ledger(site, StoryClock()) as ledger:
        introduce(ledger, gateway)
        held = [arrive(ledger, gateway, 1)]
    old = copy_site(site, tmp_path / "old")
    with Ledger(site, StoryClock()) as ledger:
        held += [arrive(ledger, gateway, 2), arrive(ledger, gateway, 3)]
        signed = ledger.sign_checkpoint()
        assert signed is not None
    return site, old, gateway, [*held, signed]


def refuses_everything(ledger: Ledger, gateway: Gateway) -> str:
    """It signs no receipt, no checkpoint, no event of its own; why."""
    told = set()
    for attempt in (
        lambda: arrive(ledger, gateway, 9),
        ledger.sign_checkpoint,
        lambda: ledger.record("site", [Draft(kinds.StreamResumed, {"producer": "g", "epoch": 2, "reason": "r"})]),
        lambda: ledger.confront([]),
    ):
        with pytest.raises(Rejected) as refused:
            attempt()  # type: ignore[no-untyped-call]  # four stories of one shape
        assert (refused.value.step, refused.value.status, refused.value.retry) == ("history", 503, "retry")
        told.add(refused.value.reason)
    assert len(told) == 1
    return told.pop()


def test_what_the_log_bears_out_disturbs_nobody(two: tuple[Site, Site, Gateway, list[bytes]]) -> None:
    site, _, gateway, held = two
    with Ledger(site, StoryClock()) as ledger:
        ledger.confront(held)
        ledger.confront([*held, arrive(ledger, gateway, 4)])
        assert ledger.standstill is None


@pytest.mark.parametrize(("which", "why"), [(1, "it went back"), (2, "it went back"), (3, "size 5 was signed")])
def test_a_database_that_went_back_signs_nothing_more(
    two: tuple[Site, Site, Gateway, list[bytes]], which: int, why: str
) -> None:
    _, old, gateway, held = two
    size = 0
    with Ledger(old, StoryClock()) as ledger:
        size = ledger.size
        ledger.confront(held[:1])
        with pytest.raises(Rejected, match="history"):
            ledger.confront([held[0], held[which]])
        assert why in refuses_everything(ledger, gateway)
    with Ledger(old, StoryClock()) as again:
        assert why in refuses_everything(again, gateway)
        assert again.size == size


def test_a_log_that_went_back_and_grew_again_is_found_by_what_others_hold(
    two: tuple[Site, Site, Gateway, list[bytes]],
) -> None:
    _, old, _, held = two
    other = Gateway("gw-other")
    for which, why in ((1, "another batch"), (3, "the database leads to")):
        copy = copy_site(old, old.directory.with_name(f"regrown-{which}"))
        with Ledger(copy, StoryClock()) as ledger:
            introduce(ledger, other)
            arrive(ledger, replace(other, heads={}), 7)
            arrive(ledger, replace(other, heads={}, epoch=2), 8)
            with pytest.raises(Rejected, match=why):
                ledger.confront([held[which]])


def test_the_newest_database_put_back_ends_it(two: tuple[Site, Site, Gateway, list[bytes]]) -> None:
    site, old, gateway, held = two
    with Ledger(old, StoryClock()) as ledger, pytest.raises(Rejected):
        ledger.confront(held)
    with Ledger(site, StoryClock()) as newest:
        newest.confront(held)
        newest.confront([arrive(newest, gateway, 4)])


def test_what_another_signed_or_said_of_another_log_stops_nobody(
    two: tuple[Site, Site, Gateway, list[bytes]],
) -> None:
    site, _, _, _ = two
    forged = NoteSigner(f"{site.name}/receipt", SigningKey(bytes(32)))
    lie = Receipt(site.origin, "gw-centre/1/c", 99, 99, bytes(32))
    elsewhere = replace(lie, origin=f"{site.name}/ledger/2")
    head = checkpoint.format(checkpoint.Checkpoint(site.origin, 99, bytes(32)))
    with Ledger(site, StoryClock()) as ledger:
        ledger.confront(
            [
                sign_note(lie.format(), [forged]),
                sign_note(elsewhere.format(), [site.signer("receipt")]),
                sign_note(head, [forged]),
                # The receipt key vouches for receipts alone.
                sign_note(head, [site.signer("receipt")]),
                b"no note at all",
            ]
        )
        assert ledger.standstill is None
        assert isinstance(receipt.verify(sign_note(lie.format(), [forged]), forged.verifier), Receipt)


def test_fsck_names_what_is_held_against_the_log_and_a_row_that_was_altered(
    two: tuple[Site, Site, Gateway, list[bytes]],
) -> None:
    _, old, _, held = two
    with Ledger(old, StoryClock()) as ledger, pytest.raises(Rejected):
        ledger.confront(held)
    bad = examine(old).first_bad
    assert bad is not None
    assert (bad.check, bad.key) == ("contradictions", "id=1")
    assert "xuemai/receipt/v1" in bad.found
    for column, value in (("seen_ms", 5), ("statement", held[2]), ("digest", bytes(32))):
        copy = copy_site(old, old.directory.with_name(f"altered-{column}"))
        copy.seal.unlink(missing_ok=True)
        with unguarded(copy, "contradictions") as execute:
            execute(f"UPDATE contradictions SET {column} = ?", (value,))  # noqa: S608  our own columns
        bad = examine(copy).first_bad
        assert bad is not None
        assert bad.found == "a row that was altered"


def test_one_is_kept_and_no_more(two: tuple[Site, Site, Gateway, list[bytes]]) -> None:
    _, old, _, _ = two
    with Ledger(old, StoryClock()) as ledger:
        for index in range(5):
            given = Receipt(old.origin, "gw-centre/1/c", index, 1000 + index, bytes(32))
            with pytest.raises(Rejected):
                ledger.confront([sign_note(given.format(), [old.signer("receipt")])])
    assert len(rows_of(old, "contradictions")) == 1


@pytest.mark.parametrize(("index", "believed"), [(0, True), (999, False)])
def test_a_retired_key_still_vouches_for_what_it_said_before_its_end_and_for_nothing_later(
    two: tuple[Site, Site, Gateway, list[bytes]], index: int, *, believed: bool
) -> None:
    site, _, _, held = two
    before = site.signer("receipt")
    with Ledger(site, StoryClock()) as ledger:
        assert not isinstance(rotation.add_log_key(ledger, "receipt"), Refused)
        assert not isinstance(rotation.retire_log_key(ledger, "receipt"), Refused)
        assert site.signer("receipt").verifier != before.verifier
        ledger.confront(held)
        lie = sign_note(Receipt(site.origin, "gw-centre/1/c", 7, index, bytes(32)).format(), [before])
        if believed:
            with pytest.raises(Rejected, match="another batch"):
                ledger.confront([lie])
        else:
            ledger.confront([lie])
            assert ledger.standstill is None
