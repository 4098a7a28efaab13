"""Accepting a passport of another site's log: verified under the policy that this site keeps of its partners.

Decides whether a passport may be accepted, and what the site's log then says of it. Whoever records it keeps the
passport's bytes in the same transaction, because this site's own passports of the units will carry them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.config import Site
from ledger.core import passport
from ledger.core.errors import ConfigError, FormatError, Refused
from ledger.core.policy import Policy
from ledger.core.policy import parse as parse_policy
from ledger.core.verify import Verification, verify

UNITS_AN_EVENT = 50
"""`passport_accepted` names at most so many, so that it stays within the size of an event."""


@dataclass(frozen=True, slots=True)
class Acceptable:
    """A passport that may be accepted.

    Attributes:
        found: what was found of it.
        sha256: base64 SHA-256 of its bytes.
        fields: the fields of each `passport_accepted` event that says so.
    """

    found: Verification
    sha256: str
    fields: tuple[Mapping[str, object], ...]

    @property
    def units(self) -> list[str]:
        """The units that it is about."""
        return [each.unit for each in self.found.units]


def partners_policy(site: Site) -> Policy | None:
    """The trust policy that this site keeps of its partners' logs; None if it keeps none.

    Raises:
        ConfigError: the file is no policy.
    """
    try:
        return parse_policy(site.partners_file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, FormatError) as error:
        raise ConfigError(f"{site.partners_file}: expected a C2SP trust policy; {error}") from error


def judge(raw: bytes, *, policy: Policy | None, own: str) -> Acceptable | Refused:
    """Judge whether a passport may be accepted.

    Args:
        raw: the passport's bytes, as they came; or a page that carries it.
        policy: the trust policy that this site keeps of its partners; None if it keeps none.
        own: the origin of this site's own log.

    Returns:
        What to record; or Refused: at step `policy`, `own-log`, or the step of the verification at which it failed or
        could not be decided.
    """
    if policy is None:
        return Refused("policy", "this site keeps no policy of its partners' logs; write one to partners.txt")
    carried = passport.out_of_page(raw)
    found = verify(carried, policy=policy)
    if found.verdict == "invalid" or found.verdict == "undecidable":  # noqa: PLR1714  the type checker follows this
        last = found.failed or found.steps[-1]
        return Refused(last.step, last.detail)
    if found.origin == own:
        return Refused("own-log", f"it is of this site's own log, {own}")
    sha256 = passport.digest(carried.decode())
    units = [each.unit for each in found.units]
    fields = {"origin": found.origin, "as_of_size": found.log_size, "sha256": sha256, "verdict": found.verdict}
    starts = range(0, len(units), UNITS_AN_EVENT)
    return Acceptable(found, sha256, tuple({"units": units[at : at + UNITS_AN_EVENT], **fields} for at in starts))
