from gateway.wire.sparkplug_b.births import MAX_ALIASES, MAX_NODES, MAX_SENSORS, Announced, Births, Node


def test_sequence_runs_from_255_to_0() -> None:
    node = Node()
    assert [node.follows(seq) for seq in (254, 255, 0, 1, 3, 4)] == [True, True, True, True, False, True]


def test_memory_is_bounded() -> None:
    births, node = Births(), Node()
    for number in range(MAX_NODES + 5):
        births.node("g", str(number))
    for number in range(max(MAX_ALIASES, MAX_SENSORS) + 5):
        node.announce("n", number, Announced("x", "", 0))
        node.heard(str(number))
    assert (len(births._nodes), len(node.aliases), len(node.sensors)) == (MAX_NODES, MAX_ALIASES, MAX_SENSORS)


def test_rebirth_forgets_every_alias() -> None:
    births = Births()
    births.node("g", "n").announce("n", 1, Announced("Temperature", "", 9))
    assert births.reborn("g", "n").aliases == {}
