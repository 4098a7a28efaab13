"""SMS-SUBMIT as a modem takes it; read back by the mock's own unpacking, which was written from the standard alone."""

import pytest

from firmware_mocks.sms_modem import unpack
from gateway.alarm.outputs import sms_pdu


def test_a_message_to_a_number_with_an_odd_count_of_digits() -> None:
    # TS 23.040 §9.2.2.2: SMSC, SUBMIT, reference, 11 digits, international, digits swapped, PID, UCS-2
    pdu, length = sms_pdu.submit("+46708251358", "Hi")
    assert pdu == "0001000B916407281553F80008" + "04" + "00480069"
    assert length == len(pdu) // 2 - 1


@pytest.mark.parametrize(
    ("number", "text"),
    [("+8613800000000", "血脉报警 超温 centre/fridge-1"), ("10086", "x"), ("+123", "堃喆镕 18.0 °C 🩸")],
)
def test_number_and_text_come_back(number: str, text: str) -> None:
    assert unpack(bytes.fromhex(sms_pdu.submit(number, text)[0])) == (number, text)


def test_a_long_text_is_cut_to_one_message_and_never_within_a_character() -> None:
    assert unpack(bytes.fromhex(sms_pdu.submit("10086", "温" * 90)[0]))[1] == "温" * 70
    assert unpack(bytes.fromhex(sms_pdu.submit("10086", "温" * 69 + "🩸")[0]))[1] == "温" * 69
