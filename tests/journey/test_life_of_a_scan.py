"""The main job, on captured bytes: from an antenna's frames to a unit's page, hop by hop.

Frames that real devices sent (tests/vectors/devices) are written verbatim to a pseudo-terminal and to a real broker. A
real gateway reads them, keeps them while the centre is down, and sends them to a real ledger once it is there. The
chapters have the names of "Life of a scan" in docs/architecture.md, in its order.
"""

import json
import os
import re
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from firmware_mocks.browser_forms import Browser
from ledger.core import batch, events
from ledger.core.checkpoint import parse_signed
from ledger.core.errors import Refused
from ledger.core.note import VerifierKey
from ledger.core.receipt import Receipt, verify
from ledger.core.signing import NoteSigner, SigningKey, verify_note
from ledger.read.reader import reading
from tests.journey.captures import captured
from tests.support import invariants, sites
from tests.support.processes import ending, pty_link, wait_for

ARCHITECTURE = Path(__file__).parents[2] / "docs" / "architecture.md"
STREAM = f"{sites.GATEWAY}/1/c"
UNIT, OTHER_UNIT = "unit:A999917123456.A0002V00", "unit:A999926123456.A0002V00"
READER = """
[[reader]]
name = "shelf"
family = "m100_uhf"
port = "m100"
antennas = [{antenna = 1, place = "place:centre/fridge-1"}]
interval_seconds = 0.2
leave_after_seconds = 600
known_tags = ["E200001D", "E2801170", "307E", "3000"]
"""


M100 = {name: bytes.fromhex(str(frame["hex"])) for name, frame in captured("m100_uhf").items()}
EPCS = {name: str(frame["expect"].get("epc")) for name, frame in captured("m100_uhf").items()}
OF_UNIT, OF_OTHER, OF_OTHER_TOO, OF_NO_UNIT, STRANGER = (EPCS[name] for name in ("g06", "g07", "g16", "g15", "g08"))
SHELF = [M100[name] for name in ("g06", "g07", "g08", "g15", "g16")]
NOISY, NOISE_OCTETS, NOISY_TAGS = M100["g14"], 13, 2
"""A capture with three octets of line noise, a tag, a frame of ten octets cut in the middle, and another tag."""
CORRUPT = M100["g12"]
EMPTY_SHELF = M100["g10"]
STOP, INFO = M100["g03"], M100["g01"]
POLL = bytes.fromhex("BB00220000227E")


@dataclass
class Replayer:
    """A reader that answers every poll with captured bytes, and otherwise keeps silent."""

    line: int
    heard: bytes = b""
    answer: bytes = b""
    first_answer: bytes = b""
    polls_answered: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        unread = b""
        while not self.ended.is_set():
            if not select.select([self.line], [], [], 0.05)[0]:
                continue
            octets = os.read(self.line, 4096)
            self.heard, unread = self.heard + octets, unread + octets
            while POLL in unread:
                unread = unread.partition(POLL)[2]
                self._answer()

    def _answer(self) -> None:
        octets, self.first_answer = self.first_answer or self.answer, b""
        if octets:
            os.write(self.line, octets)
        if octets == b"".join(SHELF):
            self.polls_answered += 1


@dataclass
class Story:
    """What is told, and what the chapters learnt."""

    whole: sites.WholeSite
    replayer: Replayer
    receipt: Receipt | None = None
    arrival: bytes = b""

    def counts(self) -> dict[str, int]:
        return self.whole.counts("shelf")

    def outbox(self) -> invariants.Outbox:
        return invariants.read_outbox(self.whole.gateway_folder / "outbox.db")

    def wait_for(self, found: Callable[[], object], what: str) -> None:
        wait_for(found, what, self.whole.gateway, self.whole.server)


@contextmanager
def begun(folder: Path) -> Iterator[Story]:
    """A site with two units in stock, a reader that speaks in captured bytes, and nothing running."""
    units = {UNIT: [OF_UNIT], OTHER_UNIT: [OF_OTHER, OF_OTHER_TOO]}
    whole = sites.make(folder, READER, units=units)
    with pty_link(whole.gateway_folder / "m100") as line, ending(whole.gateway, whole.server):
        replayer = Replayer(line)
        thread = threading.Thread(target=replayer.run)
        thread.start()
        try:
            yield Story(whole, replayer)
        finally:
            replayer.ended.set()
            thread.join()


def port(story: Story) -> None:
    """The gateway opens the line and says what captured hosts say to this module."""
    story.whole.gateway.start()
    story.wait_for(lambda: STOP in story.replayer.heard and INFO in story.replayer.heard, "a greeting on the line")


def wire(story: Story) -> None:
    """Five rounds of five tags, after a noisy one: every tag is read, every spoilt octet counted and skipped."""
    replayer = story.replayer
    replayer.first_answer, replayer.answer = CORRUPT + NOISY, b"".join(SHELF)
    story.wait_for(lambda: replayer.polls_answered >= 5, "five rounds")
    replayer.answer = EMPTY_SHELF
    expected = {"tagread": NOISY_TAGS, "noise": NOISE_OCTETS + len(CORRUPT)}

    def all_counted() -> bool:
        expected["tagread"] = NOISY_TAGS + len(SHELF) * replayer.polls_answered
        return {name: story.counts().get(name) for name in expected} == expected

    story.wait_for(all_counted, f"{expected}, not {story.counts()}")


def observe(story: Story) -> None:
    """Dozens of reads are four arrivals, and one tag that is not of this site."""
    story.wait_for(lambda: story.counts().get("arrived") == 4, "four arrivals")
    assert story.counts()["unknownseen"] == 1


def claim(story: Story) -> None:
    """What is said, when, where, and how far the clock can be trusted."""
    said = {(kind, event["tag"]): event for kind, event in tag_events(story)}
    assert set(said) == {
        *(("tag_arrived", f"tag:{epc}") for epc in (OF_UNIT, OF_OTHER, OF_OTHER_TOO, OF_NO_UNIT)),
        ("unknown_tag_seen", f"tag:{STRANGER}"),
    }
    arrived = said["tag_arrived", f"tag:{OF_UNIT}"]
    assert arrived["place"] == sites.FRIDGE
    assert arrived["device"] == f"device:{sites.GATEWAY}/shelf"
    assert arrived["rssi_centi_dbm"] == -6000  # as the capture says
    assert arrived["clock"] in {"synchronised", "unsynchronised"}


def outbox(story: Story) -> None:
    """Durable write 1: chained, sealed and signed while the centre is down."""
    story.wait_for(lambda: sealed_events(story) == len(story.outbox().events), "everything sealed")
    held = story.outbox()
    assert held.receipts == ()
    assert [seq for stream, seq in sorted(held.events) if stream == STREAM] == list(range(1, held.waiting + 1))
    story.arrival = next(body for body in held.events.values() if OF_UNIT in body.decode())
    for note in notes_of(story):
        signed, text = batch.read_note(note)
        assert not isinstance(verify_note(signed, [gateway_key(story)]), Refused)
        assert text.origin == story.whole.site.origin


def uplink(story: Story) -> None:
    """The centre is back: the same bytes, until a signed receipt comes."""
    story.whole.server.start_and_wait()
    story.wait_for(lambda: story.outbox().waiting == 0, "receipts for everything")
    arrival = events.decode(story.arrival)
    for raw in story.outbox().receipts:
        receipt = verify(raw, story.whole.site.verifier("receipt"))
        assert isinstance(receipt, Receipt), receipt
        if receipt.last_seq >= arrival.seq and story.receipt is None:
            story.receipt = receipt
    assert story.receipt is not None


def append(story: Story) -> None:
    """Durable write 2: in the log where the receipt says, byte for byte as the gateway made it."""
    assert story.receipt is not None
    log = invariants.read_log(story.whole.site.ledger_db)
    found = log[story.receipt.log_index]
    assert found.text_hash == story.receipt.batch_hash
    assert story.arrival in [body for _, body in found.events]


def publish(story: Story) -> None:
    """A checkpoint covers it, signed by the log's key."""
    assert story.receipt is not None
    index = story.receipt.log_index

    def covered() -> bool:
        checkpoint, signed = parse_signed(story.whole.get("/checkpoint").body)
        assert not isinstance(verify_note(signed, [story.whole.site.verifier("log")]), Refused)
        return checkpoint.size > index

    story.wait_for(covered, f"a checkpoint over batch {index}")


def read(story: Story) -> None:
    """The tags' units show the arrival; the tag of no unit is a discrepancy, the stranger an event."""
    for unit, tags in ((UNIT, {OF_UNIT}), (OTHER_UNIT, {OF_OTHER, OF_OTHER_TOO})):
        now = story.whole.json(f"/v1/units/{unit}")
        assert now["summary"]["place"]["id"] == now["stays"][-1]["place"] == sites.FRIDGE
        history = story.whole.json(f"/v1/units/{unit}/events")["events"]
        seen = {line["event"]["tag"] for line in history if line["kind"] == "tag_arrived"}
        assert seen == {f"tag:{epc}" for epc in tags}
    with reading(story.whole.site) as reader:
        unknown = {found.subject for found in reader.discrepancies() if found.rule == "tag.unknown"}
    assert unknown == {f"tag:{OF_NO_UNIT}", f"tag:{STRANGER}"}


def present(story: Story) -> None:
    """The unit's page says it in words, with what was proved."""
    page = administrator(story.whole).get(f"/units/{UNIT.removeprefix('unit:')}")
    assert page.status == 200
    assert "Tag arrived" in page.body
    assert f"{STREAM} #{events.decode(story.arrival).seq}" in page.body
    # No witness has cosigned this log, which is a warning; what matters here is that every event was proved.
    assert page.marked("data-proof") == ["warnings"]
    assert "proved against checkpoint" in page.body
    assert "not proved" not in page.body


CHAPTERS = (port, wire, observe, claim, outbox, uplink, append, publish, read, present)


def test_the_chapters_are_those_of_the_documentation() -> None:
    told = ARCHITECTURE.read_text("utf-8").partition("## Life of a scan")[2].partition("\n## ")[0]
    assert [chapter.__name__ for chapter in CHAPTERS] == re.findall(r"^\d+\. \*\*(\w+)\*\*", told, re.MULTILINE)


def test_the_life_of_a_scan(tmp_path: Path) -> None:
    with begun(tmp_path) as story:
        for chapter in CHAPTERS:
            chapter(story)
        assert story.whole.gateway.stop() == 0
        assert story.whole.server.stop() == 0
        assert story.whole.fsck()["first_bad"] is None


def tag_events(story: Story) -> Iterator[tuple[str, dict[str, object]]]:
    for body in story.outbox().events.values():
        event = json.loads(body)
        if "tag" in event:
            yield event["kind"], event


def notes_of(story: Story) -> list[bytes]:
    with invariants.opened(story.whole.gateway_folder / "outbox.db") as connection:
        return [bytes(note) for (note,) in connection.execute("SELECT note FROM batches ORDER BY stream, first")]


def sealed_events(story: Story) -> int:
    return sum(batch.read_note(note)[1].count for note in notes_of(story))


def gateway_key(story: Story) -> VerifierKey:
    seed = bytes.fromhex((story.whole.gateway_folder / "keys" / "gateway.key").read_text())
    return NoteSigner(f"{story.whole.site.name}/{sites.GATEWAY}", SigningKey(seed)).verifier


def administrator(whole: sites.WholeSite) -> Browser:
    """The administrator's browser, enrolled with the code that `xuemai init` printed."""
    browser, password = Browser(whole.server.url), "correct horse battery staple"
    code = whole.site.first_admin_code.read_text().strip()
    enrolled = browser.submit(browser.get("/enrol"), {"code": code, "password": password, "again": password})
    assert enrolled.status == 303, enrolled.body
    entered = browser.submit(browser.get("/sign-in"), {"login": "admin", "password": password})
    assert entered.status == 303, entered.body
    return browser
