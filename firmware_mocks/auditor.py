"""The auditor of the demo: somebody of her own, who replays the site's log and says which of its unit maps are true.

What she keeps stands in a folder of hers, `DIR/auditor`: her token, her key, her memory. Whoever believes her key
learns from a passport that nothing was left out of it.
"""

import json
import os
import subprocess
from pathlib import Path

from firmware_mocks.browser_forms import Browser
from firmware_mocks.cast import xuemai
from firmware_mocks.people import token_of

NAME = "auditor.a9999.example"
_SECONDS = 120.0


def key_of(directory: Path) -> str:
    """Her verifier key, which is made at the first time; empty if it could not be."""
    own = directory / "auditor"
    own.mkdir(exist_ok=True)
    return _run(xuemai("audit", "key", "--key", str(own / "key"), "--name", NAME)).stdout.strip()


def replay(directory: Path, *, browser: Browser, url: str) -> tuple[bool, str]:
    """Replay the log as far as it goes and cosign the latest unit map.

    Args:
        directory: the site's folder; its `policy.txt` names the log.
        browser: one in which the auditor is signed in.
        url: the ledger's address.

    Returns:
        Whether everything was confirmed and cosigned; what she found.

    Raises:
        FormError: the page gave no token.
    """
    own = directory / "auditor"
    own.mkdir(exist_ok=True)
    _keep(own / "token", token_of(browser, label="replay"))
    key_of(directory)
    kept = ["--key", str(own / "key"), "--state", str(own / "state"), "--token-file", str(own / "token")]
    asked = ["--from", url, "--name", NAME, "--policy", str(directory / "policy.txt"), "--json"]
    done = _run(xuemai("audit", "replay", *kept, *asked))
    try:
        said = json.loads(done.stdout)
    except ValueError:
        return False, f"exit {done.returncode}: {done.stderr.strip()[-300:]}"
    confirmed = bool(said["confirmed"]) and said["cosigned"] is not None
    return done.returncode == 0 and confirmed, f"{len(said['confirmed'])} roots of {said['size']} batches confirmed"


def _keep(path: Path, secret: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{secret}\n")


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
