"""The unit map by its definition in docs/format.md §13, slowly and from raw bytes; it shares no line with the code."""

import base64
import hashlib
import json
import re

from ledger.config import Site
from tests.support.log_checker import bodies_of, connected

ONE = ("unit", "din", "tag", "box", "probe", "place", "key", "replaces")
MANY = ("units", "parents", "boxes", "found", "missing", "surplus", "unfit", "undecided")
KINDS = ("unit:", "din:", "tag:", "box:", "probe:", "key:")
IDENTIFIER = re.compile(
    r"(unit:[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}\.[A-Z][A-Z0-9]{5}([A-Z0-9]{2}|[A-Z0-9]{6})"
    r"|din:[A-NP-Z1-9][A-NP-Z0-9]{2}[0-9]{10}|tag:([0-9A-F]{2}){4,31}|box:[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
    r"|probe:[A-Za-z0-9][A-Za-z0-9._-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,63}){0,3}|key:[0-9a-f]{64})"
)
EMPTY = hashlib.sha256(b"").digest()

Lists = dict[str, list[bytes]]


def lists_of(site: Site, size: int) -> Lists:
    """Subject → the leaves of its events in log order, of the batches below `size`."""
    with connected(site) as connection:
        rows = [row for index in range(size) for row in bodies_of(connection, index) if row[0] is not None]
    lists: Lists = {}
    tags: dict[str, str] = {}
    for body, defect in rows:
        said = json.loads(body)
        for subject in sorted(subjects_of(said, tags) if defect is None else named_in(said)):
            if subject.startswith(KINDS) and said["kind"] != "exposure_stated":
                lists.setdefault(subject, []).append(hashlib.sha256(b"\0" + body).digest())
    return lists


def subjects_of(said: dict, tags: dict[str, str]) -> set[str]:
    found = {said[name] for name in ONE if name in said}
    found |= {each for name in MANY for each in said.get(name, [])}
    found |= {child["unit"] for child in said.get("children", [])}
    match said["kind"]:
        case "tag_associated":
            tags[said["tag"]] = said["unit"]
        case "tag_removed" if tags.get(said["tag"]) == said["unit"]:
            del tags[said["tag"]]
        case "tag_arrived" | "tag_left" | "unknown_tag_seen" | "tag_uncertain" | "tag_memory_read" if (
            said["tag"] in tags
        ):
            found = found - {said["tag"]} | {tags[said["tag"]]}
    return found


def named_in(said: dict) -> set[str]:
    texts = [text for value in said.values() for text in (value if isinstance(value, list) else [value])]
    return {text for text in texts if isinstance(text, str) and IDENTIFIER.fullmatch(text)}


def root_of(lists: Lists) -> bytes:
    """The map's root."""
    entries = dict.fromkeys((f"din:{name[5:18]}" for name in lists if name.startswith("unit:")), (0, bytes(32)))
    for subject, leaves in lists.items():
        head = bytes(32)
        for leaf in leaves:
            head = hashlib.sha256(b"\2" + head + leaf).digest()
        entries[subject] = (len(leaves), head)
    buckets: list[list[tuple[bytes, bytes]]] = [[] for _ in range(65_536)]
    for subject, (count, head) in entries.items():
        path = hashlib.sha256(subject.encode()).digest()
        leaf = b"\0xuemai/map-entry/v1\n" + path + count.to_bytes(8, "big") + head
        buckets[path[0] * 256 + path[1]].append((path, hashlib.sha256(leaf).digest()))
    return tree([tree([leaf for _, leaf in sorted(bucket)]) for bucket in buckets])


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962, 2.1, by its recursion."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + tree(leaves[:half]) + tree(leaves[half:])).digest()


def stated_roots(site: Site) -> list[tuple[int, bytes]]:
    """(log index, root) of every root that the site stream states."""
    with connected(site) as connection:
        (size,) = connection.execute("SELECT count(*) FROM batches").fetchone()
        told = [(index, body) for index in range(size) for body, _ in bodies_of(connection, index) if body is not None]
    found = [(index, json.loads(body)) for index, body in told if b'"kind":"unit_map_rooted"' in body]
    assert all(said["as_of_size"] == log_index for log_index, said in found)
    return [(log_index, base64.b64decode(said["root"])) for log_index, said in found]
