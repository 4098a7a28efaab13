"""Two fridges and a hospital: what is there, what was there, what went out, and what a sweep finds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.append import Draft, Ledger
from ledger.core import kinds
from ledger.core.errors import ConfigError
from ledger.core.ids import format_instant
from ledger.read import stock, stocktaking
from ledger.read.reader import reading
from ledger.read.sweeping import Swept
from ledger.rules.inventory import Bag
from ledger.rules.stocktake import Difference
from tests.support.producers import MINUTE_MS, NOON_MS, Fact, Gateway, StoryClock, claim, declare, introduce, site_in

CENTRE, HOSPITAL = "org:centre", "org:hospital"
FRIDGE, OTHER, BANK = "place:centre/fridge-1", "place:centre/fridge-2", "place:hospital/bank"
SEEN: dict[str, object] = {"device": "device:gate", "antenna": 1, "reads": 1}
HOUR = 60 * MINUTE_MS
EXPIRY = NOON_MS + 20 * 24 * HOUR


def unit(number: int, product: str = "A0002V00") -> str:
    return f"unit:A99992600000{number}.{product}"


def tag(number: int) -> str:
    return f"tag:E28011700000020{number}"


class Story:
    """Hours after noon; `told` at their own hour, as people do."""

    def __init__(self, ledger: Ledger, clock: StoryClock) -> None:
        self.ledger = ledger
        self.clock = clock

    def at(self, hours: float) -> None:
        self.clock.at_ms = NOON_MS + int(hours * HOUR)

    def tell(self, hours: float, kind: type[kinds.Event], **fields: object) -> None:
        self.at(hours)
        claim(self.ledger, Draft(kind, fields))

    def bags(self, holder: str | None = None) -> dict[str, Bag]:
        with reading(self.ledger.site) as reader:
            return {each.unit: each for each in stock.bags(reader, holder=holder)}

    def then(self, hours: float, holder: str | None = None, log_size: int | None = None) -> dict[str, tuple[str, ...]]:
        with reading(self.ledger.site) as reader:
            at_ms = NOON_MS + int(hours * HOUR)
            found = stock.bags_at(reader, at_ms, holder=holder, log_size=log_size)
            return {each.unit: (each.state, str(each.place)) for each in found}

    def known(self, hours: float) -> dict[str, tuple[str, ...]]:
        with reading(self.ledger.site) as reader:
            size = stock.known_by(reader, NOON_MS + int(hours * HOUR))
        return self.then(hours, log_size=size)

    def sweep(self, place: str, *texts: str) -> Difference:
        with reading(self.ledger.site) as reader:
            return stocktaking.take(reader, place, Swept(texts=texts), now_ms=NOON_MS).difference


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Three bags in the first fridge at one, tagged; nothing has moved yet."""
    clock = StoryClock(NOON_MS)
    with Ledger(site_in(tmp_path / "site"), clock) as ledger:
        named = {"name_zh": "某处", "name_en": "Somewhere"}
        for org, role in ((CENTRE, "blood_centre"), (HOSPITAL, "hospital")):
            declare(ledger, Draft(kinds.OrganisationAdded, {"organisation": org, "role": role} | named))
        for place in (FRIDGE, OTHER, BANK):
            org = HOSPITAL if place == BANK else CENTRE
            declare(ledger, Draft(kinds.PlaceAdded, {"place": place, "organisation": org} | named))
        told = Story(ledger, clock)
        label = {"abo": "O", "rhd": "negative", "expires": format_instant(EXPIRY), "place": FRIDGE}
        for number in (1, 2, 3):
            told.tell(1, kinds.Opening, unit=unit(number), **label)
            told.tell(1, kinds.TagAssociated, unit=unit(number), tag=tag(number))
            told.tell(1.5, kinds.Released, unit=unit(number))
        yield told


def send(story: Story, hours: float, number: int) -> None:
    note = f"consignment:N-{number}"
    story.tell(hours, kinds.Dispatched, dispatch_note=note, units=[unit(number)], to=HOSPITAL, place=FRIDGE)


def accept(story: Story, hours: float, number: int) -> None:
    note = f"consignment:N-{number}"
    story.tell(hours, kinds.Received, dispatch_note=note, units=[unit(number)], outcome="accepted", place=BANK)


def test_a_bag_counts_with_its_component_its_measure_and_its_day(story: Story) -> None:
    assert story.bags()[unit(1)] == Bag(
        unit(1), "RBC_AS", "O", "negative", FRIDGE, CENTRE, "available", EXPIRY, "2026-03-21", 200, "U"
    )


def test_plasma_counts_in_millilitres_and_a_product_that_nobody_lists_in_bags_alone(story: Story) -> None:
    for product in ("A0003V00", "Z9999V00"):
        story.tell(2, kinds.Opening, unit=unit(7, product), place=OTHER)
    plasma, nameless = story.bags()[unit(7, "A0003V00")], story.bags()[unit(7, "Z9999V00")]
    assert (plasma.component, plasma.amount, plasma.measure, plasma.expires) == ("FFP", 200, "mL", None)
    assert (nameless.component, nameless.amount, nameless.measure) == ("Z9999V00", None, None)


def test_a_stock_is_what_its_holder_has_and_what_was_thrown_away_is_in_none(story: Story) -> None:
    send(story, 2, 1)
    accept(story, 3, 1)
    story.tell(4, kinds.DiscardRequested, unit=unit(2), reason="leak")
    story.tell(4, kinds.DiscardApproved, unit=unit(2))
    story.tell(4, kinds.Discarded, unit=unit(2))
    assert list(story.bags()) == [unit(1), unit(3)]
    assert list(story.bags(HOSPITAL)) == [unit(1)]
    assert list(story.bags(CENTRE)) == [unit(3)]


def test_the_stock_of_a_past_instant_is_what_was_there_then(story: Story) -> None:
    story.tell(2, kinds.Moved, unit=unit(1), place=OTHER)
    send(story, 3, 2)
    accept(story, 4, 2)
    assert story.then(0.5) == {}
    assert set(story.then(1.2).values()) == {("pending", FRIDGE)}
    assert story.then(2.5)[unit(1)] == ("available", OTHER)
    assert story.then(2.5)[unit(2)] == ("available", FRIDGE)
    assert list(story.then(3.5, CENTRE)) == [unit(1), unit(3)]
    assert list(story.then(3.5, "transit")) == [unit(2)]
    assert list(story.then(2.5, CENTRE)) == [unit(1), unit(2), unit(3)]
    now = {name: (each.state, str(each.place)) for name, each in story.bags().items()}
    assert story.then(4) == story.then(99) == now


def test_a_bag_that_was_used_up_since_was_there(story: Story) -> None:
    story.tell(5, kinds.Washed, parents=[unit(1)], children=[kinds.Component(unit=unit(1, "A0005V00"))])
    assert unit(1) in story.then(4)
    assert unit(1, "A0005V00") not in story.then(4)
    assert unit(1) not in story.then(6)
    assert unit(1) in story.known(4)
    assert unit(1) not in story.known(6)


def test_what_a_gateway_said_late_happened_then_and_was_not_known_then(story: Story) -> None:
    gateway = Gateway("gw-1")
    introduce(story.ledger, gateway)
    story.at(2)
    story.tell(2, kinds.Stored, unit=unit(3), place=FRIDGE)
    story.at(9)
    seen: Fact = (
        kinds.TagArrived,
        format_instant(NOON_MS + 3 * HOUR),
        {"tag": tag(1), "place": OTHER, "device": "device:gate", "antenna": 1, "reads": 1},
    )
    story.ledger.append_batch(gateway.say(seen))
    story.tell(10, kinds.Stored, unit=unit(3), place=FRIDGE)
    assert story.then(4)[unit(1)] == ("available", OTHER)
    assert story.known(4)[unit(1)] == ("available", FRIDGE)
    assert story.known(10)[unit(1)] == ("available", OTHER)


def test_before_its_first_batch_nothing_was_known(story: Story) -> None:
    assert story.known(-1) == {}
    with reading(story.ledger.site) as reader:
        assert stock.known_by(reader, NOON_MS - 24 * 365 * HOUR) == 0
        assert stock.known_by(reader, NOON_MS + HOUR * 99) == reader.log_size()


def test_a_sweep_tells_found_missing_surplus_and_unknown_apart(story: Story) -> None:
    story.tell(2, kinds.Moved, unit=unit(3), place=OTHER)
    told = story.sweep(FRIDGE, tag(1), "", " " + tag(3) + "\n", "tag:0000", "not a label", "box:B-1")
    assert told == Difference((unit(1),), (unit(2),), (unit(3),), ("box:B-1", "not a label", "tag:0000"))


def test_a_bag_that_is_on_the_road_is_not_missed_on_its_shelf_and_is_surplus_if_it_lies_there(story: Story) -> None:
    send(story, 2, 1)
    assert story.sweep(FRIDGE, tag(2), tag(3)).agrees
    assert story.sweep(FRIDGE, tag(1), tag(2), tag(3)).surplus == (unit(1),)
    assert story.bags()[unit(1)].place is None


def test_a_box_on_the_road_is_swept_for_what_was_packed_into_it(story: Story) -> None:
    box = "box:B-1"
    story.tell(2, kinds.Packed, units=[unit(1), unit(2)], box=box)
    note = "consignment:N-9"
    story.tell(3, kinds.Dispatched, dispatch_note=note, units=[unit(1), unit(2)], to=HOSPITAL, place=FRIDGE)
    assert story.sweep(box, tag(1), tag(3)) == Difference((unit(1),), (unit(2),), (unit(3),), ())


def test_a_boxs_own_label_does_not_say_what_is_in_it(story: Story) -> None:
    story.tell(2, kinds.Packed, units=[unit(1)], box="box:B-1")
    assert story.sweep("box:B-1", "box:B-1") == Difference((), (unit(1),), (), ("box:B-1",))


def test_a_donation_number_with_several_bags_leads_to_none_of_them(story: Story) -> None:
    assert story.sweep(FRIDGE, "A999926000001").found == (unit(1),)
    story.tell(2, kinds.Opening, unit=unit(1, "A0003V00"), place=OTHER)
    assert story.sweep(FRIDGE, "A999926000001").unknown == ("A999926000001",)


def test_a_sites_targets_stand_in_its_folder(story: Story) -> None:
    with reading(story.ledger.site) as reader:
        assert stock.targets(reader) == ()
        file = story.ledger.site.directory / stock.TARGETS_FILE
        file.write_text('[[target]]\nname = "x"\nbags = 2\n', "utf-8")
        assert [each.name for each in stock.targets(reader)] == ["x"]
        file.write_bytes(b"\xff")
        with pytest.raises(ConfigError, match="UTF-8"):
            stock.targets(reader)
