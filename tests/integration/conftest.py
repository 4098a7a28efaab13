"""What the gateways' stories begin with: a ledger that takes nothing wrong, and devices in software."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.gateway_ledger import LedgerServer, StrictLedger
from tests.support.gateway_site import Mock, mocks


@pytest.fixture
def ledger() -> StrictLedger:
    return StrictLedger()


@pytest.fixture
def server(ledger: StrictLedger) -> Iterator[LedgerServer]:
    with LedgerServer(ledger) as running:
        yield running


@pytest.fixture
def mock() -> Iterator[Callable[..., Mock]]:
    with mocks() as start:
        yield start
