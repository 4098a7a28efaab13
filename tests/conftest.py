"""What holds for every test: no test inherits where another one sent the log."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def _log_goes_where_the_test_says() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
