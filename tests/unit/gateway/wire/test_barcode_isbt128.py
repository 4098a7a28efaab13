import pytest

from gateway.wire.barcode_isbt128 import BarcodeDecoder
from gateway.wire.items import LabelScan, Noise

DIN = b"=A99991712345600"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_any_line_end_ends_a_scan(end: bytes) -> None:
    decoder = BarcodeDecoder()
    assert decoder.feed(DIN + end + DIN + end) == [LabelScan("=A99991712345600")] * 2
    assert decoder.idle() == []
    assert decoder.counters.accepted == decoder.counters.received


@pytest.mark.parametrize("aim", ["]C0", "]d1", "]d2"])
def test_symbology_prefix_is_taken_off(aim: str) -> None:
    assert BarcodeDecoder().feed(aim.encode() + DIN + b"\r") == [LabelScan("=A99991712345600", aim)]


@pytest.mark.parametrize("cut", range(2, len(DIN)))
def test_short_din_is_never_a_scan(cut: int) -> None:
    assert BarcodeDecoder().feed(DIN[:cut] + b"\r\n") == [Noise(cut + 1, "DIN of the wrong length")]


def test_short_din_in_front_of_a_second_bar_is_no_scan() -> None:
    assert BarcodeDecoder().feed(DIN[:-1] + b"=,000012\r") == [Noise(24, "DIN of the wrong length")]


def test_unfinished_scan_is_dropped_by_silence_and_does_not_lengthen_the_next() -> None:
    decoder = BarcodeDecoder()
    assert decoder.feed(b"=A99991712") == []
    assert decoder.idle() == [Noise(10, "no line end")]
    assert decoder.feed(DIN + b"\r") == [LabelScan("=A99991712345600")]


def test_control_bytes_before_a_scan_are_noise_and_inside_it_spoil_it() -> None:
    assert BarcodeDecoder().feed(b"\x00\xff" + DIN + b"\r") == [
        Noise(2, "not printable ASCII"),
        LabelScan("=A99991712345600"),
    ]
    assert BarcodeDecoder().feed(b"=A9999\x001712345600\r") == [Noise(18, "not printable ASCII")]


def test_noise_that_may_have_eaten_the_start_spoils_the_scan() -> None:
    assert BarcodeDecoder().feed(b"\xffA99991712345600\r") == [Noise(17, "scan behind noise")]


def test_scan_without_isbt_structure_is_passed_on() -> None:
    assert BarcodeDecoder().feed(b"7310865004703\r") == [LabelScan("7310865004703")]


def test_prefix_alone_is_no_scan() -> None:
    assert BarcodeDecoder().feed(b"]C0\r") == [Noise(4, "empty scan")]


def test_endless_line_is_bounded_and_thrown_away_up_to_its_end() -> None:
    decoder = BarcodeDecoder()
    for _ in range(100):
        assert decoder.feed(b"A" * 100) == []
        assert len(decoder._rest) <= 512
    assert decoder.feed(b"tail\r" + DIN + b"\r") == [Noise(10005, "too long a line"), LabelScan("=A99991712345600")]


def test_frame_of_control_characters_is_taken_off_and_a_group_separator_is_kept() -> None:
    decoder = BarcodeDecoder()
    assert decoder.feed(b"\x02=A99991712345600\x03\r\n") == [LabelScan("=A99991712345600")]
    assert decoder.feed(b"]C10100614\x1d1726\r\n") == [LabelScan("0100614\x1d1726", "]C1")]
    (noise,) = decoder.feed(b"=A999917123\x0345600\r\n")
    assert isinstance(noise, Noise)
