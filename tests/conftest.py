"""What holds for every test: no test inherits where another one sent the log, and every run tries the same examples.

Order and examples are fixed, so that a change is judged by itself and not by luck. To search instead:
`python3 dev.py test -- --hypothesis-profile=search --randomly-seed=last`, or any other seed.
"""

from collections.abc import Iterator

import pytest
import structlog
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None, print_blob=True)
settings.load_profile("fixed")


@pytest.fixture(autouse=True)
def _log_goes_where_the_test_says() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
