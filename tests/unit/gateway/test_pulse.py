"""Which thread does not get anywhere."""

from gateway.pulse import Pulse, stuck


def test_a_thread_without_a_beat_for_longer_than_its_patience_is_named() -> None:
    desk, uplink = Pulse(60.0), Pulse(900.0)
    pulses = [("desk", desk), ("uplink", uplink)]
    assert stuck(pulses, 1e9) == "", "neither has begun"
    desk.beat(100.0)
    uplink.beat(100.0)
    assert stuck(pulses, 160.0) == ""
    assert stuck(pulses, 161.0) == "desk: no sign of life for 61 s"
    desk.beat(999.0)
    assert stuck(pulses, 1001.0) == "uplink: no sign of life for 901 s"
    uplink.stop()
    assert stuck(pulses, 1001.0) == ""
