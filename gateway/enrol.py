"""Enrolment: the gateway's key, and the text with which an administrator lets the ledger know it.

The key is made on the gateway and never leaves it. The enrolment text proves possession (docs/format.md §6): the key's
signature over its own verifier key and the ledger's origin. The administrator compares the fingerprint by another way.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.config import GatewaySettings
from ledger.core import keys, note
from ledger.core.errors import ConfigError
from ledger.core.signing import SEED_BYTES, NoteSigner, SigningKey

KEY_PATH = Path("keys/gateway.key")


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What the ledger's administrator needs: `key` is the fingerprint `key:<sha256 of vkey>`, `proof` base64."""

    gateway: str
    vkey: str
    key: str
    proof: str

    def format(self) -> str:
        """One JSON object."""
        return json.dumps({"gateway": self.gateway, "vkey": self.vkey, "key": self.key, "proof": self.proof}, indent=2)


def make_key(directory: Path, random_bytes: Callable[[int], bytes]) -> bool:
    """Make `keys/gateway.key` (0600: 64 hex digits and a newline) if there is none; whether it was made."""
    path = directory / KEY_PATH
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
    path = directory / KEY_PATH
    try:
        mode = path.stat().st_mode
        seed = bytes.fromhex(path.read_text().strip())
        key = SigningKey(seed)
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
    return Enrolment(settings.name, vkey, keys.fingerprint(vkey), proof)
