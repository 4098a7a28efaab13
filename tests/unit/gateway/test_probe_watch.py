"""One probe under watch: what its table in gateway.toml makes of its answers, and what survives a restart."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from gateway import config
from gateway.device import Change
from gateway.ports.mailbox import Opened
from gateway.probe_watch import HELD_BACK, ProbeWatch
from gateway.session import Moment
from gateway.wire.items import Reading
from ledger.core import kinds
from tests.support.gateway_ledger import RECEIPT_VKEY

NOON = 1_772_452_800_000
TOML = f"""
[gateway]
name = "gw"
origin = "demo.a9999.example/ledger/1"
[uplink]
url = "http://127.0.0.1"
receipt_key = "{RECEIPT_VKEY}"
[[probe]]
name = "p1"
family = "modbus_rtu_temp"
port = "/bus"
place = "place:fridge"
measures = "load"
low = 200
high = 600
"""


class Story:
    """A probe that is read once a minute."""

    def __init__(self, more: str = "", state: dict[str, bytes] | None = None, *, toml: str = TOML) -> None:
        (settings,) = config.parse((toml + more).encode(), Path("/")).probes
        self.probe = ProbeWatch(settings, "device:gw/p1")
        self.state = dict(state or {})
        self.claims = self.probe.restore(self.state).claims

    def read(self, minute: float, *values: int) -> list[str]:
        """Readings, a minute apart; the kinds of what they made."""
        told: list[str] = []
        for after, centi in enumerate(values):
            at = Moment(round((minute + after) * 60_000) + NOON, (minute + after) * 60)
            told += self.keep(self.probe.heard([Reading("p1", centi)], at))
        return told

    def keep(self, change: Change) -> list[str]:
        for name, value in change.state.items():
            self.state.pop(name, None)
            if value is not None:
                self.state[name] = value
        self.claims += change.claims
        return [each.kind.__name__ for each in change.claims]

    def of_kind(self, kind: type[kinds.Event]) -> list[dict[str, object]]:
        return [dict(each.fields) for each in self.claims if each.kind is kind]


def test_an_excursion_does_not_wait_for_the_end_of_its_segment() -> None:
    story = Story()
    assert story.read(0, 400, 401) == ["TemperatureSegment"], "the first reading alone was suspect"
    assert "Excursion" in story.read(2, 650)
    assert story.read(3, 655, 660) == [], "the segment goes on"


def test_a_warning_is_told_by_its_own_limits_and_delay() -> None:
    story = Story("warn_high = 550\nwarn_after_seconds = 120\n")
    story.read(0, 400, 401, 560, 561)
    assert story.of_kind(kinds.Excursion) == []
    story.read(4, 562, 700)
    levels = [(each["level"], each["centi_celsius"]) for each in story.of_kind(kinds.Excursion)]
    assert levels == [("warning", 560), ("alarm", 700)]


def test_a_warning_that_waits_for_its_delay_survives_a_restart() -> None:
    story = Story("warn_high = 550\nwarn_after_seconds = 120\n")
    story.read(0, 400, 401, 560)
    again = Story("warn_high = 550\nwarn_after_seconds = 120\n", story.state)
    again.read(3, 561, 562)
    (told,) = again.of_kind(kinds.Excursion)
    assert told["time"] == "2026-03-02T12:02:00.000Z"


def test_a_probe_at_ten_times_the_scale_is_refused_until_it_says_something_possible() -> None:
    story = Story()
    assert story.read(0, 4000, 4001) == ["DeviceFault"]
    (fault,) = story.of_kind(kinds.DeviceFault)
    assert "scale" in str(fault["reason"])
    assert story.read(2, 402) == ["TemperatureSegment", "DeviceRestored"]


def test_what_a_cabinet_can_read_may_be_said() -> None:
    story = Story("cabinet_high = 5000\n")
    assert story.read(0, 4000) == []


def test_a_proven_probe_is_believed_after_a_restart_even_far_out() -> None:
    story = Story()
    story.read(0, 400, 401)
    assert Story(state=story.state).read(90, 4000) == ["TemperatureSegment"], "suspect as a first one, and no fault"


def test_in_another_place_a_probe_has_to_prove_itself_anew() -> None:
    story = Story()
    story.read(0, 400, 401)
    moved = Story(state=story.state)
    moved.probe = ProbeWatch(
        config.parse(TOML.replace("place:fridge", "place:freezer").encode(), Path("/")).probes[0], "device:gw/p1"
    )
    moved.probe.restore(moved.state)
    assert moved.read(90, 4000) == ["TemperatureSegment", "DeviceFault"]


def test_a_segment_says_what_it_hangs_in_and_how_it_was_calibrated() -> None:
    story = Story(
        'calibrated = "2025-03-01T00:00:00+08:00"\ncalibration_until = "2026-03-01T00:00:00+08:00"\n'
        'certificate = "cal-7"\noffset_centi_celsius = -20\n'
    )
    story.read(0, 400, 401)
    (segment,) = story.of_kind(kinds.TemperatureSegment)
    declared = {name: segment[name] for name in ("measures", "calibrated", "calibration_until", "certificate")}
    assert declared == {
        "measures": "load",
        "calibrated": "2025-02-28T16:00:00.000Z",
        "calibration_until": "2026-02-28T16:00:00.000Z",
        "certificate": "cal-7",
    }
    assert (segment["calibration"], segment["offset_centi_celsius"]) == ("expired", -20)


def counted(story: Story, minute: float, number: int, centi: int, received: float | None = None) -> list[str]:
    """A reading with the device's own number and time, received now or later."""
    at = minute if received is None else received
    moment = Moment(round(at * 60_000) + NOON, at * 60)
    claimed = datetime.fromtimestamp((NOON + minute * 60_000) / 1000, UTC)
    return story.keep(story.probe.heard([Reading("p1", centi, sequence=number, claimed_time=claimed)], moment))


def test_a_copy_is_no_reading_even_after_a_kill() -> None:
    story = Story()
    for number in range(5):
        counted(story, number, number, 400 + number)
    counted(story, 4, 4, 404, received=4.2)
    again = Story(state=story.state)
    counted(again, 4, 4, 404, received=4.5)
    assert (story.probe.log.counts.repeats, again.probe.log.counts.repeats) == (1, 1)
    assert len([name for name in again.state if name.startswith("reading/p1/")]) == 4


def test_what_a_broker_held_back_is_put_where_it_was_read() -> None:
    story = Story()
    counted(story, 0, 0, 400), counted(story, 1, 1, 401)
    for number in range(2, 12):
        counted(story, number, number, 400 + number, received=12)
    story.keep(story.probe.close(Moment(NOON + 12 * 60_000, 720)))
    segment = story.of_kind(kinds.TemperatureSegment)[-1]
    assert segment["readings"] == [((number - 1) * 60_000, 400 + number) for number in range(1, 12)]
    assert segment["device_time"] == segment["time"]


def test_a_reading_that_others_overtook_is_kept_where_it_belongs_and_closes_nothing() -> None:
    story = Story()
    for number in (0, 1, 2, 4):
        counted(story, number, number, 400 + number)
    assert counted(story, 3, 3, 403, received=4.5) == []
    story.keep(story.probe.close(Moment(NOON + 5 * 60_000, 300)))
    assert story.of_kind(kinds.TemperatureSegment)[-1]["readings"] == [
        ((number - 1) * 60_000, 400 + number) for number in range(1, 5)
    ]
    assert [name for name in story.state if name.startswith("reading/p1/")] == []


def test_a_reading_of_which_nobody_knows_when_is_suspect() -> None:
    story = Story()
    for minute, number in ((0, 1), (1, 2), (2, 4)):
        moment = Moment(NOON + minute * 60_000, minute * 60)
        story.keep(story.probe.heard([Reading("p1", 400 + number, sequence=number)], moment))
    late = Moment(NOON + 150_000, 150)
    assert story.keep(story.probe.heard([Reading("p1", 403, sequence=3)], late)) == ["TemperatureSegment"]
    assert story.of_kind(kinds.TemperatureSegment)[-1]["quality"] == "suspect"


def test_numbers_that_never_come_are_a_gap() -> None:
    story = Story()
    for number in (*range(20), 25):
        counted(story, number, number, 400 + number % 3)
    told = [story.keep(story.probe.tick(Moment(NOON + at * 60_000, at * 60))) for at in (25.5, 26.5)]
    assert told == [[], ["Gap"]]


def test_a_device_clock_that_is_wrong_is_told_once_and_stamps_nothing() -> None:
    story, far = Story(), 56 * 365 * 24 * 60
    for minute in range(4):
        moment = Moment(NOON + minute * 60_000, minute * 60)
        claimed = datetime.fromtimestamp((NOON + (minute - far) * 60_000) / 1000, UTC)
        story.keep(story.probe.heard([Reading("p1", 400 + minute, claimed_time=claimed)], moment))
        story.keep(story.probe.tick(moment))
    (skew,) = story.of_kind(kinds.ClockSkew)
    assert (skew["device"], skew["against"], skew["skew_ms"]) == ("device:gw/p1", "gateway", -far * 60_000)
    assert story.probe.counts()["skew_ms"] == -far * 60_000
    story.keep(story.probe.close(Moment(NOON + 4 * 60_000, 240)))
    segment = story.of_kind(kinds.TemperatureSegment)[-1]
    assert (segment["time"], segment["device_time"]) == ("2026-03-02T12:01:00.000Z", "1970-03-16T12:01:00.000Z")


def test_a_device_clock_that_is_set_back_writes_nothing_into_the_past() -> None:
    story = Story()
    for minute in range(30):
        claimed = NOON / 1000 + (minute - (60 if minute > 14 else 0)) * 60
        told = Reading("p1", 400 + minute, claimed_time=datetime.fromtimestamp(claimed, UTC))
        at = Moment(minute * 60_000 + NOON, minute * 60)
        story.keep(story.probe.heard([told], at))
        story.keep(story.probe.tick(Moment(at.clock_ms + 59_000, at.seconds + 59)))
    story.keep(story.probe.close(Moment(30 * 60_000 + NOON, 1800)))
    segments = story.of_kind(kinds.TemperatureSegment)
    assert [each["quality"] for each in segments] == ["suspect", "good", "suspect", "good"]
    assert [each["time"] for each in segments][2:] == ["2026-03-02T12:15:00.000Z", "2026-03-02T12:16:00.000Z"]
    assert story.of_kind(kinds.DeviceFault) == []


ON_A_BROKER = TOML.replace("[[probe]]", '[mqtt]\nhost = "127.0.0.1"\n[[probe]]').replace(
    'family = "modbus_rtu_temp"\nport = "/bus"', 'family = "mqtt_temperature"\nsensor = "p1"\ntopic = "esphome/p1"'
)


def after_a_restart(seconds: list[float], values: list[int], *, continues: bool = True) -> Story:
    """A probe that tells no time, while the gateway is away for ten minutes; then what it says so long after."""
    before = Story(toml=ON_A_BROKER)
    before.read(0, 400, 401, 402)
    story = Story(state=before.state, toml=ON_A_BROKER)
    ended = 720
    story.keep(story.probe.opened(Opened("mqtt/readings", at_second(ended), continues=continues)))
    for after, centi in zip(seconds, values, strict=True):
        story.keep(story.probe.heard([Reading("p1", centi)], at_second(ended + after)))
    story.keep(story.probe.close(at_second(1000)))
    return story


def at_second(seconds: float) -> Moment:
    return Moment(round(seconds * 1000) + NOON, seconds)


def test_what_a_broker_held_back_without_a_time_is_no_excursion_of_now() -> None:
    story = after_a_restart([0.1, 0.2, 0.3, 40, 100], [403, 900, 404, 405, 406])
    assert story.of_kind(kinds.Excursion) == []
    told = [(each["quality"], each.get("reason")) for each in story.of_kind(kinds.TemperatureSegment)]
    assert told[-2:] == [("suspect", HELD_BACK), ("good", None)]


def test_who_is_not_behind_is_believed_at_once() -> None:
    assert {each["quality"] for each in after_a_restart([30, 90], [403, 404]).of_kind(kinds.TemperatureSegment)} == {
        "good"
    }
    forgot = after_a_restart([0.1], [403], continues=False)
    assert forgot.of_kind(kinds.TemperatureSegment)[-1]["quality"] == "good", "a broker that forgot held nothing back"


def test_after_the_broker_was_away_what_it_held_back_is_doubted_to_its_end() -> None:
    story = after_a_restart([30, 90], [403, 404])
    story.keep(story.probe.lost("lost", at_second(1001)))
    story.keep(story.probe.heard([Reading("p1", 900)], at_second(2000)))
    story.keep(story.probe.opened(Opened("mqtt/readings", at_second(2000.1), continues=True)))
    for number in range(50):
        story.keep(story.probe.heard([Reading("p1", 900 + number % 2)], at_second(2000.2 + number / 5)))
    assert story.of_kind(kinds.Excursion) == []
    story.keep(story.probe.heard([Reading("p1", 901)], at_second(2060)))
    assert len(story.of_kind(kinds.Excursion)) == 1, "it says so now"


SPARKPLUG = ON_A_BROKER.replace("mqtt_temperature", "sparkplug_b").replace('sensor = "p1"', 'sensor = "gw-2/p1/T"')


def test_the_numbers_of_a_sparkplug_node_are_no_count_of_one_of_its_probes() -> None:
    story = Story(toml=SPARKPLUG)
    for round_ in range(60):
        told = Reading("gw-2/p1/T", 400, sequence=round_ * 64 % 256, claimed_time=claimed(round_ * 60))
        story.keep(story.probe.heard([told], at_second(round_ * 60)))
        story.keep(story.probe.tick(at_second(round_ * 60 + 59)))
    story.keep(story.probe.close(at_second(3600)))
    told_of = [each["readings"] for each in story.of_kind(kinds.TemperatureSegment)]
    assert sum(len(each) for each in told_of if isinstance(each, list)) == 60
    assert story.of_kind(kinds.Gap) == story.of_kind(kinds.DeviceFault) == []


def claimed(seconds: float) -> datetime:
    return datetime.fromtimestamp(at_second(seconds).clock_ms / 1000, UTC)


def stood(minutes: int, *, away: int) -> list[str]:
    """What is told of a probe that says one value, half of the time before a restart that takes `away` minutes."""
    before = Story()
    before.read(0, 400, 401, *[402] * minutes)
    before.state |= {name: value for name, value in before.probe.refreshed().items() if value is not None}
    after = Story(state=before.state)
    after.read(2 + minutes + away, *[402] * minutes)
    after.keep(after.probe.close(Moment((2 + 2 * minutes + away) * 60_000 + NOON, 9999)))
    return [str(each.get("reason", "")) for each in after.of_kind(kinds.TemperatureSegment)]


def test_a_value_that_stood_still_before_a_restart_stands_still_after_it() -> None:
    assert any("has not changed" in each for each in stood(20, away=2))
    assert not any("has not changed" in each for each in stood(20, away=40)), "nobody saw it for so long"


def test_what_moved_after_its_movement_was_last_kept_did_not_stand_still() -> None:
    before = Story()
    before.read(0, 400, *[402] * 25)
    before.state |= {name: value for name, value in before.probe.refreshed().items() if value is not None}
    before.read(26, 404)
    after = Story(state=before.state)
    after.read(28, *[402] * 10)
    after.keep(after.probe.close(Moment(40 * 60_000 + NOON, 9999)))
    assert {each["quality"] for each in after.of_kind(kinds.TemperatureSegment)} == {"good"}


def test_after_a_restart_a_load_that_usually_stands_still_may_stand_still() -> None:
    before = Story("stuck_after_seconds = 60\n")
    before.read(0, *[400 + minute // 10 for minute in range(100)])
    before.state |= {name: value for name, value in before.probe.refreshed().items() if value is not None}
    after = Story("stuck_after_seconds = 60\n", before.state)
    after.read(100, *[410] * 20)
    after.keep(after.probe.close(Moment(121 * 60_000 + NOON, 9999)))
    assert {each.get("quality") for each in after.of_kind(kinds.TemperatureSegment)} == {"good"}


def test_probe_without_a_name_stays_with_the_first_sensor_that_it_heard() -> None:
    story = Story()
    story.probe.settings = replace(story.probe.settings, sensor="")
    at = Moment(NOON, 0)
    story.keep(story.probe.heard([Reading("lht65", 410), Reading("lht65/TempC_SHT", 2100)], at))
    story.keep(story.probe.heard([Reading("lht65/TempC_SHT", 2100)], Moment(NOON + 60_000, 60)))
    counts = story.probe.status().counts
    assert (counts["readings"], counts["other_sensor"]) == (1, 2)


def test_an_excursion_that_others_overtook_is_told_as_soon_as_it_comes() -> None:
    story = Story()
    for number in (0, 1, 2, 4):
        counted(story, number, number, 400 + number)
    assert counted(story, 3, 3, 900, received=4.5) == ["Excursion", "ExcursionEnded"]
    (told,) = story.of_kind(kinds.Excursion)
    assert (told["time"], told["recorded_at"]) == ("2026-03-02T12:03:00.000Z", "2026-03-02T12:04:30.000Z")
    assert not [name for name in story.state if name.startswith("excursion/")]
