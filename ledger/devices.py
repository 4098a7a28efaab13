"""Signing devices: a second signature under each checkpoint, of a type that this program need not know.

[[signing_device]]   vkey (name, key id, type and public key as C2SP signed-note writes them; a type but 0x01 and 0x04)
                     command (the program and its arguments; no shell), timeout_seconds (5),
                     need = "best-effort" | "required" ("best-effort")

The program gets the checkpoint's text on stdin and writes the signature's bytes, and nothing else, to stdout. Whether
they are right only its own verifiers can tell; every other verifier ignores a line of a type that it does not know
(c2sp.org/signed-note). So a site's own device, with SM2 over SM3 for example, fits without a change of the format.
"""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import structlog

from ledger.core.errors import ConfigError, NoteError, XuemaiError
from ledger.core.note import COSIGNATURE_V1, ED25519, Signature, VerifierKey, format_vkey, parse_vkey
from ledger.settings.table import known_table

Need: TypeAlias = Literal["best-effort", "required"]
MAX_SIGNATURE_BYTES = 16 * 1024
MAX_SECONDS = 60
DEFAULT_SECONDS = 5
_KEYS = ("vkey", "command", "timeout_seconds", "need")
_log = structlog.get_logger("ledger.devices")


class DeviceError(XuemaiError):
    """A device that must sign did not."""


@dataclass(frozen=True, slots=True)
class SigningDevice:
    """A program that signs checkpoints.

    Attributes:
        key: its verifier key; of which only the name and the key id are used here.
        command: the program and its arguments.
        timeout_seconds: how long it may take.
        need: whether a checkpoint without its signature is published.
    """

    key: VerifierKey
    command: tuple[str, ...]
    timeout_seconds: int = DEFAULT_SECONDS
    need: Need = "best-effort"

    def sign(self, text: str) -> Signature:
        """Let the program sign a checkpoint's text.

        Raises:
            DeviceError: it could not be run, failed, took too long, or wrote nothing or too much.
        """
        try:
            ran = subprocess.run(  # noqa: S603  the administrator's own program, without a shell
                self.command, input=text.encode(), capture_output=True, timeout=self.timeout_seconds, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DeviceError(f"{self.key.name}: expected a signature of {self.command[0]}; {error}") from error
        if ran.returncode != 0 or not 0 < len(ran.stdout) <= MAX_SIGNATURE_BYTES:
            said = ran.stderr.decode("utf-8", "replace").strip()[:200]
            raise DeviceError(
                f"{self.key.name}: expected exit 0 and 1 to {MAX_SIGNATURE_BYTES} bytes of {self.command[0]};"
                f" got exit {ran.returncode} and {len(ran.stdout)} bytes; {said}"
            )
        return Signature(self.key.name, self.key.key_id, ran.stdout)


def sign_with(devices: Iterable[SigningDevice], text: str) -> tuple[Signature, ...]:
    """The signatures of those that signed; one that need not is missed, loudly.

    Raises:
        DeviceError: one that must sign did not.
    """
    signatures = []
    for device in devices:
        try:
            signatures.append(device.sign(text))
        except DeviceError as error:
            if device.need == "required":
                raise
            _log.warning("a device did not sign; the checkpoint goes without", reason=str(error))
    return tuple(signatures)


def parse(value: object) -> tuple[SigningDevice, ...]:
    """What the tables `[[signing_device]]` of `xuemai.toml` say.

    Raises:
        ConfigError: naming the key that is missing, unknown or wrong.
    """
    if not isinstance(value, list):
        raise ConfigError(f"signing_device: expected [[signing_device]], a table a device; got {value!r:.80}")
    devices = tuple(map(_device, value))
    if len({device.key for device in devices}) < len(devices):
        raise ConfigError("signing_device.vkey: expected each key once")
    return devices


def format_lines(devices: Iterable[SigningDevice]) -> list[str]:
    """The lines of `xuemai.toml` that `parse` reads back."""
    lines = []
    for device in devices:
        lines += [
            "",
            "[[signing_device]]",
            f"vkey = {json.dumps(format_vkey(device.key), ensure_ascii=False)}",
            f"command = {json.dumps(list(device.command), ensure_ascii=False)}",
            f"timeout_seconds = {device.timeout_seconds}",
            f'need = "{device.need}"',
        ]
    return lines


def _device(told: object) -> SigningDevice:
    table = known_table("signing_device", told, _KEYS)
    command = table.get("command")
    if not isinstance(command, list) or not command or not all(isinstance(word, str) and word for word in command):
        raise ConfigError(f"signing_device.command: expected a program and its arguments; got {command!r:.80}")
    seconds, need = table.get("timeout_seconds", DEFAULT_SECONDS), table.get("need", "best-effort")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 1 <= seconds <= MAX_SECONDS:
        raise ConfigError(f"signing_device.timeout_seconds: expected 1 to {MAX_SECONDS}; got {seconds!r:.40}")
    if need not in {"best-effort", "required"}:
        raise ConfigError(f"signing_device.need: expected best-effort or required; got {need!r:.40}")
    return SigningDevice(_key(table), tuple(command), seconds, "required" if need == "required" else "best-effort")


def _key(table: Mapping[str, object]) -> VerifierKey:
    vkey = table.get("vkey")
    if not isinstance(vkey, str):
        raise ConfigError("signing_device.vkey: missing")
    try:
        key = parse_vkey(vkey)
    except NoteError as error:
        raise ConfigError(f"signing_device.vkey: {error}") from error
    if key.algorithm in {ED25519, COSIGNATURE_V1}:
        raise ConfigError(
            "signing_device.vkey: expected another signature type than 0x01 and 0x04, which are the log's own"
        )
    return key
