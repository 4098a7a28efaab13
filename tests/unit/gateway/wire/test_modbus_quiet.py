from gateway.wire.modbus_quiet import Draining, Line, QuietRule, Ready, Waiting, babbles

RULE = QuietRule(answer_seconds=1.0, quiet_seconds=3.0)


def test_answer_in_time_lets_the_master_ask_again_at_once() -> None:
    waiting = RULE.asked(Ready(), 10.0)
    assert waiting == Waiting(11.0)
    assert RULE.answered(waiting, 10.2) == Ready()


def test_after_a_time_out_the_master_is_silent_for_longer_than_the_slowest_slave() -> None:
    line = RULE.tick(RULE.asked(Ready(), 10.0), 11.1)
    assert line == Draining(14.1, 11.1)
    assert RULE.tick(line, 14.0) == line
    assert RULE.tick(line, 14.2) == Ready()


def test_late_answer_begins_the_silence_anew() -> None:
    line = RULE.tick(RULE.asked(Ready(), 10.0), 11.1)
    assert RULE.heard(line, 12.0) == Draining(15.0, 11.1)
    assert RULE.answered(line, 12.0) == Draining(15.0, 11.1)


def test_answer_past_the_deadline_counts_as_late_even_if_nobody_looked_at_the_clock() -> None:
    waiting = RULE.asked(Ready(), 10.0)
    assert RULE.answered(waiting, 11.5) == Draining(14.5, 11.5)


def test_bytes_while_waiting_change_nothing_yet() -> None:
    waiting = RULE.asked(Ready(), 10.0)
    assert RULE.heard(waiting, 10.5) == waiting
    assert RULE.heard(Ready(), 10.5) == Ready()


def test_asking_out_of_turn_is_a_time_out() -> None:
    line: Line = RULE.asked(RULE.asked(Ready(), 10.0), 10.1)
    assert line == Draining(13.1, 10.1)


def test_port_begins_in_silence() -> None:
    assert RULE.started(5.0) == Draining(8.0, 5.0)


def test_line_that_never_falls_silent_is_told() -> None:
    line = RULE.started(0.0)
    for second in range(60):
        line = RULE.heard(line, float(second))
    assert babbles(line, 60.0)
    assert not babbles(RULE.started(0.0), 2.0)
