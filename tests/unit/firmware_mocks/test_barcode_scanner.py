"""The scanner against the published ISBT 128 examples."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def scanner(start: Callable[..., Any], link: Path) -> Any:
    return start("barcode_scanner", "--link", str(link))


def test_scans_arrive_as_published(scanner: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    scanner.order("scan", text="=A99991712345600")
    assert port.line() == bytes.fromhex("3D4139393939313731323334353630300D0A")
    scanner.order("scan", text="=<E0382V00", aim="]C0")
    assert port.line() == bytes.fromhex("5D43303D3C45303338325630300D0A")
    scanner.order("scan", text=["=A99991712345600", "=,000012"])
    assert port.line() == bytes.fromhex("3D4139393939313731323334353630303D2C3030303031320D0A")


@pytest.mark.parametrize(("terminator", "octets"), [("cr", b"\r"), ("lf", b"\n"), ("crlf", b"\r\n")])
def test_terminators_and_the_symbology_prefix(
    start: Callable[..., Any], link: Path, open_port: Callable[[], Any], terminator: str, octets: bytes
) -> None:
    scanner = start("barcode_scanner", "--link", str(link), "--terminator", terminator, "--aim", "]d2")
    port = open_port()
    scanner.order("scan", text="&>0260010930")
    assert port.read(15 + len(octets)) == b"]d2&>0260010930" + octets


def test_a_double_trigger_sends_the_scan_again_a_moment_later(scanner: Any, open_port: Callable[[], Any]) -> None:
    scanner.order("fault", name="duplicate")
    port = open_port()
    assert scanner.ask("scan", text="=%5100") == {"ok": True, "faults": ["duplicate"]}
    assert port.quiet(0.1) == b"=%5100\r\n"
    assert port.quiet(0.3) == b"=%5100\r\n"


def test_a_truncated_scan_has_no_end(scanner: Any, open_port: Callable[[], Any]) -> None:
    scanner.order("fault", name="cut")
    port = open_port()
    scanner.order("scan", text="=A99992612345600")
    came = port.quiet(0.2)
    assert came
    assert b"=A99992612345600\r\n".startswith(came)
    assert not came.endswith(b"\n")


def test_what_no_bar_code_holds_is_refused(scanner: Any) -> None:
    for wrong in ("", "血", "a\nb", 5, [], ["=A", 5]):
        assert scanner.ask("scan", text=wrong)["error"].startswith("text: expected printable ASCII")
    assert "aim" in scanner.ask("scan", text="=A", aim="]X9")["error"]
    assert "knows" in scanner.ask("fault", name="checksum")["error"]


@pytest.fixture
def waiting(start: Callable[..., Any], link: Path) -> Any:
    return start("barcode_scanner", "--link", str(link), "--waits")


def heard(scanner: Any) -> dict[str, int]:
    stats = scanner.ask("stats")
    return {tone: stats[tone] for tone in ("taken", "error_tones", "bel_beeps")}


def test_a_scan_that_is_taken_is_over(waiting: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    waiting.order("scan", text="=%5100")
    assert port.line() == b"=%5100\r\n"
    port.write(b"\x06\x15")
    assert port.quiet(0.2) == b""
    assert heard(waiting) == {"taken": 1, "error_tones": 0, "bel_beeps": 0}


def test_a_scan_that_is_refused_three_times_ends_in_an_error_tone(waiting: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    waiting.order("scan", text="=%5100")
    for _ in range(3):
        assert port.line() == b"=%5100\r\n"
        port.write(b"\x15")
    assert port.quiet(0.2) == b""
    assert heard(waiting) == {"taken": 0, "error_tones": 1, "bel_beeps": 0}


def test_a_scanner_beeps_when_it_is_sent_bel(scanner: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    scanner.order("scan", text="=%5100")
    port.write(b"\x07\x07\x07")
    assert port.quiet(0.2) == b"=%5100\r\n"
    assert heard(scanner) == {"taken": 0, "error_tones": 0, "bel_beeps": 3}
