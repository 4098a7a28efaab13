"""The relay board against the example frames of the Modbus specification and of the boards' sheets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def board(start: Callable[..., Any], link: Path) -> Any:
    return start("modbus_relay", "--link", str(link))


def asked(port: Any, request: str, octets: int) -> str:
    port.write(bytes.fromhex(request))
    return str(port.read(octets).hex())


def test_a_coil_is_switched_and_read_as_published(board: Any, open_port: Callable[[], Any]) -> None:
    port = open_port()
    assert asked(port, "01050000FF008C3A", 8) == "01050000ff008c3a"
    assert board.ask("coils")["on"] == [0]
    assert asked(port, "010100000001FDCA", 6) == "010101019048"
    assert asked(port, "010500000000CDCA", 8) == "010500000000cdca"
    assert board.ask("coils")["on"] == []


def test_a_coil_that_it_has_not_is_an_exception(board: Any, open_port: Callable[[], Any]) -> None:
    assert board.ask("coils")["on"] == []
    assert asked(open_port(), "01050010FF008DFF", 5) == "018502c351"
