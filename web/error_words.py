"""What an error page says, by its HTTP status: what is the case, and what to do. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from web.speech import Speech
from web.speech import marked as N_  # noqa: N812  the name that message extraction knows

_NOT_FOUND = (N_("Not found"), N_("There is no such page or unit, or it is not yours to see."))
_BUSY = (N_("The ledger is busy"), N_("Nothing was recorded. Try again in a moment."))
_OTHERWISE = (N_("Something went wrong"), N_("Nothing was recorded unless a page said so. Try again."))

ERRORS: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        400: (N_("Not accepted"), N_("The form could not be taken. Load the page again and repeat the step.")),
        403: (N_("Not permitted"), N_("Your roles do not include this. Ask an administrator if they should.")),
        404: _NOT_FOUND,
        405: _NOT_FOUND,
        409: (N_("It changed meanwhile"), N_("Nothing was recorded. Load the page again and repeat the step.")),
        413: (N_("Too much at once"), N_("Nothing was recorded. Send the table or the file in parts.")),
        422: (N_("Not accepted"), N_("What was typed cannot be taken. Go back and compare it with the hints.")),
        429: (N_("Too often"), N_("Wait a minute, then try again.")),
        503: _BUSY,
        507: _BUSY,
    }
)
"""HTTP status to a headline and a sentence."""


def error_words(code: int, speech: Speech) -> tuple[str, str]:
    """Headline and sentence of an error page, in the reader's language."""
    headline, sentence = ERRORS.get(code, _OTHERWISE)
    return speech.say(headline), speech.say(sentence)
