"""A disk of a few megabytes under one process: a tmpfs in a mount namespace of its own."""

import functools
import subprocess
from pathlib import Path

_NAMESPACES = (("unshare", "--user", "--map-root-user", "--mount"), ("unshare", "--mount"))


@functools.cache
def _namespace() -> tuple[str, ...]:
    for each in _NAMESPACES:
        tried = subprocess.run([*each, "mount", "-t", "tmpfs", "none", "/mnt"], check=False, capture_output=True)
        if tried.returncode == 0:
            return each
    raise AssertionError("expected to be allowed a mount namespace (unshare --user --mount), or to be root")


def on_small_disk(folder: Path, copy_of: Path, megabytes: int, command: list[str]) -> list[str]:
    """A command that runs with `folder` being such a disk, on which everything of `copy_of` lies."""
    script = 'mount -t tmpfs -o "size=$3m" none "$1" && cp -a "$2"/. "$1" && shift 3 && exec "$@"'
    return [*_namespace(), "sh", "-c", script, "sh", str(folder), str(copy_of), str(megabytes), *command]


def seen_by(process: int, path: Path) -> Path:
    """A path as a process in such a namespace sees it."""
    return Path(f"/proc/{process}/root") / path.relative_to("/")
