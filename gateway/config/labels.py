"""`[labels]` and `[[label_scheme]]`: how this gateway's scanners read what is not ISBT 128, and what codes mean."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from marshmallow import fields, post_load

from gateway.config.spelling import Strict, path_of
from ledger.core.errors import ConfigError
from ledger.core.labels.codes import NO_CODES, parse_codes
from ledger.core.labels.reading import Reading
from ledger.core.labels.scheme import Scheme


@dataclass(frozen=True, slots=True)
class LabelSettings:
    """What a gateway is told of the labels that it will see.

    Attributes:
        codes: the file of the facility's code tables; None: the core blood groups alone.
        schemes: the site's own label schemes.
    """

    codes: Path | None = None
    schemes: tuple[Scheme, ...] = ()

    def reading(self) -> Reading:
        """How labels are read, the file of codes read now.

        Raises:
            ConfigError: the file cannot be read, or says what cannot be.
        """
        if self.codes is None:
            return Reading(self.schemes, NO_CODES)
        try:
            text = self.codes.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as wrong:
            raise ConfigError(f"labels.codes: expected a file in UTF-8 at {self.codes}; {wrong}") from wrong
        return Reading(self.schemes, parse_codes(text))


class LabelSchema(Strict):
    """How `[labels]` is written."""

    codes = fields.String(load_default=None)

    @post_load
    def _build(self, values: dict[str, Any], **_: object) -> LabelSettings:
        return LabelSettings(path_of(values["codes"]))
