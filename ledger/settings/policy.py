"""`policy.txt`: what a verifier of this site's proofs is told to trust, its log's keys and its witnesses.

The logs in the file are `init`'s and a key rotation's; the witnesses are those of `[[witness]]`. A verifier keeps a
copy that came by another way: the file is for handing over, not for fetching.
"""

from ledger.config import Site
from ledger.core import policy as policies
from ledger.core.errors import ConfigError, NoteError
from ledger.durable import write_durably


def refresh_policy_file(site: Site) -> bool:
    """Write the configured witnesses into `policy.txt`, if it says otherwise; whether it did. Its logs stay.

    Raises:
        ConfigError: the file is missing or no policy.
    """
    try:
        raw = site.policy_file.read_bytes()
        wanted = policies.format(site.outside.policy(policies.parse(raw).logs))
    except (OSError, NoteError) as error:
        raise ConfigError(f"{site.policy_file}: expected this site's policy; {error}") from error
    if raw == wanted:
        return False
    write_durably(site.policy_file, wanted)
    return True
