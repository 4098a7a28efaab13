"""A modem on a real pty: it is unlocked, sends to every number, and what goes wrong is told."""

from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway.alarm.notice import Notice
from gateway.alarm.outputs.output import OutputFailed
from gateway.alarm.outputs.sms import SmsOutput
from gateway.alarm.settings import SmsSettings
from tests.support.gateway_site import Mock


@pytest.fixture
def output(tmp_path: Path, modem: Mock) -> SmsOutput:
    del modem
    (tmp_path / "pin").write_text("4711\n")
    return SmsOutput(
        SmsSettings("duty", str(tmp_path / "modem"), 115200, ("+8613800000000", "10086"), tmp_path / "pin")
    )


def test_every_number_gets_the_text(output: SmsOutput, modem: Mock, notice: Notice) -> None:
    output.check()
    output.tell(notice)
    sent = [{"number": number, "text": notice.text} for number in ("+8613800000000", "10086")]
    assert modem.tell(cmd="sent")["sent"] == sent


def test_that_somebody_took_charge_costs_no_message(output: SmsOutput, modem: Mock, notice: Notice) -> None:
    output.tell(msgspec.structs.replace(notice, phase="acknowledged"))
    output.tell(msgspec.structs.replace(notice, phase="over"))
    assert modem.tell(cmd="sent")["sent"] == []


def test_a_modem_that_is_silent_does_not_work_again_because_there_is_nothing_to_send(
    output: SmsOutput, modem: Mock, notice: Notice
) -> None:
    modem.tell(cmd="fault", name="silence", count=1)
    with pytest.raises(OutputFailed, match="expected OK to ATE0"):
        output.tell(msgspec.structs.replace(notice, phase="acknowledged"))


def test_one_number_that_is_refused_does_not_cost_the_other_its_message(
    output: SmsOutput, modem: Mock, notice: Notice
) -> None:
    modem.tell(cmd="fault", name="refused", count=1)
    with pytest.raises(OutputFailed, match=r"number 1 of 2: .*CMS ERROR: 500") as told:
        output.tell(notice)
    assert "138" not in str(told.value), "numbers are persons' and stay in the configuration"
    assert [each["number"] for each in modem.tell(cmd="sent")["sent"]] == ["10086"]  # type: ignore[attr-defined]


def test_no_network_a_locked_sim_and_silence_are_told(output: SmsOutput, modem: Mock) -> None:
    with pytest.raises(OutputFailed, match="expected an open SIM"):
        SmsOutput(replace(output.settings, pin_file=None)).check()
    modem.tell(cmd="fault", name="no_network", count=2)
    with pytest.raises(OutputFailed, match="expected to be in a network"):
        output.check()
    modem.tell(cmd="fault", name="silence", count=1)
    with pytest.raises(OutputFailed, match="expected OK to ATE0; got nothing"):
        output.check()
    output.check()


@pytest.mark.parametrize(("circuit", "packet"), [(1, -1), (5, 0), (6, 0), (7, 4), (0, 1), (0, 5), (2, 6)])
def test_a_network_that_takes_short_messages_is_enough(
    output: SmsOutput, modem: Mock, circuit: int, packet: int
) -> None:
    modem.tell(cmd="registered", circuit=circuit, packet=packet)
    output.check()


@pytest.mark.parametrize(("circuit", "packet"), [(0, -1), (2, 2), (3, 0), (8, 8), (4, 3)])
def test_no_network_or_one_for_emergencies_alone_is_none(
    output: SmsOutput, modem: Mock, circuit: int, packet: int
) -> None:
    modem.tell(cmd="registered", circuit=circuit, packet=packet)
    with pytest.raises(OutputFailed, match=rf"expected to be in a network .*got \+CREG: 0,{circuit}"):
        output.check()


def test_a_modem_that_is_not_there_is_told(output: SmsOutput, modem: Mock) -> None:
    modem.tell(cmd="unplug")
    with pytest.raises(OutputFailed, match="expected a modem at"):
        output.check()
