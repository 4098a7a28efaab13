"""How a site releases, as its configuration says."""

import tomllib

import pytest

from ledger.core.errors import ConfigError
from ledger.settings.release import Releasing, format_lines, parse


@pytest.mark.parametrize(
    "releasing", [Releasing(), Releasing("after"), Releasing("before", ("anti-HTLV",)), Releasing("after", ("a", "b"))]
)
def test_what_is_written_is_read_back(releasing: Releasing) -> None:
    assert parse(tomllib.loads("\n".join(format_lines(releasing)))) == releasing


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("release = 1", "release: expected a table"),
        ("[release]\nlabeling = 'after'", "release.labeling: unknown"),
        ("[release]\nlabelling = 'never'", "release.labelling: expected before or after"),
        ("[release]\nfurther_tests = 'anti-HTLV'", "release.further_tests: expected names"),
        ("[release]\nfurther_tests = [1]", "release.further_tests: expected names"),
        ("[release]\nfurther_tests = ['an unwanted space']", "release.further_tests: expected names"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse(tomllib.loads(text))
