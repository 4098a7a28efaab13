"""The site's own private keys: files for the owner alone, and which of them the log lets sign.

A rotation makes the new key durable beside the old one before the log hears of it, and puts it into the old one's place
only after the log has it. So whatever moment a crash falls on, the log's state says which file counts: `settle` reads
it at the next start. No private key is ever anywhere but in its file and in memory.
"""

from collections.abc import Callable
from pathlib import Path

from ledger.config import KEY_NAMES, KeyName, Site
from ledger.core import policy as policies
from ledger.core.errors import ConfigError, NoteError
from ledger.core.keys import KeyState, fingerprint
from ledger.core.logkeys import LogKeys, Use
from ledger.core.note import VerifierKey, format_vkey
from ledger.core.policy import Log, Policy
from ledger.core.signing import SEED_BYTES, NoteSigner
from ledger.durable import sync_directory, write_durably

USES: dict[Use, KeyName] = {"checkpoint": "log", "receipt": "receipt"}
"""What a log key signs → the name of its file."""


class OwnKeys:
    """The signers of a site, by name, the one that signs now before the one that is to follow it."""

    def __init__(self, site: Site) -> None:
        """Read every key.

        Raises:
            ConfigError: a key's file is missing or is no key.
        """
        self._site = site
        self._signers: dict[KeyName, tuple[NoteSigner, ...]] = {}
        self._read()

    def settle(self, keys: KeyState, log_keys: LogKeys) -> None:
        """Put each key that the log has let follow another into that one's place, and the log's keys into the policy.

        Raises:
            ConfigError: a key that the log counts on has no file.
        """
        for name in KEY_NAMES:
            present = _present(name, keys, log_keys)
            held = {signer_id(signer) for signer in self._signers[name]}
            missing = [key for key in present if key not in held]
            if missing:
                raise ConfigError(f"{self._site.key_file(name)}: expected the key {missing[0]}; restore it")
            if present and signer_id(self._signers[name][0]) not in present:
                self._site.next_key_file(name).replace(self._site.key_file(name))
        sync_directory(self._site.keys_dir)
        self._read()
        self._write_policy(log_keys)

    def stage(self, name: KeyName, entropy: Callable[[int], bytes]) -> NoteSigner:
        """The key that is to follow: the one that lies there from an earlier attempt, or a new one, on disk first."""
        path = self._site.next_key_file(name)
        if not path.exists():
            write_durably(path, f"{entropy(SEED_BYTES).hex()}\n".encode("ascii"), 0o600)
        self._read()
        return self._signers[name][1]

    def holding(self, name: KeyName, keys: KeyState) -> NoteSigner | None:
        """The signer of a producer's own key as the log has it now; None if none of the files holds.

        Before the log's first batch it is the first.
        """
        if not keys.known:
            return self._signers[name][0]
        present = keys.holding(name)
        for _ in range(2):
            for each in self._signers[name]:
                if signer_id(each) in present:
                    return each
            self._read()  # another process may have rotated it
        return None

    def checkpoint_signers(self, log_keys: LogKeys, size: int) -> list[NoteSigner]:
        """Who signs the checkpoint of a size.

        Raises:
            ConfigError: a key that has to sign has no file.
        """
        return self._signing("checkpoint", log_keys.signing("checkpoint", size))

    def receipt_signers(self, log_keys: LogKeys) -> list[NoteSigner]:
        """Who signs receipts now.

        Raises:
            ConfigError: a key that has to sign has no file.
        """
        present = tuple(log_keys.known[key].key for key in log_keys.present("receipt"))
        return self._signing("receipt", present)

    def log_signer(self, use: Use, key: VerifierKey) -> NoteSigner:
        """The signer of one log key.

        Raises:
            ConfigError: it has no file.
        """
        return self._signing(use, (key,))[0]

    def _signing(self, use: Use, wanted: tuple[VerifierKey, ...]) -> list[NoteSigner]:
        by_key = {signer.verifier: signer for signer in self._signers[USES[use]]}
        if any(key not in by_key for key in wanted):
            self._read()  # another process may have rotated it
            by_key |= {signer.verifier: signer for signer in self._signers[USES[use]]}
        missing = [key for key in wanted if key not in by_key]
        if missing:
            shown = fingerprint(format_vkey(missing[0]))
            raise ConfigError(f"{self._site.keys_dir}: expected the key {shown}, which the log says signs; restore it")
        return [by_key[key] for key in wanted]

    def _read(self) -> None:
        for name in KEY_NAMES:
            signers = [self._site.signer(name)]
            following = self._site.next_key_file(name)
            if following.exists():
                signers.append(NoteSigner(self._site.key_name(name), self._site.read_key(following)))
            self._signers[name] = tuple(signers)

    def _write_policy(self, log_keys: LogKeys) -> None:
        """Let the site's policy name exactly the log keys that sign; its witnesses stay."""
        wanted = tuple(Log(log_keys.known[key].key) for key in log_keys.present("checkpoint"))
        kept = _read_policy(self._site.policy_file)
        if kept is None or not wanted or {log.key for log in kept.logs} == {log.key for log in wanted}:
            return
        changed = Policy(wanted, kept.witnesses, kept.groups, kept.quorum)
        write_durably(self._site.policy_file, policies.format(changed))


def signer_id(signer: NoteSigner) -> str:
    """The fingerprint of a signer's key."""
    return fingerprint(format_vkey(signer.verifier))


def _present(name: KeyName, keys: KeyState, log_keys: LogKeys) -> list[str]:
    use: Use | None = next((use for use, file in USES.items() if file == name), None)
    return keys.holding(name) if use is None else log_keys.present(use)


def _read_policy(path: Path) -> Policy | None:
    """The policy in a file; None where a person put something there that is none: it is theirs."""
    try:
        return policies.parse(path.read_bytes())
    except (OSError, NoteError):
        return None


__all__ = ["USES", "OwnKeys", "signer_id"]
