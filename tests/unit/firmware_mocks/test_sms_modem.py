"""The modem against the dialogue of TS 27.005 and a published SMS-SUBMIT."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from firmware_mocks.sms_modem import PduError, unpack


def answers(port: Any, command: bytes, expected: bytes) -> None:
    port.write(command)
    assert port.read(len(expected)) == expected


def test_a_message_is_taken_after_the_prompt(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any]
) -> None:
    modem = start("sms_modem", "--link", str(link))
    port = open_port()
    answers(port, b"ATE0\r", b"ATE0\r\r\nOK\r\n")  # it echoes until it is told not to
    answers(port, b"AT+CMGF=0\r", b"\r\nOK\r\n")
    answers(port, b"AT+CMGS=17\r", b"> ")
    answers(port, b"0001000B916407281553F800080400480069\x1a", b"\r\n+CMGS: 1\r\n\r\nOK\r\n")
    assert modem.ask("sent")["sent"] == [{"number": "+46708251358", "text": "Hi"}]
    answers(port, b"AT+CMGS=99\r", b"> ")
    answers(port, b"0001000B916407281553F800080400480069\x1a", b"\r\n+CMS ERROR: 304\r\n")


def test_a_locked_sim_sends_nothing(start: Callable[..., Any], link: Path, open_port: Callable[[], Any]) -> None:
    start("sms_modem", "--link", str(link), "--pin", "4711")
    port = open_port()
    answers(port, b"ATE0\r", b"ATE0\r\r\nOK\r\n")
    answers(port, b"AT+CMGF=0\r", b"\r\nOK\r\n")
    answers(port, b"AT+CMGS=17\r", b"\r\n+CMS ERROR: 304\r\n")
    answers(port, b"AT+CPIN?\r", b"\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n")
    answers(port, b"AT+CPIN=1\r", b"\r\n+CME ERROR: 16\r\n")
    answers(port, b"AT+CPIN=4711\r", b"\r\nOK\r\n")
    answers(port, b"AT+CREG?\r", b"\r\n+CREG: 0,1\r\n\r\nOK\r\n")


@pytest.mark.parametrize(
    "pdu", ["0000000B91", "0001000B916407281553F800000400480069", "0001000B916407281553F80008040048"]
)
def test_what_is_no_message_is_refused(pdu: str) -> None:
    with pytest.raises((PduError, IndexError)):
        unpack(bytes.fromhex(pdu))
