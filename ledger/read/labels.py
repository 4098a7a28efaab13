"""The tables by which a site's labels are read: the files that its configuration names, else the sample facility's.

A file is read once; a running server takes a changed one at its next start.
"""

from functools import lru_cache
from pathlib import Path

from ledger.config import Site
from ledger.core.errors import ConfigError
from ledger.core.labels.codes import Codes, parse_codes
from ledger.core.labels.reading import Reading
from ledger.rules import files
from ledger.rules.catalogue import Catalogue, parse_catalogue

_FILES = 4
"""Files of each sort that are remembered: a server has one site, and therefore one of each."""


def reading_of(site: Site) -> Reading:
    """How a site's labels are read.

    Raises:
        ConfigError: the file of its codes cannot be read, or says what cannot be.
    """
    return Reading(site.labels.schemes, _codes(site.labels.codes))


def catalogue_of(site: Site) -> Catalogue:
    """A site's products.

    Raises:
        ConfigError: the file cannot be read, or is no catalogue.
    """
    return _catalogue(site.labels.products)


@lru_cache(maxsize=_FILES)
def _codes(path: Path | None) -> Codes:
    return parse_codes(files.codes_text() if path is None else _read(path, "labels.codes"))


@lru_cache(maxsize=_FILES)
def _catalogue(path: Path | None) -> Catalogue:
    return parse_catalogue(files.catalogue_text() if path is None else _read(path, "labels.products"))


def _read(path: Path, key: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise ConfigError(f"{key}: expected a file in UTF-8 at {path}; {wrong}") from wrong
