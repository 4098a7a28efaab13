"""What was said and never delivered is said again where the gateway goes on: nothing is lost, nothing counts twice."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from gateway import carryover, outbox_age
from gateway.carryover import AT_ONCE, Carried
from gateway.claim import Claim
from gateway.cli import gateway as command
from gateway.outbox import Identity, Outbox
from gateway.uplink import Answer, Uplink
from ledger.append import Draft, Ledger, Rejected
from ledger.config import Site
from ledger.core import events, kinds
from ledger.core.erasurelist import ToErase
from ledger.core.errors import ConfigError
from ledger.core.note import format_vkey
from ledger.fsck import examine
from ledger.read.reader import reading
from tests.support.producers import Gateway, StoryClock, claim, declare, introduce, site_in

UNIT, TAG = "unit:A999926123456.E0382V00", "tag:E280A99900000001"
FRIDGE, OTHER = "place:centre/fridge-1", "place:centre/fridge-2"
C1, C2, T1, T2 = "gw-centre/1/c", "gw-centre/2/c", "gw-centre/1/t", "gw-centre/2/t"
WITHHELD, SALT = "sha256:" + "c" * 64, b"SALTCANARY916253"


def seen(kind: type[kinds.Event], minute: int, place: str, **more: object) -> Claim:
    fields: dict[str, object] = {"time": f"2026-03-01T12:{minute:02}:00.000Z", "place": place, "tag": TAG, "reads": 1}
    return Claim(kind, fields | {"device": "device:r"} | more)


def arrived(minute: int, place: str) -> Claim:
    return seen(kinds.TagArrived, minute, place, antenna=1)


def measured(minute: int) -> Claim:
    fields = {"time": f"2026-03-01T12:{minute:02}:00.000Z", "place": FRIDGE, "probe": "probe:p", "measures": "air"}
    until = f"2026-03-01T12:{minute + 4:02}:00.000Z"
    readings = [[0, 412], [60_000, 418], [240_000, 405]]
    return Claim(kinds.TemperatureSegment, fields | {"until": until, "quality": "good", "readings": readings})


class World:
    """A ledger with one tagged unit, and a gateway whose disk may be cloned."""

    def __init__(self, folder: Path, ledger: Ledger, site: Site, clock: StoryClock) -> None:
        self.folder, self.ledger, self.site, self.clock = folder, ledger, site, clock
        self.numbers = itertools.count(1)
        self.producer = Gateway("gw-centre", origin=site.origin)
        introduce(ledger, self.producer)
        for place in (FRIDGE, OTHER):
            names = {"organisation": "org:centre", "name_zh": place, "name_en": place}
            declare(ledger, Draft(kinds.PlaceAdded, {"place": place, **names}))
        expires = "2026-04-05T15:59:00.000Z"
        claim(
            ledger,
            Draft(kinds.Opening, {"unit": UNIT, "abo": "O", "rhd": "negative", "expires": expires}),
            Draft(kinds.TagAssociated, {"unit": UNIT, "tag": TAG}),
        )
        clock.after(59)

    def outbox(self, name: str, epoch: int = 1, origin: str | None = None) -> Outbox:
        signer, receipts = self.producer.signer, self.site.verifier("receipt")
        identity = Identity(origin or self.site.origin, "gw-centre", epoch, signer, receipts)
        return Outbox(self.folder / name, identity, self.clock, lambda size: next(self.numbers).to_bytes(size))

    def deliver(self, outbox: Outbox) -> str:
        outbox.seal_all()
        uplink = Uplink(outbox, self._post)
        while (outcome := uplink.send_next()) == "sent":
            pass
        return outcome

    def _post(self, wire: bytes) -> Answer:
        try:
            return Answer(200, self.ledger.append_batch(wire))
        except Rejected as refused:
            problem = {"step": refused.step, "retry": refused.retry, "detail": refused.reason}
            return Answer(refused.status, msgspec.json.encode(problem))

    def fork(self) -> None:
        """The disk is cloned after the first arrival; the clone speaks first, and the original is refused."""
        with self.outbox("outbox.db") as box:
            box.append([arrived(1, FRIDGE)])
            assert self.deliver(box) == "nothing"
        shutil.copy(self.folder / "outbox.db", self.folder / "clone.db")
        with self.outbox("clone.db") as clone:
            clone.append([arrived(10, OTHER)])
            assert self.deliver(clone) == "nothing"
        with self.outbox("outbox.db") as box:
            fields = {"time": "2026-03-01T12:20:00.000Z", "device": "device:s", "reason": "blurred"}
            box.append([arrived(15, FRIDGE), seen(kinds.TagLeft, 30, FRIDGE)])
            refused = Claim(kinds.ScanRefused, fields | {"withheld": WITHHELD})
            box.append([measured(2), refused], {f"salt/{WITHHELD}": SALT})
            assert self.deliver(box) == "stopped"
            box.append([arrived(40, OTHER)])
            assert self.deliver(box) == "nothing"
        declare(self.ledger, Draft(kinds.StreamResumed, {"producer": "gw-centre", "epoch": 2, "reason": "cloned"}))

    def history(self) -> list[kinds.AnyEvent]:
        with reading(self.site) as reader:
            page = reader.unit_page(UNIT, now_ms=self.clock.now_ms())
            return [line.recorded.event for line in reversed(page.history) if line.recorded is not None]

    def stays(self) -> list[tuple[str, int]]:
        with reading(self.site) as reader:
            page = reader.unit_page(UNIT, now_ms=self.clock.now_ms())
        return [(stay.place, stay.since_ms // 60_000 % 60) for stay in page.stays]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    site, clock = site_in(tmp_path / "site"), StoryClock()
    with Ledger(site, clock) as ledger:
        made = World(tmp_path, ledger, site, clock)
        made.fork()
        yield made


def held(box: Outbox, stream: str) -> list[bytes]:
    with box.direct() as db:
        rows = db.execute("SELECT body FROM events WHERE stream = ? ORDER BY seq", (stream,))
        return [bytes(body) for (body,) in rows]


def test_after_a_fork_everything_is_told_late_and_stands_where_it_happened(world: World) -> None:
    assert world.stays() == [(FRIDGE, 1), (OTHER, 10)]
    with world.outbox("outbox.db", epoch=2) as box:
        before = held(box, C1)
        assert carryover.carry_over_own(box) == [Carried(C1, C2, 4, 0)]
        assert held(box, C1) == before, "the old bytes stay"
        box.append([arrived(50, FRIDGE)])
        assert world.deliver(box) == "nothing"
        assert {name: (state.waiting, state.stopped) for name, state in box.streams().items()}[C1] == (0, None)
        assert box.ends()[C1][1] is None, "nothing of it waits here any more"
    assert world.stays() == [(FRIDGE, 1), (OTHER, 10), (FRIDGE, 15), (OTHER, 40), (FRIDGE, 50)]
    assert examine(world.site).ok


def test_the_old_bytes_follow_from_the_new_ones(world: World) -> None:
    with world.outbox("outbox.db", epoch=2) as box:
        old = held(box, C1)[1:]
        carryover.carry_over_own(box)
        new = [events.decode(body) for body in held(box, C2)]
    for body, event in zip(old, new, strict=True):
        assert isinstance(event, kinds.Reported)
        assert event.first_said is not None
        assert event.first_said.origin == world.site.origin
        place = {"stream": event.first_said.stream, "seq": event.first_said.seq}
        assert events.encode(msgspec.structs.replace(event, first_said=None, **place)) == body


def test_a_second_run_carries_nothing_and_one_that_was_cut_off_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carryover, "AT_ONCE", 1)
    calls = itertools.count()
    with world.outbox("outbox.db", epoch=2) as box:
        keep = box.carry

        def cut_off(*arguments: object) -> None:
            if next(calls) == 2:
                raise KeyboardInterrupt
            keep(*arguments)  # type: ignore[arg-type]  # passed on as it came

        monkeypatch.setattr(Outbox, "carry", lambda _self, *arguments: cut_off(*arguments))
        with pytest.raises(KeyboardInterrupt):
            carryover.carry_over_own(box)
        monkeypatch.undo()
        assert carryover.carry_over_own(box) == [Carried(C1, C2, 2, 0)]
        assert carryover.carry_over_own(box) == []
        assert len(held(box, C2)) == 4
    assert AT_ONCE > 1


def test_what_two_copies_carry_over_counts_once(world: World) -> None:
    shutil.copy(world.folder / "outbox.db", world.folder / "copy.db")
    for name, epoch in (("outbox.db", 2), ("copy.db", 3)):
        if epoch == 3:
            declare(world.ledger, Draft(kinds.StreamResumed, {"producer": "gw-centre", "epoch": 3, "reason": "again"}))
        with world.outbox(name, epoch=epoch) as box:
            assert [each.events for each in carryover.carry_over_own(box)] == [4]
            assert world.deliver(box) == "nothing"
        told = [(each.time, each.stream) for each in world.history() if isinstance(each, kinds.TagArrived)]
        assert [time[14:16] for time, _ in told].count("15") == epoch - 1, "the log keeps both"
        assert world.stays() == [(FRIDGE, 1), (OTHER, 10), (FRIDGE, 15), (OTHER, 40)]
    assert examine(world.site).ok


def test_telemetry_goes_on_by_itself_where_its_stream_was_not_stopped(world: World) -> None:
    with world.outbox("outbox.db", epoch=2) as box:
        assert box.streams()[T1].waiting == 0
        assert {each.stream for each in carryover.carry_over_own(box)} == {C1}
        assert held(box, T2) == []


def test_an_outbox_that_was_moved_aside_is_carried_over_with_its_salts(world: World) -> None:
    (world.folder / "outbox.db").rename(world.folder / "outbox-1.db")
    origin = f"{world.producer.site_name}/ledger/2"
    with world.outbox("outbox.db", origin=origin) as box:
        found = carryover.carry_over_from(box, world.folder / "outbox-1.db")
        assert found == [Carried(C1, C1, 4, 0)]
        assert carryover.carry_over_from(box, world.folder / "outbox-1.db") == [Carried(C1, C1, 0, 0)]
        said = [events.decode(body) for body in held(box, C1)]
        assert {each.first_said.origin for each in said if isinstance(each, kinds.Reported) and each.first_said} == {
            world.site.origin
        }
        assert box.state("salt/") == {f"salt/{WITHHELD}": SALT}


def test_a_carried_event_is_erased_where_it_was_first_said_too(world: World) -> None:
    with world.outbox("outbox.db", epoch=2) as box:
        carryover.carry_over_own(box)
        assert world.deliver(box) == "nothing"
        seq = next(number for number, body in enumerate(held(box, C2), 1) if b"blurred" in body)
        assert outbox_age.erase(box, [ToErase("body", C2, seq)]) == 1
        assert b"blurred" not in b"".join(path.read_bytes() for path in world.folder.glob("outbox.db*"))
        assert box.state("salt/") == {}


def test_what_this_version_does_not_understand_stays_and_is_counted(world: World) -> None:
    with world.outbox("outbox.db", epoch=2) as box:
        with box.direct() as db:
            rows = db.execute("SELECT seq, body FROM events WHERE stream = ?", (C1,)).fetchall()
            for seq, body in rows:
                odd = bytes(body).replace(b"tag_left", b"tag_gone")
                db.execute("UPDATE events SET body = ? WHERE stream = ? AND seq = ?", (odd, C1, seq))
        assert carryover.carry_over_own(box) == [Carried(C1, C2, 3, 1)]


def test_a_file_of_another_gateway_is_refused(world: World) -> None:
    with world.outbox("outbox.db", epoch=2) as box:
        for name in ("nothing.db", "site/xuemai.toml"):
            (world.folder / "nothing.db").touch()
            with pytest.raises(ConfigError):
                carryover.carry_over_from(box, world.folder / name)


def test_an_outbox_of_another_gateway_is_refused(world: World) -> None:
    identity = Identity(world.site.origin, "gw-other", 1, world.producer.signer, world.site.verifier("receipt"))
    with Outbox(world.folder / "other.db", identity, world.clock, bytes) as other:
        other.append([arrived(3, FRIDGE)])
    with world.outbox("outbox.db", epoch=2) as box, pytest.raises(ConfigError, match="gw-other"):
        carryover.carry_over_from(box, world.folder / "other.db")


def test_a_person_carries_over_on_the_command_line(world: World) -> None:
    receipt = format_vkey(world.site.verifier("receipt"))
    (world.folder / "gateway.toml").write_text(
        f'[gateway]\nname = "gw-centre"\norigin = "{world.site.origin}"\nepoch = 2\n'
        f'[uplink]\nurl = "http://127.0.0.1:1"\nreceipt_key = "{receipt}"\n'
    )
    CliRunner().invoke(command, ["enroll", "--site", str(world.folder)])
    done = CliRunner().invoke(command, ["carry-over", "--site", str(world.folder)])
    assert (done.exit_code, done.output) == (0, f"{C1}: 4 events carried over into {C2}\n")
    again = CliRunner().invoke(command, ["carry-over", "--site", str(world.folder)])
    assert (again.exit_code, again.output) == (0, "nothing to carry over\n")
