from gateway.wire.items import Item, Noise, Reading, Status
from gateway.wire.sparkplug_b.births import ASK_AGAIN_AFTER
from gateway.wire.sparkplug_b.decoder import MAX_ANSWERS, REBIRTH_NEEDED, SparkplugDecoder
from gateway.wire.sparkplug_b.payload import parse
from tests.support import sparkplug as spb

NODE, DEVICE = "spBv1.0/bank/{}/gw", "spBv1.0/bank/{}/gw/FR-07"
TEMPERATURE = "gw/FR-07/Temperature"


class Edge:
    """An edge node, and what the gateway makes of its messages."""

    def __init__(self) -> None:
        self.decoder = SparkplugDecoder()
        self.seq = 0

    def says(self, topic: str, *metrics: bytes, seq: int | None = None, retained: bool = False) -> list[Item]:
        number = self.seq if seq is None else seq
        self.seq = (number + 1) % 256
        return self.decoder.feed_message(topic, spb.payload(number, *metrics), retained=retained)

    def is_born(self) -> None:
        self.says(NODE.format("NBIRTH"), spb.metric(name="bdSeq", datatype=4, value=3), seq=0)
        self.says(DEVICE.format("DBIRTH"), spb.metric(name="Temperature", alias=1, datatype=9, value=4.0))

    def dies(self, bd_seq: int) -> list[Item]:
        will = spb.payload(None, spb.metric(name="bdSeq", datatype=4, value=bd_seq))
        return self.decoder.feed_message(NODE.format("NDEATH"), will, retained=False)


def data(value: float | None, **members: object) -> bytes:
    return spb.metric(alias=1, value=value, null=value is None, **members)  # type: ignore[arg-type]


def values(items: list[Item]) -> list[tuple[str, int | None, str]]:
    return [(item.sensor, item.centi_celsius, item.quality) for item in items if isinstance(item, Reading)]


def asks_rebirth(items: list[Item]) -> bool:
    return any(isinstance(item, Status) and item.name == REBIRTH_NEEDED for item in items)


def test_alias_means_what_the_birth_said() -> None:
    edge = Edge()
    edge.is_born()
    assert values(edge.says(DEVICE.format("DDATA"), data(4.2))) == [(TEMPERATURE, 420, "good")]


def test_alias_without_a_birth_is_no_reading_but_a_wish() -> None:
    items = Edge().says(DEVICE.format("DDATA"), data(4.2))
    assert values(items) == []
    assert asks_rebirth(items)


def test_hole_in_the_sequence_asks_for_a_rebirth_and_the_turn_from_255_to_0_does_not() -> None:
    edge = Edge()
    edge.is_born()
    for number in range(2, 300):
        assert not asks_rebirth(edge.says(DEVICE.format("DDATA"), data(4.0 + number % 7 / 10), seq=number % 256))
    items = edge.says(DEVICE.format("DDATA"), data(4.2), seq=(edge.seq + 1) % 256)
    assert asks_rebirth(items)
    assert values(items) == [(TEMPERATURE, 420, "good")], "what did come is no less true"
    assert not asks_rebirth(edge.says(DEVICE.format("DDATA"), data(4.3)))


def test_the_same_message_again_is_no_reading() -> None:
    edge = Edge()
    edge.is_born()
    edge.says(DEVICE.format("DDATA"), data(4.2), seq=2)
    assert edge.says(DEVICE.format("DDATA"), data(4.2), seq=2) == [Status("repeated", "gw/FR-07")]


def test_null_nan_and_infinity_are_faults_and_history_is_not_now() -> None:
    edge = Edge()
    edge.is_born()
    for value in (None, float("nan"), float("inf")):
        assert values(edge.says(DEVICE.format("DDATA"), data(value))) == [(TEMPERATURE, None, "fault")]
    assert values(edge.says(DEVICE.format("DDATA"), data(4.2, historical=True))) == [(TEMPERATURE, 420, "suspect")]
    assert values(edge.says(DEVICE.format("DDATA"), data(4.2, quality=0))) == [(TEMPERATURE, 420, "suspect")]


def test_death_takes_every_sensor_of_the_node_and_a_will_of_an_earlier_life_none() -> None:
    edge = Edge()
    edge.is_born()
    edge.says(DEVICE.format("DDATA"), data(4.2))
    assert edge.dies(bd_seq=2) == [Status("stale-death", "gw")]
    assert edge.dies(bd_seq=3) == [Status("offline", "gw"), Status("offline", TEMPERATURE)]


def test_an_alias_of_a_dead_node_means_nothing_until_it_is_born_again() -> None:
    edge = Edge()
    edge.is_born()
    edge.dies(bd_seq=3)
    items = edge.says(DEVICE.format("DDATA"), data(4.2))
    assert values(items) == []
    assert asks_rebirth(items)
    edge.is_born()
    items = edge.says(DEVICE.format("DDATA"), data(4.3))
    assert values(items) == [(TEMPERATURE, 430, "good")]
    assert not asks_rebirth(items)


def test_death_of_one_device_leaves_the_others() -> None:
    edge = Edge()
    edge.is_born()
    edge.says("spBv1.0/bank/DBIRTH/gw/FR-08", spb.metric(name="Temperature", alias=2, datatype=9, value=4.0))
    assert edge.says("spBv1.0/bank/DDEATH/gw/FR-08") == [
        Status("offline", "gw/FR-08"),
        Status("offline", "gw/FR-08/Temperature"),
    ]


def test_rebirth_may_give_an_alias_to_another_metric() -> None:
    edge = Edge()
    edge.is_born()
    edge.says(NODE.format("NBIRTH"), seq=0)
    edge.says(DEVICE.format("DBIRTH"), spb.metric(name="Freezer/Temperature", alias=1, datatype=9, value=-30.0))
    (reading, *_) = edge.says(DEVICE.format("DDATA"), data(-29.5))
    assert values([reading]) == [("gw/FR-07/Freezer/Temperature", -2950, "good")]


def test_an_alias_of_another_device_is_no_name_for_this_one() -> None:
    edge = Edge()
    edge.is_born()
    items = edge.says("spBv1.0/bank/DDATA/gw/FR-08", data(4.2))
    assert values(items) == [], "FR-08 was never born: its alias 1 is nobody's temperature"
    assert asks_rebirth(items)


def test_devices_that_each_count_their_aliases_from_one_are_told_apart() -> None:
    edge = Edge()
    edge.is_born()
    other = "spBv1.0/bank/{}/gw/FR-08"
    door = spb.metric(name="Door", alias=1, datatype=11, value=1)
    edge.says(other.format("DBIRTH"), door, spb.metric(name="Temperature", alias=2, datatype=9, value=-30.0))
    assert values(edge.says(DEVICE.format("DDATA"), data(4.2))) == [(TEMPERATURE, 420, "good")]
    (reading, *_) = edge.says(other.format("DDATA"), spb.metric(alias=2, value=-29.5))
    assert values([reading]) == [("gw/FR-08/Temperature", -2950, "good")]


def test_an_alias_of_a_dead_device_means_nothing_until_it_is_born_again() -> None:
    edge = Edge()
    edge.is_born()
    edge.says(DEVICE.format("DDEATH"))
    items = edge.says(DEVICE.format("DDATA"), data(4.2))
    assert values(items) == []
    assert asks_rebirth(items)
    edge.says(DEVICE.format("DBIRTH"), spb.metric(name="Temperature", alias=1, datatype=9, value=4.0))
    assert values(edge.says(DEVICE.format("DDATA"), data(4.3))) == [(TEMPERATURE, 430, "good")]


def test_retained_birth_gives_names_and_no_reading() -> None:
    edge = Edge()
    topic = DEVICE.format("DBIRTH")
    items = edge.says(topic, spb.metric(name="Temperature", alias=1, datatype=9, value=4.0), retained=True)
    assert values(items) == []
    assert values(edge.says(DEVICE.format("DDATA"), data(4.2))) == [(TEMPERATURE, 420, "good")]


def test_topics_that_are_none_are_noise() -> None:
    for topic in (
        "spBv1.0/bank/DDATA/gw",
        "spBv1.0/bank/NDATA/gw/FR-07",
        "spAv1.0/bank/NDATA/gw",
        "spBv1.0/bank/X/gw",
        "",
    ):
        (item,) = Edge().says(topic, data(4.0))
        assert isinstance(item, Noise)


def test_node_is_asked_to_be_born_once_and_again_only_after_many_messages() -> None:
    edge = Edge()
    for number in range(ASK_AGAIN_AFTER):
        edge.says(DEVICE.format("DDATA"), data(4.2), seq=number)
    ((topic, payload),) = edge.decoder.take_answers()
    assert topic == NODE.format("NCMD")
    (metric,) = parse(payload).metrics
    assert (metric.name, metric.datatype, parse(payload).timestamp) == ("Node Control/Rebirth", 11, 1795305746000)
    assert payload.endswith(bytes.fromhex("7001")), "boolean, true"
    assert edge.decoder.take_answers() == []
    edge.says(DEVICE.format("DDATA"), data(4.2))
    assert len(edge.decoder.take_answers()) == 1


def test_node_that_was_born_is_not_asked() -> None:
    edge = Edge()
    edge.is_born()
    edge.says(DEVICE.format("DDATA"), data(4.2))
    assert edge.decoder.take_answers() == []


def test_answers_that_nobody_takes_are_bounded() -> None:
    decoder = SparkplugDecoder()
    for number in range(MAX_ANSWERS + 9):
        decoder.feed_message(f"spBv1.0/bank/NDATA/{number}", spb.payload(0, data(4.0)), retained=False)
    assert len(decoder.take_answers()) == MAX_ANSWERS
