"""What scanners and input methods make of a label on its way."""

import pytest

from ledger.core.labels.framing import keyed, unframed
from tests.support.wide import wide

LABEL = "=A99992612345600=<E0382V00&>0260422359"


@pytest.mark.parametrize(
    "sent",
    [
        LABEL,
        f"]C0{LABEL}",
        f"]d2{LABEL}",
        f"{LABEL}\r\n",
        f"\x02]d1{LABEL}\x03\r",
        f" {LABEL}\t",
    ],
)
def test_what_a_scanner_was_programmed_to_add_is_no_part_of_the_label(sent: str) -> None:
    assert unframed(sent) == LABEL
    assert keyed(sent) == LABEL


@pytest.mark.parametrize("text", ["", "]C0", "]C", "]=1=A99992612345600", "]C0]C0", "A]C0=A", "=A9999 26"])
def test_nothing_else_is_taken_off(text: str) -> None:
    assert unframed(text) == ("]C0" if text == "]C0]C0" else text)


def test_a_group_separator_inside_stays() -> None:
    assert unframed("]d2\x1d01049\x1d21A\r") == "\x1d01049\x1d21A"


def test_an_input_method_that_makes_everything_wide_loses_nothing() -> None:
    printable = "".join(chr(each) for each in range(0x21, 0x7F))
    assert keyed(f"a\N{IDEOGRAPHIC SPACE}{wide(printable)}b") == f"a {printable}b"
    assert keyed("=《E0382V00&》0260422359") == "=<E0382V00&>0260422359"
    assert keyed(wide("]C0=A9999")) == "=A9999"


def test_what_no_keyboard_is_between_keeps_its_width() -> None:
    assert unframed(wide("=A")) == wide("=A")
