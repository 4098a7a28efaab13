"""A relay board on a real pty: on with the first alarm, off with the last, and never believed without its answer."""

from pathlib import Path

import msgspec
import pytest

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.outputs.relay import RelayOutput
from gateway.alarm.settings import RelaySettings
from tests.support.gateway_site import Mock


@pytest.fixture
def output(tmp_path: Path, relay: Mock) -> RelayOutput:
    del relay
    return RelayOutput(RelaySettings("horn", str(tmp_path / "relay"), 9600, 1, 2))


def other(notice: Notice) -> Notice:
    return msgspec.structs.replace(notice, cause="reader_lost")


def test_the_coil_is_on_while_any_alarm_sounds(output: RelayOutput, relay: Mock, notice: Notice) -> None:
    output.tell(notice)
    output.tell(other(notice))
    assert relay.tell(cmd="coils")["on"] == [2]
    output.tell(msgspec.structs.replace(notice, phase="acknowledged"))
    assert relay.tell(cmd="coils")["on"] == [2]
    output.tell(msgspec.structs.replace(other(notice), phase="over"))
    assert relay.tell(cmd="coils")["on"] == []


def test_a_disturbed_line_is_asked_again_and_a_silent_board_is_told(
    output: RelayOutput, relay: Mock, notice: Notice
) -> None:
    relay.tell(cmd="fault", name="checksum", count=1)
    output.tell(notice)
    assert relay.tell(cmd="coils")["on"] == [2]
    relay.tell(cmd="fault", name="silence", count=2)
    with pytest.raises(OutputFailed, match="from slave 1; got nothing"):
        output.tell(notice)


def test_a_relay_that_answers_and_does_not_move_is_told(output: RelayOutput, relay: Mock, notice: Notice) -> None:
    relay.tell(cmd="fault", name="welded", count=1)
    with pytest.raises(OutputFailed, match="expected coil 2 to be on"):
        output.tell(notice)


def test_a_check_puts_right_what_a_power_cut_undid(output: RelayOutput, relay: Mock, notice: Notice) -> None:
    relay.tell(cmd="fault", name="silence", count=2)
    with pytest.raises(OutputFailed):
        output.tell(notice)
    output.check()
    assert relay.tell(cmd="coils")["on"] == [2]


def test_a_board_that_is_not_there_is_told(output: RelayOutput, relay: Mock) -> None:
    relay.tell(cmd="unplug")
    with pytest.raises(OutputFailed, match="expected a relay board at"):
        output.check()
