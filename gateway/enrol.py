"""Enrolment: the gateway's key, and the text with which an administrator lets the ledger know it.

The key is made on the gateway and never leaves it. The enrolment text proves possession (docs/format.md §6): the key's
signature over its own verifier key and the ledger's origin. The administrator compares the fingerprint by another way.

A key that is to follow is made beside the one that signs, and takes its place once an administrator has approved it:
one rename, so that at every moment there is one key, and what was sealed before is sent as it was sealed.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from gateway.config import GatewaySettings
from ledger.core import keys, note
from ledger.core.enrolment import Enrolment
from ledger.core.errors import ConfigError
from ledger.core.signing import SEED_BYTES, NoteSigner, SigningKey

KEY_PATH = Path("keys/gateway.key")
NEXT_KEY_PATH = Path("keys/gateway.next.key")
"""The key that is to follow, until an administrator has approved it."""

__all__ = ["Enrolment", "adopt_next_key", "enrol", "enrol_next", "key_name", "load_signer", "make_key", "make_next_key"]


def make_key(directory: Path, random_bytes: Callable[[int], bytes]) -> bool:
    """Make `keys/gateway.key` (0600: 64 hex digits and a newline) if there is none; whether it was made."""
    return _make(directory / KEY_PATH, random_bytes)


def make_next_key(directory: Path, random_bytes: Callable[[int], bytes]) -> bool:
    """Make the key that is to follow, if there is none yet; whether it was made."""
    return _make(directory / NEXT_KEY_PATH, random_bytes)


def adopt_next_key(directory: Path) -> None:
    """Put the key that is to follow into the place of the one that signs; that one is gone afterwards.

    Raises:
        ConfigError: there is none.
    """
    try:
        (directory / NEXT_KEY_PATH).replace(directory / KEY_PATH)
    except FileNotFoundError as error:
        raise ConfigError(
            f"expected a key at {directory / NEXT_KEY_PATH}; run `xuemai gateway rotate-key` first"
        ) from error
    descriptor = os.open((directory / KEY_PATH).parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make(path: Path, random_bytes: Callable[[int], bytes]) -> bool:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(random_bytes(SEED_BYTES).hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def load_signer(directory: Path, settings: GatewaySettings) -> NoteSigner:
    """The gateway's key, under its name `<site name>/<gateway>`.

    Raises:
        ConfigError: no key, one that others may read, or not 64 hex digits.
    """
    return _load(directory / KEY_PATH, settings)


def _load(path: Path, settings: GatewaySettings) -> NoteSigner:
    try:
        mode = path.stat().st_mode
        seed = bytes.fromhex(path.read_text().strip())
        key = SigningKey(seed)
    except PermissionError as error:
        told = f"expected a key at {path} that the gateway's user may read; {error.strerror}"
        raise ConfigError(f"{told}: enrol as the user that runs it, or chown it to that") from error
    except OSError as error:
        raise ConfigError(f"expected a key at {path}; {error.strerror}: run `xuemai gateway enroll`") from error
    except ValueError as error:
        raise ConfigError(f"expected 64 hex digits at {path}; {error}") from error
    if mode & 0o077:
        raise ConfigError(f"expected {path} to be readable by its owner alone; got mode {mode & 0o777:o}: chmod 600")
    return NoteSigner(key_name(settings), key)


def key_name(settings: GatewaySettings) -> str:
    """`<site name>/<gateway>`, where the origin is `<site name>/ledger/<number>`."""
    return keys.key_name(settings.origin, settings.name)


def enrol(signer: NoteSigner, settings: GatewaySettings) -> Enrolment:
    """The enrolment of this key with the ledger of `settings.origin`."""
    vkey = note.format_vkey(signer.verifier)
    proof = keys.prove_possession(signer.key, origin=settings.origin, vkey=vkey)
    return Enrolment(gateway=settings.name, vkey=vkey, key=keys.fingerprint(vkey), proof=proof)


def enrol_next(directory: Path, settings: GatewaySettings) -> Enrolment:
    """The enrolment of the key that is to follow, signed by the one that it follows too.

    Raises:
        ConfigError: one of the two keys is missing or cannot be used.
    """
    old, new = load_signer(directory, settings), _load(directory / NEXT_KEY_PATH, settings)
    enrolled = enrol(new, settings)
    return msgspec.structs.replace(
        enrolled,
        replaces=keys.fingerprint(note.format_vkey(old.verifier)),
        proof_by_old=keys.prove_possession(old.key, origin=settings.origin, vkey=enrolled.vkey),
    )
