"""What an error page says."""

import pytest

from tests.unit.web import samples
from web.error_words import error_words

EN = samples.speech("en")


@pytest.mark.parametrize(
    ("code", "headline", "to_do"),
    [
        (400, "Not accepted", "Load the page again"),
        (403, "Not permitted", "Ask an administrator"),
        (404, "Not found", "not yours to see"),
        (405, "Not found", "not yours to see"),
        (409, "It changed meanwhile", "repeat the step"),
        (413, "Too much at once", "in parts"),
        (422, "Not accepted", "compare it with the hints"),
        (429, "Too often", "Wait a minute"),
        (503, "The ledger is busy", "Try again"),
        (507, "The ledger is busy", "Try again"),
        (500, "Something went wrong", "Try again"),
    ],
)
def test_an_error_says_what_is_the_case_and_what_to_do(code: int, headline: str, to_do: str) -> None:
    said = error_words(code, EN)
    assert said[0] == headline
    assert to_do in said[1]
