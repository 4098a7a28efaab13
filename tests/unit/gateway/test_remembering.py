"""What a tag remembers is told when it is there: once a presence, again when it changed, and never a stranger's."""

from gateway.device import Change
from gateway.observe import Presence
from gateway.remembering import MAX_WAITING, Remembering
from gateway.sighting import Arrived, Left, PresenceRule
from gateway.wire.iso15693 import MemoryRead
from gateway.wire.items import TagRead
from ledger.core import kinds
from ledger.core.ids import commitment
from ledger.core.tagmemory import Layout
from tests.support.golden_tagmemory import MESSAGE, memory

BAG, STRANGER = "E004015012345678", "E007015012345678"
SALT = bytes(16)
SITE = Layout(afi=0xC4)


def read(octets: bytes = memory(MESSAGE), tag: str = BAG, **more: object) -> MemoryRead:
    return MemoryRead("memory", tag=tag, octets=octets, **{"afi": 0xC4, "dsfid": 0, **more})  # type: ignore[arg-type]


class Shelf:
    """One reader with two shelves' worth of presence, and another that reads no memory."""

    def __init__(self) -> None:
        rules = {"hf": PresenceRule({1: "place:a"}, known_tags=("E00401",)), "uhf": PresenceRule({1: "place:b"})}
        self.presence = Presence(rules)
        self.remembering = Remembering("device:gw", self.presence, {"hf": SITE}, lambda: SALT)
        self.at_ms = 0

    def comes(self, tag: str = BAG, reader: str = "hf") -> Change:
        edges = []
        for _ in range(3):
            self.at_ms += 100
            edges += self.presence.read(reader, TagRead(tag, 1), self.at_ms)
        return self.remembering.follow(edges)

    def leaves(self) -> Change:
        edges: list[Left] = []
        while not edges and self.at_ms < 10_000_000:
            self.at_ms += 60_000
            edges = [edge for edge in self.presence.round_completed("hf", self.at_ms) if isinstance(edge, Left)]
        return self.remembering.follow(edges)

    def hears(self, memory_read: MemoryRead) -> list[dict[str, object]]:
        return told(self.remembering.read("hf", memory_read, self.at_ms))


def told(change: Change) -> list[dict[str, object]]:
    assert all(claim.kind is kinds.TagMemoryRead for claim in change.claims)
    return [{name: value for name, value in claim.fields.items() if value is not None} for claim in change.claims]


def test_what_was_read_before_the_tag_had_arrived_is_told_with_its_arrival() -> None:
    shelf = Shelf()
    assert shelf.hears(read(locked=tuple(range(28)))) == []
    (event,) = told(shelf.comes())
    assert (event["tag"], event["device"], event["place"]) == (f"tag:{BAG}", "device:gw/hf", "place:a")
    assert (event["outcome"], event["crc"], event["protection"], event["afi"]) == ("read", "holds", "locked", 0xC4)
    says = event["says"]
    assert isinstance(says, kinds.MemorySays)
    assert (says.din, says.product, says.abo, says.rhd) == ("din:A999926123456", "E0382V00", "O", "positive")
    assert says.expires_local == "20260211T2359"
    assert says.structures == ["001", "002", "003", "005"]


def test_the_same_is_told_once_a_presence_and_what_changed_again() -> None:
    shelf = Shelf()
    shelf.comes()
    assert len(shelf.hears(read())) == 1
    assert shelf.hears(read()) == []
    assert shelf.hears(MemoryRead("memory", "the tag did not answer", tag=BAG)) == [], "that says nothing new"
    assert [event["outcome"] for event in shelf.hears(read(bytes(112)))] == ["blank"]
    assert shelf.leaves().state == {f"memory/{BAG}": None}
    shelf.hears(read(bytes(112)))
    assert [event["outcome"] for event in told(shelf.comes())] == ["blank"]


def test_what_was_told_before_a_restart_is_not_told_again() -> None:
    shelf = Shelf()
    shelf.comes()
    kept = shelf.remembering.read("hf", read(), 1).state
    after = Shelf()
    after.comes()
    after.remembering.restore({name: value for name, value in kept.items() if value is not None})
    assert after.hears(read()) == []
    assert len(after.hears(read(bytes(112)))) == 1


def test_a_strangers_tag_is_nobodys_business() -> None:
    shelf = Shelf()
    assert shelf.hears(read(tag=STRANGER)) == []
    assert told(shelf.comes(STRANGER)) == []
    assert shelf.hears(read(tag=STRANGER)) == [], "it is there, and still no bag of the site's"


def test_a_tag_that_another_reader_has_is_not_here() -> None:
    shelf = Shelf()
    shelf.comes(reader="uhf")
    assert shelf.hears(read()) == [], "it is at the other place, whatever this reader heard"


def test_bytes_that_are_no_message_are_withheld_behind_a_commitment() -> None:
    shelf = Shelf()
    shelf.comes()
    names_a_donor = memory(b"=+02000=A99992612345600=;A99990000000000000123")
    change = shelf.remembering.read("hf", read(names_a_donor), 1)
    (event,) = told(change)
    withheld = commitment(SALT, names_a_donor.hex())
    assert (event["outcome"], event["withheld"], "says" in event) == ("unreadable", withheld, False)
    assert change.state[f"salt/{withheld}"] == SALT
    assert "A9999" not in str(event["reason"])


def test_what_a_wrong_crc_covers_is_told_as_such() -> None:
    shelf = Shelf()
    shelf.comes()
    octets = memory(MESSAGE)
    (event,) = shelf.hears(read(octets[:-1] + bytes((octets[-1] ^ 1,))))
    assert (event["outcome"], event["crc"]) == ("read", "differs")


def test_an_afi_that_is_not_the_sites_is_told() -> None:
    shelf = Shelf()
    shelf.comes()
    (event,) = shelf.hears(read(afi=0))
    assert event["reason"] == "expected AFI C4, came 00"


def test_why_a_tag_could_not_be_read_is_told() -> None:
    shelf = Shelf()
    shelf.comes()
    (event,) = shelf.hears(MemoryRead("memory", "the tag left before its memory was read", tag=BAG))
    assert (event["outcome"], event["reason"]) == ("not_read", "the tag left before its memory was read")


def test_tags_that_pass_by_are_remembered_within_bounds() -> None:
    shelf = Shelf()
    for number in range(MAX_WAITING + 5):
        shelf.hears(read(tag=f"E00401{number:010X}"))
    assert len(shelf.remembering._waiting) == MAX_WAITING
    assert told(shelf.remembering.follow([Arrived(f"E00401{0:010X}", "hf", "place:a", 1, 0, 0, 2, None)])) == []
