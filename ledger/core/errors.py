"""The one error tree, and the value that a failed verification returns.

    XuemaiError                 everything that this product raises on purpose
    ├── FormatError             bytes or text that are not what `format` would have written
    │   ├── LabelError          a scanned or typed label (ISBT 128)
    │   └── NoteError           a signed note, checkpoint, receipt, policy or batch note
    └── ConfigError             a configuration that cannot be run; names the key

Parsing *raises* one of these; verification *returns* `Refused`, because a wrong proof is an answer, not an accident.
Every message says what was expected, what came, and, where there is something to do, what to do.
"""

from dataclasses import dataclass


class XuemaiError(Exception):
    """Everything that this product raises on purpose."""


class FormatError(XuemaiError):
    """Bytes or text that are not what the matching `format` would have written."""


class LabelError(FormatError):
    """A scanned or typed label that is not a valid ISBT 128 structure."""


class NoteError(FormatError):
    """A signed note, or something carried in one, that is malformed."""


class ConfigError(XuemaiError):
    """A configuration that cannot be run; the message names the key."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A verification that failed: the numbered step of docs/format.md at which it failed, and why.

    Attributes:
        step: the step's name, e.g. `log-proof`; stable, part of the interface.
        reason: what was expected and what came, in English, for a person.
    """

    step: str
    reason: str
