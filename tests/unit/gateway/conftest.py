"""An outbox whose clock a test sets, and what goes into it and comes out."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.outbox import Identity, Outbox
from tests.support.gateway_ledger import GATEWAY, ORIGIN, RECEIPT
from tests.support.outboxes import HandClock


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def make(tmp_path: Path, clock: HandClock) -> Callable[[], Outbox]:
    numbers = iter(range(1, 1_000_000))
    identity = Identity(ORIGIN, "gw-centre", 1, GATEWAY, RECEIPT.verifier)
    return lambda: Outbox(tmp_path / "outbox.db", identity, clock, lambda size: next(numbers).to_bytes(size, "big"))
