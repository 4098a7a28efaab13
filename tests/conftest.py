"""What holds for every test: no test inherits where another one sent the log, and every run tries the same examples.

Order and examples are fixed, so that a change is judged by itself and not by luck. To search instead:
`python3 dev.py test -- --hypothesis-profile=search --randomly-seed=last`, or any other seed.
"""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

from tests.support import postgresql

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("fixed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which engine keeps the ledgers that tests make; whole runs try one after the other."""
    parser.addoption("--database", choices=("sqlite", "postgresql"), default="sqlite", help="what keeps the ledgers")


def pytest_configure(config: pytest.Config) -> None:
    postgresql.choose(config.getoption("--database"))


def pytest_sessionfinish() -> None:
    postgresql.stop_servers()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests of the SQLite file itself have nothing to say about PostgreSQL."""
    if config.getoption("--database") == "sqlite":
        return
    left_out = [item for item in items if item.get_closest_marker("sqlite")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.fixture(autouse=True)
def _databases_end_with_their_test() -> Iterator[None]:
    with postgresql.databases_dropped():
        yield


@pytest.fixture(autouse=True)
def _log_goes_where_the_test_says() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
