"""C2SP trust policies: which logs to believe, and how many of which witnesses must have cosigned.

Decides whether a set of witnesses is a quorum. Which witnesses did cosign is found out by `signing`.

A policy is a file that a person keeps. Reading is as lenient about white space and comments as the specification, and
strict about everything else; what `format` writes reads back as the same policy.

Source: c2sp.org/tlog-policy.
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from ledger.core.errors import NoteError
from ledger.core.note import COSIGNATURE_V1, ED25519, ML_DSA_44, VerifierKey, format_vkey, parse_vkey

MAX_POLICY_BYTES = 1024 * 1024
NO_QUORUM = "none"
"""The predefined name of the quorum that asks for no witness at all."""

_OF_A_LOG = (ED25519, ML_DSA_44)
_OF_A_WITNESS = (COSIGNATURE_V1, ML_DSA_44)
_ALLOWED = re.compile(rb"[\t\n\x20-\x7e\x80-\xff]*")
_THRESHOLD = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Log:
    """A log to believe; its key's name is the origin of its checkpoints."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness, under the name that this policy calls it."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and earlier groups, of which at least `threshold` must have witnessed a checkpoint."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """A trust policy.

    Attributes:
        logs: any of which may have signed; empty if the log is known otherwise.
        witnesses: in the order of the file.
        groups: each after the groups that it names.
        quorum: the name of a witness or a group, or `NO_QUORUM`.
    """

    logs: tuple[Log, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    def judge(self, cosigners: AbstractSet[VerifierKey]) -> bool:
        """Say whether the keys that verifiably cosigned a checkpoint are a quorum."""
        witnessed = {NO_QUORUM: True}
        witnessed.update((each.name, each.key in cosigners) for each in self.witnesses)
        for group in self.groups:
            witnessed[group.name] = sum(witnessed[name] for name in group.members) >= group.threshold
        return witnessed[self.quorum]

    def logs_of(self, origin: str) -> tuple[Log, ...]:
        """The believed logs whose checkpoints carry this origin."""
        return tuple(log for log in self.logs if log.key.name == origin)


def parse(raw: bytes) -> Policy:
    """Read a policy file; a last line without its newline is read too.

    Raises:
        NoteError: with the number of the first line at fault.
    """
    if len(raw) > MAX_POLICY_BYTES:
        raise NoteError(f"expected a policy of at most {MAX_POLICY_BYTES} bytes, got {len(raw)}")
    reading = _Reading()
    for number, line in enumerate(raw.split(b"\n"), start=1):
        try:
            reading.read(line)
        except NoteError as error:
            raise NoteError(f"policy line {number}: {error}") from error
    if reading.quorum is None:
        raise NoteError("policy: expected one quorum line, got none; `quorum none` asks for no witness")
    return Policy(
        logs=tuple(reading.logs),
        witnesses=tuple(reading.witnesses),
        groups=tuple(reading.groups),
        quorum=reading.quorum,
    )


def format(policy: Policy) -> bytes:  # noqa: A001 - always read as `policy.format`, the twin of `policy.parse`
    """Write a policy file: logs, witnesses, groups, quorum.

    Raises:
        NoteError: if the policy is one that `parse` would refuse or read differently.
    """
    lines = [["log", format_vkey(log.key), log.url or ""] for log in policy.logs]
    lines += [["witness", each.name, format_vkey(each.key), each.url or ""] for each in policy.witnesses]
    lines += [["group", each.name, str(each.threshold), *each.members] for each in policy.groups]
    lines.append(["quorum", policy.quorum])
    text = "".join(" ".join(items).rstrip(" ") + "\n" for items in lines)
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise NoteError("policy: expected names and URLs that bytes can carry") from error
    if parse(raw) != policy:
        raise NoteError("policy: expected names and URLs without white space")
    return raw


@dataclass(slots=True)
class _Reading:
    """What the lines so far have defined."""

    logs: list[Log] = field(default_factory=list)
    witnesses: list[Witness] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    quorum: str | None = None
    defined: set[str] = field(default_factory=set)
    grouped: set[str] = field(default_factory=set)

    def read(self, line: bytes) -> None:
        if not _ALLOWED.fullmatch(line):
            raise NoteError("expected no control character but tab and newline; save it with Unix line ends")
        # Names are opaque octets: surrogateescape carries those that are not UTF-8 through text and back unchanged.
        items = [item.decode("utf-8", "surrogateescape") for item in re.split(rb"[\t ]+", line) if item]
        if not items or items[0].startswith("#"):
            return
        match items:
            case ["log", vkey, *url] if len(url) <= 1:
                self._log(vkey, url[0] if url else None)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._witness(name, vkey, url[0] if url else None)
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, tuple(members))
            case ["quorum", name]:
                self._quorum(name)
            case _:
                raise NoteError(
                    "expected `log <vkey> [<url>]`, `witness <name> <vkey> [<url>]`, "
                    f"`group <name> <k|any|all> <name>…` or `quorum <name>`, got {' '.join(items)!r:.200}"
                )

    def _log(self, vkey: str, url: str | None) -> None:
        key = _key_of("log", vkey, _OF_A_LOG)
        if any(each.key.public == key.public for each in self.logs):
            raise NoteError(f"expected each log's key once, got that of {key.name!r} again")
        self.logs.append(Log(key, url))

    def _witness(self, name: str, vkey: str, url: str | None) -> None:
        key = _key_of("witness", vkey, _OF_A_WITNESS)
        if any(each.key.public == key.public for each in self.witnesses):
            raise NoteError(f"expected each witness's key once, got that of {key.name!r} again")
        self._define(name)
        self.witnesses.append(Witness(name, key, url))

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        for member in members:
            self._require_defined(member)
            # One place for each name, so that no witness counts twice on its way to the quorum.
            if member in self.grouped:
                raise NoteError(f"expected each name in one group once, got {member!r} again")
            self.grouped.add(member)
        needed = _threshold_of(threshold, len(members))
        self._define(name)
        self.groups.append(Group(name, needed, members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise NoteError("expected one quorum line, got another")
        if name != NO_QUORUM:
            self._require_defined(name)
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self.defined:
            raise NoteError(f"expected a new name, got {name!r}, which is already defined")
        self.defined.add(name)

    def _require_defined(self, name: str) -> None:
        if name not in self.defined:
            raise NoteError(f"expected a witness or group of an earlier line, got {name!r}")


def _key_of(role: str, vkey: str, algorithms: tuple[int, ...]) -> VerifierKey:
    # A type that is not spoken here refuses the policy: judging by the rest of it would be judging by another policy.
    key = parse_vkey(vkey)
    if key.algorithm not in algorithms:
        spoken = " or ".join(f"0x{each:02x}" for each in algorithms)
        raise NoteError(f"expected a {role} key of signature type {spoken}, got 0x{key.algorithm:02x}")
    return key


def _threshold_of(text: str, members: int) -> int:
    if text == "any":
        return 1
    if text == "all":
        return members
    if not _THRESHOLD.fullmatch(text) or int(text) > members:
        raise NoteError(f"expected any, all or a number from 1 to {members}, got {text!r:.40}")
    return int(text)
