"""Two readers whose plugs were swapped are not two swapped fridges."""

from gateway.device import Change
from gateway.identity import Door
from gateway.wire.items import NO_TAG, Fault, Item, Status, TagRead

READ = TagRead("E280A9990000000000000001", 1, -55.0)
OURS, ANOTHER = Status("device-id", "4130"), Status("device-id", "4131")


def admitted(door: Door, *items: Item) -> list[Item]:
    return door.admit(items)[0]


def test_the_first_reader_that_says_who_it_is_is_the_one() -> None:
    door = Door("fridge-1")
    assert door.admit([Status("module-info", "1.9"), OURS, READ]) == (
        [Status("module-info", "1.9"), OURS, READ],
        Change(state={"identity/fridge-1": b"4130"}),
    )
    assert door.admit([OURS, READ]) == ([OURS, READ], Change()), "kept once"


def test_another_one_is_a_fault_and_nothing_that_it_says_is_believed_until_the_first_is_back() -> None:
    door = Door("fridge-1", known="4130")
    first, *rest = admitted(door, ANOTHER, READ, Status(NO_TAG))
    assert isinstance(first, Fault)
    assert "expected 4130, it says 4131" in first.reason
    assert 'identity = "4131"' in first.reason
    assert rest == []
    assert admitted(door, READ, Status(NO_TAG)) == []
    door.opened()
    assert isinstance(admitted(door, ANOTHER)[0], Fault), "a new line, and still another one"
    assert admitted(door, OURS, READ) == [OURS, READ]


def test_what_a_person_wrote_down_is_held_against_what_the_device_says() -> None:
    door = Door("fridge-1", wanted="13")
    assert door.admit([OURS, READ]) == ([OURS, READ], Change()), "a part of it will do, and nothing is learnt"
    door.opened()
    (fault,) = admitted(Door("fridge-1", wanted="77"), OURS, READ)
    assert isinstance(fault, Fault)
    assert fault.reason == "another device: expected '77', it says '4130'"
    (fault,) = admitted(Door("fridge-1", wanted="77"), READ)
    assert fault == Fault("does not say which reader it is: expected 77")


def test_a_reader_that_never_says_who_it_is_is_believed() -> None:
    assert admitted(Door("fridge-1"), Status("module-info", "M100 V1.0"), READ) == [
        Status("module-info", "M100 V1.0"),
        READ,
    ]


def test_where_one_said_who_it_is_a_reader_that_does_not_is_another_one() -> None:
    door = Door("fridge-1", known="4130")
    door.opened()
    version, fault = admitted(door, Status("module-info", "1.9"), READ)
    assert (version, type(fault)) == (Status("module-info", "1.9"), Fault)
    assert "does not say which reader it is: expected 4130" in str(fault)
    assert [type(item) for item in admitted(door, Status(NO_TAG))] == [Fault], "nor is anybody gone for its word"
    assert admitted(door, OURS, READ) == [OURS, READ]
    assert admitted(door, READ) == [READ], "once a connection is enough"
    door.opened()
    assert READ not in admitted(door, READ)
