"""Faults come when they were ordered, at the rate that was asked for, and the same again for the same seed."""

import pytest

from firmware_mocks.faults import LINE_FAULTS, FaultPlan, FaultyLine, parse_rates

FRAME = bytes(range(16))


def line(name: str, *, count: int = 1, seed: int = 1) -> FaultyLine:
    plan = FaultPlan(seed, {}, known=LINE_FAULTS)
    plan.order_count(name, count)
    return FaultyLine(plan, spoil_check=lambda frame: frame[:-1] + b"\xff", late_seconds=1.5, echo_seconds=0.2)


def octets(sender: FaultyLine, frame: bytes = FRAME) -> list[bytes]:
    return [emission.octets for emission in sender.send(frame, 0).emissions]


def test_the_same_seed_gives_the_same_faults_whatever_else_is_on() -> None:
    def strikes(rates: dict[str, float]) -> list[bool]:
        plan = FaultPlan(5, rates, known=LINE_FAULTS)
        return [
            [plan.strikes(name, at) for name in sorted(LINE_FAULTS)][sorted(LINE_FAULTS).index("noise")]
            for at in range(500)
        ]

    alone = strikes({"noise": 0.1})
    assert alone == strikes({"noise": 0.1, "cut": 0.5})
    assert 25 < sum(alone) < 80
    other = FaultPlan(6, {"noise": 0.1}, known=LINE_FAULTS)
    assert alone != [other.strikes("noise", at) for at in range(500)]


def test_an_ordered_fault_strikes_as_often_as_ordered_and_is_counted() -> None:
    plan = FaultPlan(0, {}, known=LINE_FAULTS)
    plan.order_count("noise", 2)
    assert [plan.strikes("noise", 0) for _ in range(4)] == [True, True, False, False]
    assert plan.injected == {"noise": 2}


def test_a_fault_for_a_span_ends_with_it() -> None:
    plan = FaultPlan(0, {}, known=LINE_FAULTS)
    plan.order_until("silence", 1000)
    assert [plan.strikes("silence", at) for at in (0, 999, 1000)] == [True, True, False]
    plan.order_until("silence", 5000)
    plan.clear()
    assert not plan.strikes("silence", 2000)


def test_what_a_program_cannot_do_is_refused() -> None:
    plan = FaultPlan(0, {}, known=["noise"])
    with pytest.raises(ValueError, match="knows noise"):
        plan.order_count("cut", 1)
    with pytest.raises(ValueError, match="knows noise"):
        FaultPlan(0, {"cut": 0.1}, known=["noise"])
    with pytest.raises(ValueError, match="0 to 1"):
        FaultPlan(0, {"noise": 1.1}, known=["noise"])
    assert not plan.strikes("cut", 0)


def test_rates_are_read_from_options() -> None:
    assert parse_rates(["noise=0.01", "cut=1"]) == {"noise": 0.01, "cut": 1.0}
    with pytest.raises(ValueError, match="NAME=PROBABILITY"):
        parse_rates(["noise"])


def test_without_faults_a_frame_leaves_as_it_is() -> None:
    sent = FaultyLine(FaultPlan(1, {}, known=LINE_FAULTS)).send(FRAME, 0)
    assert [(e.octets, e.after_seconds) for e in sent.emissions] == [(FRAME, 0.0)]
    assert sent.faults == ()


def test_noise_comes_before_the_frame() -> None:
    (sent,) = octets(line("noise"))
    assert sent.endswith(FRAME)
    assert 1 <= len(sent) - len(FRAME) <= 8


def test_a_cut_frame_is_a_true_beginning() -> None:
    (sent,) = octets(line("cut"))
    assert FRAME.startswith(sent)
    assert 0 < len(sent) < len(FRAME)


def test_a_split_frame_comes_in_two_pieces_with_a_pause() -> None:
    first, second = line("split").send(FRAME, 0).emissions
    assert first.octets + second.octets == FRAME
    assert second.after_seconds - first.after_seconds == pytest.approx(0.03)


def test_merged_frames_leave_together() -> None:
    sender = line("merge")
    assert octets(sender) == []
    assert octets(sender, b"next") == [FRAME + b"next"]
    assert octets(sender, b"after") == [b"after"]


def test_a_wrong_check_value_is_the_only_change() -> None:
    assert octets(line("checksum")) == [FRAME[:-1] + b"\xff"]


def test_silence_late_and_duplicate() -> None:
    assert octets(line("silence")) == []
    (late,) = line("late").send(FRAME, 0).emissions
    assert late.after_seconds == 1.5
    first, again = line("duplicate").send(FRAME, 0).emissions
    assert first.octets == again.octets == FRAME
    assert (first.after_seconds, again.after_seconds) == (0.0, 0.2)
