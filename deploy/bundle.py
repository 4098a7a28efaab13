#!/usr/bin/env python3
"""A gateway for a machine without a network: program, libraries and a Python of its own in one archive.

    python3 dev.py setup
    python3 deploy/bundle.py --python cpython-3.11-x86_64-unknown-linux-gnu-install_only.tar.gz --python-sha256 HEX

`--python` is a relocatable Python, as its archive or as an https address; an address needs `--python-sha256`, which
its publisher tells. Libraries are the gateway's part of requirements.lock, each by its hash; `--wheels DIR` takes them
from a folder and asks no index. `--arch aarch64` makes one for another machine: nothing of it is run here, but every
program in it is looked at. What the target has to have of its own is told at the end. On the target:

    tar -xzf xuemai-gateway-x86_64.tar.gz -C /opt && cd /opt/xuemai && sha256sum -c MANIFEST.sha256 >/dev/null
    /opt/xuemai/bin/xuemai gateway doctor --language zh

Standard library only.
"""

import argparse
import gzip
import hashlib
import io
import os
import platform
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIP = ROOT / ".venv" / "bin" / "python"
TOP = "xuemai"
SHARED = ("xuemai-gateway.service", "70-xuemai.rules")
# The oldest C library first, so that an older system can use it (PEP 600).
TAGS = ("manylinux_2_17", "manylinux2014", "manylinux_2_28")
# Parts of the C library itself.
C_LIBRARY = ("ld-linux", "libc.so", "libm.so", "libdl.so", "libpthread.so", "librt.so", "libutil.so")
# By ELF's `e_machine`.
MACHINES = {62: "x86_64", 183: "aarch64"}
# Its kinds of segments, and of entries of the dynamic one (System V ABI, chapter 5).
_LOAD, _DYNAMIC, _INTERPRETER = 1, 2, 3
_NEEDED, _STRINGS = 1, 5
NOT_NEEDED = ("test", "idlelib", "tkinter", "turtledemo", "ensurepip", "lib2to3", "site-packages")
LAUNCHER = """#!/bin/sh
# Isolated from whatever Python and settings the machine has.
here=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
start='import sys; sys.path.append(sys.argv.pop(1)); sys.argv[0] = "xuemai"; import xuemai; xuemai.main()'
exec "$here/python/bin/python3" -I -c "$start" "$here/lib" "$@"
"""


class BundleError(Exception):
    """The bundle cannot be made; the message says what was expected, what came, and what to do."""


def main(arguments: Sequence[str]) -> int:
    """Make the bundle; exit code 0, or 2 with the reason."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True, help="a relocatable Python: an archive, or its https address")
    parser.add_argument("--python-sha256", default="", help="of that archive")
    parser.add_argument("--arch", choices=["x86_64", "aarch64"], default=platform.machine())
    parser.add_argument("--wheels", type=Path, help="take libraries from this folder and ask no index")
    parser.add_argument("--output", type=Path, help="default: xuemai-gateway-ARCH.tar.gz")
    options = parser.parse_args(arguments)
    output = options.output or Path(f"xuemai-gateway-{options.arch}.tar.gz")
    try:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / TOP
            archive = fetched(options.python, options.python_sha256, Path(scratch))
            version = unpack_python(archive, folder / "python")
            # A wrong Python is refused before anything is fetched for it.
            asked_of_the_target(folder, options.arch)
            install_libraries(folder / "lib", version=version, arch=options.arch, wheels=options.wheels)
            asked = asked_of_the_target(folder, options.arch)
            translate(folder, version, options.arch)
            finish(folder)
            pack(folder, output)
    except (BundleError, OSError, tarfile.TarError, subprocess.CalledProcessError) as error:
        print(f"bundle.py: {error}", file=sys.stderr)
        return 2
    print(f"the target has to have {asked}", file=sys.stderr)
    print(f"{sha256(output)}  {output}")
    return 0


def fetched(source: str, expected: str, scratch: Path) -> Path:
    """The archive, with the hash that was expected of it."""
    if source.startswith("https://"):
        if not expected:
            raise BundleError("expected --python-sha256 with an address: what comes from a network is held against it")
        path = scratch / "python.tar"
        with urllib.request.urlopen(source, timeout=60) as answer, path.open("wb") as file:  # noqa: S310  https alone
            shutil.copyfileobj(answer, file)
    else:
        path = Path(source)
        if not path.is_file():
            raise BundleError(f"expected an archive at {source} or an https address; there is none")
    if expected and sha256(path) != expected.lower():
        raise BundleError(f"expected SHA-256 {expected.lower()} of {source}; got {sha256(path)}")
    return path


def sha256(path: Path) -> str:
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack_python(archive: Path, target: Path) -> str:
    """Unpack the Python below `target`, without what a gateway never needs; its version, such as 3.11."""
    with tarfile.open(archive) as source:
        programs = [member.name for member in source if re.fullmatch(r"(?:[^/]+/)*bin/python3\.\d+", member.name)]
        if len(programs) != 1:
            raise BundleError(f"expected one bin/python3.N in {archive.name}; got {programs or 'none'}")
        prefix, _, name = programs[0].rpartition("bin/")
        version = name.removeprefix("python")
        for member in wanted(source, prefix, version):
            source.extract(member, target, filter="data")
    link = target / "bin" / "python3"
    if not link.exists():
        link.symlink_to(f"python{version}")
    return version


def wanted(source: tarfile.TarFile, prefix: str, version: str) -> Iterator[tarfile.TarInfo]:
    """What a gateway needs of a Python, with its names taken from below `prefix`."""
    library = f"lib/python{version}/"
    kept = (f"bin/python{version}", "bin/python3", "lib/libpython", "lib/libssl", "lib/libcrypto", library)
    for member in source:
        name = member.name.removeprefix(prefix).lstrip("/")
        inner = name.removeprefix(library).split("/")[0] if name.startswith(library) else ""
        if not name.startswith(kept) or inner in NOT_NEEDED or inner.startswith("config-") or name.endswith(".a"):
            continue
        if "__pycache__" not in name and not member.isdir():
            linked = member.linkname.removeprefix(prefix).lstrip("/") if member.islnk() else member.linkname
            yield member.replace(name=name, linkname=linked, deep=False)


def gateway_pins(lock: str, roots: Iterable[str]) -> list[str]:
    """The requirements of a lock file that `roots` need, each with its hashes, by the lock's own `# via` notes."""
    blocks = re.findall(r"^[A-Za-z0-9].*(?:\n(?:[ \t]|#   ).*)*", lock, re.MULTILINE)
    parents = {}
    for block in blocks:
        name = re.split(r"[\[=; ]", block, maxsplit=1)[0].lower()
        notes = re.findall(r"^ +# +(?:via )?([A-Za-z0-9._-]+)(?:\[[^]]*\])?$", block, re.MULTILINE)
        parents[name] = ({note.lower() for note in notes} - {"via"}, block)
    needed = {normalised(root) for root in roots}
    while more := {name for name, (via, _) in parents.items() if via & needed} - needed:
        needed |= more
    missing = needed - parents.keys()
    if missing:
        raise BundleError(f"expected {', '.join(sorted(missing))} in requirements.lock; make it anew")
    return [block for name, (_, block) in sorted(parents.items()) if name in needed]


def normalised(requirement: str) -> str:
    """The name of a requirement, as a lock file spells it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[><=~!; ]", requirement, maxsplit=1)[0]).lower()


def install_libraries(target: Path, *, version: str, arch: str, wheels: Path | None) -> None:
    """The gateway's libraries and the project itself, as their wheels hold them; nothing of them is run."""
    if not PIP.exists():
        raise BundleError(f"expected {PIP}; run: python3 dev.py setup")
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    roots = [*settings["dependencies"], *settings["optional-dependencies"]["gateway"]]
    pins = gateway_pins((ROOT / "requirements.lock").read_text("utf-8"), roots)
    source = ["--no-index", "--find-links", str(wheels.resolve())] if wheels else []
    tags = [word for tag in TAGS for word in ("--platform", f"{tag}_{arch}")]
    with tempfile.TemporaryDirectory() as scratch:
        listed = Path(scratch) / "gateway.txt"
        listed.write_text("\n".join(pins) + "\n", "utf-8")
        for_target = ["--target", str(target), "--only-binary", ":all:", "--implementation", "cp", *tags]
        _pip("install", *source, *for_target, "--python-version", version, "--require-hashes", "-r", str(listed))
        _pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", scratch, str(ROOT))
        # By name: installed by its path, it would note where this machine had it.
        _pip("install", "--no-index", "--find-links", scratch, "--no-deps", "--target", str(target), "xuemai")
    # Launchers for this machine's Python.
    shutil.rmtree(target / "bin", ignore_errors=True)


def _pip(*arguments: str) -> None:
    command = [str(PIP), "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BundleError(f"pip {arguments[0]} failed: {done.stderr.strip()[-2000:]}")


def translate(folder: Path, version: str, arch: str) -> None:
    """Byte code for every module: who runs the gateway may not write there, and would translate at every start.

    Made by the bundle's own Python, or by this one where they are of one version; else told, and left out.
    """
    for cache in [*folder.rglob("__pycache__")]:
        shutil.rmtree(cache)
    own = folder / "python" / "bin" / f"python{version}"
    runs_here = (
        arch == platform.machine() and not subprocess.run([own, "-V"], capture_output=True, check=False).returncode
    )
    if not runs_here and version != ".".join(map(str, sys.version_info[:2])):
        print(f"no byte code: it takes a Python {version} on this machine; the gateway starts slowly", file=sys.stderr)
        return
    # Without a check: unpacking sets times anew. -B: what compileall itself imports must not be noted by its time.
    how = ["-q", "-j", "0", "--invalidation-mode", "unchecked-hash", "-s", str(folder)]
    command = [str(own) if runs_here else sys.executable, "-I", "-B", "-m", "compileall", *how, str(folder)]
    # What does not translate (templates of other versions) is never imported.
    subprocess.run(command, capture_output=True, check=False)


def asked_of_the_target(folder: Path, arch: str) -> str:
    """The C library and the other shared libraries that the bundle asks of a machine, by every program in it.

    Raises:
        BundleError: one is for another architecture, or for a C library that the wheels are not made for.
    """
    here, asked, newest = set(), set(), (0, 0)
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        here.add(path.name)
        content = b"" if path.is_symlink() else path.read_bytes()
        if content[:4] != b"\x7fELF":
            continue
        name = path.relative_to(folder)
        came = _machine(content)
        if came != arch:
            raise BundleError(f"expected {name} to be for {arch}; it is for {came}: --arch and --python must agree")
        try:
            asked |= needed_libraries(content)
        except (struct.error, ValueError) as error:
            raise BundleError(f"expected {name} to be a whole program; it is cut off or damaged") from error
        # The names of versions stand as text beside those of functions.
        versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", content)
        newest = max([newest, *((int(major), int(minor)) for major, minor in versions)])
    if any("musl" in name for name in asked):
        raise BundleError("expected a Python for glibc; this one is for musl, for which no wheels are taken")
    others = sorted(name for name in asked - here if not name.startswith(C_LIBRARY))
    return ", ".join([f"glibc {newest[0]}.{newest[1]} or newer", *others])


def _machine(content: bytes) -> str:
    number = int.from_bytes(content[18:20], "little")
    of_64_bits = content[4:6] == b"\x02\x01"  # and little-endian
    return MACHINES.get(number, f"machine {number}") if of_64_bits else "a machine of another kind"


def needed_libraries(content: bytes) -> set[str]:
    """What a 64-bit ELF file asks the system's loader for, the loader included (System V ABI, chapter 5)."""
    (at,) = struct.unpack_from("<Q", content, 32)
    size, count = struct.unpack_from("<HH", content, 54)
    segments = [struct.unpack_from("<IIQQQQ", content, at + size * number) for number in range(count)]
    loaded = [(address, offset, length) for kind, _, offset, address, _, length in segments if kind == _LOAD]
    needed = set()
    for kind, _, offset, _, _, length in segments:
        if kind == _INTERPRETER:
            needed.add(_text(content, offset).rpartition("/")[2])
        if kind == _DYNAMIC:
            entries = list(struct.iter_unpack("<qQ", content[offset : offset + length]))
            table = next((value for tag, value in entries if tag == _STRINGS), 0)
            strings = max(table - first + place for first, place, many in loaded if 0 <= table - first < many)
            needed |= {_text(content, strings + value) for tag, value in entries if tag == _NEEDED}
    return needed


def _text(content: bytes, start: int) -> str:
    return content[start : content.index(b"\0", start)].decode()


def finish(folder: Path) -> None:
    """The launcher, what the system needs, and the list of all hashes."""
    launcher = folder / "bin" / "xuemai"
    launcher.parent.mkdir()
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)
    shared = folder / "share"
    shared.mkdir()
    for name in SHARED:
        shutil.copyfile(ROOT / "deploy" / name, shared / name)
    shutil.copyfile(ROOT / "LICENSE", folder / "LICENSE")
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    listed = "".join(f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files)
    (folder / "MANIFEST.sha256").write_text(listed)


def pack(folder: Path, output: Path) -> None:
    """One archive: the same files give the same bytes. GNU's format: small systems know its long names, not PAX's."""
    content = io.BytesIO()
    compressed = output.suffix == ".gz"
    with tarfile.open(fileobj=content, mode="w", format=tarfile.GNU_FORMAT) as target:
        for path in sorted(folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                continue
            member = target.gettarinfo(path, f"{TOP}/{path.relative_to(folder)}")
            member.uid = member.gid = member.mtime = 0
            member.uname = member.gname = "root"
            member.mode = 0o755 if os.access(path, os.X_OK) else 0o644
            with path.open("rb") if member.isreg() else io.BytesIO() as file:
                target.addfile(member, file)
    if not compressed:
        output.write_bytes(content.getvalue())
        return
    with output.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as file:
        file.write(content.getvalue())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
