"""The policy packs that a site has at hand: those that ship with the product, and its own in `packs/` of its folder.

Finds and reads files, and says whether one is still what was put in force. Which pack is in force the log alone says
(`ledger.read.packs`); what a pack's file may say is `ledger.rules.pack_file`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from ledger.core.errors import ConfigError
from ledger.core.note import format_base64
from ledger.rules import files
from ledger.rules.pack import Pack
from ledger.rules.pack_file import base_of, parse_pack

FOLDER: Final = "packs"
"""Where a site keeps packs of its own, one a file named after it."""
_SUFFIX: Final = ".toml"


@dataclass(frozen=True)
class PackFile:
    """A pack's file as it is on disk now.

    Attributes:
        text: its text.
        base: the text of the pack that it derives from; None: it stands by itself.
    """

    text: str
    base: str | None

    @cached_property
    def pack(self) -> Pack:
        """What it says.

        Raises:
            ConfigError: it is no pack; names the key.
        """
        base = self.base
        return parse_pack(self.text, None if base is None else lambda _: base)

    @property
    def fields(self) -> Mapping[str, object]:
        """The fields of the `pack_enforced` event that puts it in force."""
        told = {"pack": self.pack.name, "version": self.pack.version, "sha256": self.sha256}
        return told if self.base_sha256 is None else {**told, "base": self.base_sha256}

    @property
    def documents(self) -> Sequence[bytes]:
        """The bytes of the files that the event names."""
        return [text.encode() for text in (self.text, self.base) if text is not None]

    @property
    def sha256(self) -> str:
        """Base64 SHA-256 of the file."""
        return digest(self.text)

    @property
    def base_sha256(self) -> str | None:
        """Base64 SHA-256 of the file that it derives from."""
        return None if self.base is None else digest(self.base)


def digest(text: str) -> str:
    """Base64 SHA-256 of a pack's text."""
    return format_base64(hashlib.sha256(text.encode()).digest())


class Library:
    """The packs of one site. A site's own pack may not take the name of one that ships."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER

    def names(self) -> Sequence[str]:
        """Every pack at hand: those that ship, then the site's own."""
        own = sorted(path.stem for path in self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []
        return (*files.PACKS, *own)

    def file(self, name: str) -> PackFile:
        """A pack's file by its name.

        Raises:
            ConfigError: there is none, or it cannot be read, is no pack, or is called otherwise inside.
        """
        found = self._complete(self._text(name))
        if found.pack.name != name:
            raise ConfigError(f"{self._folder / name}{_SUFFIX}: expected the pack {name!r}, came {found.pack.name!r}")
        return found

    def file_at(self, path: Path) -> PackFile:
        """A pack's file wherever it is; what it derives from is looked up among the site's.

        Raises:
            ConfigError: it cannot be read, or is no pack.
        """
        return self._complete(_read(path))

    def _complete(self, text: str) -> PackFile:
        base = base_of(text)
        return PackFile(text, None if base is None else self._text(base))

    def _text(self, name: str) -> str:
        own = self._folder / f"{name}{_SUFFIX}"
        if name in files.PACKS:
            if own.exists():
                raise ConfigError(f"{own}: expected another name; {name} ships with the product")
            return files.pack_text(name)
        if name not in self.names():
            raise ConfigError(f"pack: expected one of {', '.join(self.names())}, or a file; came {name!r}")
        return _read(own)


def load(name: str, directory: Path) -> Pack:
    """A pack by its name among the site's, or by its path.

    Raises:
        ConfigError: there is none, or it is no pack; says what was expected.
    """
    library = Library(directory)
    if name.endswith(_SUFFIX):
        return library.file_at(Path(name)).pack
    return library.file(name.lower()).pack


def require_component(pack: Pack, component: str) -> None:
    """Refuse a component that nobody knows: a slip of the pen must not be judged as `unknown`.

    Raises:
        ConfigError: neither this pack nor one that ships knows it; names those that the pack knows.
    """
    if component in pack.components:
        return
    if not any(component in parse_pack(files.pack_text(name)).components for name in files.PACKS):
        raise ConfigError(
            f"component: expected one that pack {pack.name} knows ({', '.join(sorted(pack.components))}),"
            f" came {component!r}"
        )


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: expected a policy pack in UTF-8; {error}") from error
