"""The gateway's bundle for ARM on a whole ARM machine in software: made here, unpacked there, and run.

    apt-get install qemu-system-arm
    python -m benchmarks.arm_machine [--sources FILE] [--python ARCHIVE]

Kernel, C library, BusyBox and, unless `--python` names another one, the Python come from Debian's arm64 packages, by
the apt sources of this machine or of FILE; they are kept in a folder of their own, and this machine's packages stay as
they are. The machine has a Cortex-A72, no network, and nothing but BusyBox and the shared libraries that `bundle.py`
says are needed. On it the bundle is unpacked and checked as docs/deploying.md says; a gateway enrols, is examined, and
reads a reader of its own and one on the machine's serial line, which is this machine's; then it is told to stop, and
what it signed is verified here. One JSON object; exit code 1 where something did not hold. Three to five minutes.
"""

import argparse
import base64
import contextlib
import gzip
import json
import os
import re
import runpy
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ledger.core import batch, note, signing
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import mocks

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")
PACKAGES = ("python3", "busybox-static", "linux-image-cloud-arm64")
C_LIBRARY = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1")
MOST_MEMORY_KB = 80 * 1024
APT = """
APT::Architecture "arm64"; APT::Architectures {{ "arm64"; }};
APT::Install-Recommends "false"; APT::Sandbox::User "root"; Acquire::Languages "none";
Dir::State "{folder}/state"; Dir::State::status "{folder}/status"; Dir::Cache "{folder}/cache";
Dir::Etc::sourcelist "{sources}"; Dir::Etc::sourceparts "/dev/null"; Dir::Etc::Parts "/dev/null";
"""
TOML = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:9"
receipt_key = "{RECEIPT_VKEY}"
[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "/run/m100"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
[[reader]]
name = "fridge-2"
family = "m100_uhf"
port = "/dev/ttyS0"
antennas = [{{antenna = 1, place = "place:centre/fridge-2"}}]
"""
# Two tags: one and the same before both readers would be in neither place.
TAGS = [[{"epc": "E28011606000020400000001"}], [{"epc": "E28011606000020400000002"}]]
INIT = r"""#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev
mkdir /dev/pts; mount -t devpts none /dev/pts; ip link set lo up
chgrp 20 /dev/ttyS0; chmod 660 /dev/ttyS0
S=/var/lib/xuemai-gateway; X=/opt/xuemai/bin/xuemai
tell() { echo "@$1 $2"; }
timed() { b=$(cut -d' ' -f1 /proc/uptime); "$@"; tell "$what" "$? $b $(cut -d' ' -f1 /proc/uptime)"; }
letters() { uuencode -m it | sed '1d;$d' | tr -d '\n'; }
as() { su xuemai-gateway -c "$1"; }
tell machine "$(uname -rm)"
what=unpack timed tar -xzf /bundle.tar.gz -C /opt
cd /opt/xuemai; what=manifest timed sha256sum -c MANIFEST.sha256 >/sums; grep @ /sums; cd /
ln -s $X /bin/xuemai
what=help timed xuemai gateway --help >/help; grep @ /help; tell first "$(head -1 /help)"
tell label "$(echo '{"text": "=A99992612345600\r"}' | xuemai gateway decode barcode_isbt128)"
mkdir -p $S; cp /gateway.toml $S; chown -R 900:900 $S; chmod 700 $S; chmod 777 /run
what=enrol timed as "$X gateway enroll --site $S"
mkfifo /commands; (sleep 1000 >/commands) &
/opt/xuemai/python/bin/python3 -I -c '
import runpy, sys
sys.path.append("/opt/xuemai/lib")
runpy.run_module("firmware_mocks.m100_uhf", run_name="__main__", alter_sys=True)' --link /run/m100 </commands &
while ! [ -e /run/m100 ]; do sleep 1; done; chmod 666 /dev/pts/[0-9]*
echo 'FIELD' >/commands
as "$X gateway doctor --site $S --language zh" >/said; tell doctor "$(letters </said)"
as "echo \$\$ >$S/pid; exec $X gateway run --site $S --drain-seconds 1" 2>/log &
for i in $(seq 120); do sleep 1; [ "$(grep -o '"arrived": *1' $S/status.json 2>/dev/null | wc -l)" = 2 ] && break; done
sleep 20
tell status "$(as "$X gateway status --json --site $S")"
P=$(cat $S/pid); tell memory "$(grep VmHWM /proc/$P/status | tr -dc 0-9)"
kill -TERM $P; for i in $(seq 60); do [ -d /proc/$P ] || break; sleep 1; done; tell stopped "$i"
tell enrolment "$(tr -d '\n' <$S/enrolment.json)"
tell outbox "$(gzip -c $S/outbox.db | letters)"
tell log "$(letters </log)"
poweroff -f
"""


class StoppedError(Exception):
    """The machine did not come to its end; the message is what it said."""


def fetch(folder: Path, sources: Path) -> Path:
    """Debian's packages for ARM, with all that they need, unpacked into one folder."""
    for name in ("state/lists/partial", "cache/archives/partial", "unpacked"):
        (folder / name).mkdir(parents=True)
    (folder / "status").touch()
    (folder / "apt.conf").write_text(APT.format(folder=folder, sources=sources))
    environment = os.environ | {"APT_CONFIG": str(folder / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--download-only", *PACKAGES]):
        subprocess.run(["apt-get", "-qq", *command], env=environment, check=True, stdout=sys.stderr)
    for package in (folder / "cache" / "archives").glob("*.deb"):
        subprocess.run(["dpkg", "-x", package, folder / "unpacked"], check=True)
    return folder / "unpacked"


def pack_python(unpacked: Path, archive: Path) -> None:
    """Debian's Python, laid out as a relocatable one is."""
    programs = [path for path in (unpacked / "usr/bin").glob("python3.*") if re.fullmatch(r"python3\.\d+", path.name)]
    with tarfile.open(archive, "w") as target:
        target.add(programs[0], f"python/bin/{programs[0].name}")
        for path in sorted((unpacked / "usr/lib" / programs[0].name).rglob("*")):
            if not path.is_dir() and path.name != "sitecustomize.py":  # a link to the system's settings
                target.add(path.resolve(), f"python/lib/{path.relative_to(unpacked / 'usr/lib')}")


def make_bundle(archive: Path, made: Path) -> list[str]:
    """The bundle; what it asks of a target beside the C library."""
    command = [sys.executable, ROOT / "deploy/bundle.py", "--arch", "aarch64", "--python", archive, "--output", made]
    told = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True, stdout=sys.stderr).stderr
    print(told, end="", file=sys.stderr)
    return re.findall(r", (lib\S+?)(?=,|$)", told, re.MULTILINE)


def libraries(unpacked: Path, wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Each of the wanted libraries that Debian has, and what they need in turn, as (path, bytes)."""
    # A program, in no package.
    needed_libraries = runpy.run_path(str(ROOT / "deploy" / "bundle.py"))["needed_libraries"]
    have = {path.name: path for path in unpacked.glob("**/aarch64-linux-gnu/*.so*") if path.exists()}
    seen: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in seen and name in have:
            content = have[name].read_bytes()
            wanted += needed_libraries(content)
            yield f"lib/aarch64-linux-gnu/{name}", content
        seen.add(name)


def archive_of(files: dict[str, tuple[int, bytes]]) -> bytes:
    """The files as the archive that Linux starts from (cpio, "new ASCII format"), with the folders above them."""
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    entries = [(name, (0o040755, b"")) for name in sorted(folders)] + list(files.items())
    written = bytearray()
    for number, (name, (mode, content)) in enumerate([*entries, ("TRAILER!!!", (0, b""))]):
        fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        written += b"070701" + "".join(f"{field:08x}" for field in fields).encode() + name.encode() + b"\0"
        written += bytes(-len(written) % 4) + content
        written += bytes(-len(written) % 4)
    return gzip.compress(bytes(written), 1)


def machine_files(unpacked: Path, made: Path, asked: list[str]) -> dict[str, tuple[int, bytes]]:
    """All that is on the machine when it starts."""
    loader = next(path for path in unpacked.rglob("ld-linux-aarch64.so.1") if path.exists())
    people = b"root:x:0:0::/:/bin/sh\nxuemai-gateway:x:900:900::/var/lib/xuemai-gateway:/bin/sh\n"
    init = INIT.replace("FIELD", json.dumps({"cmd": "field", "tags": TAGS[0]}))
    files = {
        "init": (0o100755, init.encode()),
        "bin/busybox": (0o100755, next(unpacked.glob("**/bin/busybox")).read_bytes()),
        "lib/ld-linux-aarch64.so.1": (0o100755, loader.read_bytes()),
        "etc/passwd": (0o100644, people),
        "etc/group": (0o100644, b"root:x:0:\ndialout:x:20:xuemai-gateway\nxuemai-gateway:x:900:\n"),
        "bundle.tar.gz": (0o100644, made.read_bytes()),
        "gateway.toml": (0o100644, TOML.encode()),
    }
    files |= dict.fromkeys(("dev", "opt", "proc", "run", "sys", "tmp", "var/lib"), (16877, b""))
    wanted = [*C_LIBRARY, *asked]
    return files | {name: (0o100755, content) for name, content in libraries(unpacked, wanted)}


def boot(folder: Path, kernel: Path, files: dict[str, tuple[int, bytes]], *, seconds: int) -> dict[str, str]:
    """Run the machine until it switches itself off; what it told."""
    (folder / "initrd").write_bytes(archive_of(files))
    console = folder / "console"
    with mocks() as devices:
        # At the far end of the machine's serial line.
        devices("m100_uhf", "--link", str(folder / "m100")).tell(cmd="field", tags=TAGS[1])
        command = ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-m", "2048", "-nic", "none"]
        command += ["-display", "none", "-no-reboot", "-kernel", str(kernel), "-initrd", str(folder / "initrd")]
        command += ["-append", "console=ttyAMA0 quiet panic=-1", "-serial", f"file:{console}"]
        line = (folder / "m100").resolve()
        command += ["-chardev", f"serial,id=line,path={line}", "-device", "pci-serial,chardev=line"]
        with contextlib.suppress(subprocess.TimeoutExpired):
            subprocess.run(command, check=True, timeout=seconds, stdin=subprocess.DEVNULL)
    said = console.read_text("utf-8", "replace").replace("\r", "")
    told = dict(re.findall(r"^@(\w+) (.*)$", said, re.MULTILINE))
    if "log" not in told:
        raise StoppedError(f"expected a machine that comes to its end; it said:\n{said}")
    return told


def batches_verified(told: dict[str, str], folder: Path) -> list[bool]:
    """Of each batch that the machine's gateway sealed, whether the key that it enrolled has signed it."""
    outbox = folder / "outbox.db"
    outbox.write_bytes(gzip.decompress(base64.b64decode(told["outbox"])))
    key = note.parse_vkey(json.loads(told["enrolment"])["vkey"])
    with sqlite3.connect(outbox) as rows:
        notes = [signed for (signed,) in rows.execute("SELECT note FROM batches")]
    return [signing.verify_note(batch.read_note(signed)[0], [key]) == (key,) for signed in notes]


def judged(told: dict[str, str], folder: Path) -> dict[str, Any]:
    """What the machine told, in figures, and whether all of it holds."""
    steps = {step: told[step].split() for step in ("unpack", "manifest", "help", "enrol")}
    seconds = {step: round(float(ended) - float(began), 1) for step, (_, began, ended) in steps.items()}
    log = base64.b64decode(told["log"]).decode()
    drained = '"drained"' in log
    batches = batches_verified(told, folder) if drained else []
    devices = json.loads(told["status"] or '{"devices": []}')["devices"]
    doctor = base64.b64decode(told["doctor"]).decode()
    memory_kb = int(told["memory"] or 0)
    holds = {
        "steps": [code for code, _, _ in steps.values()] == ["0"] * len(steps),
        "batches": bool(batches) and all(batches),
        "label": '"structures":["001"]' in told["label"],
        "help": told["first"].startswith("Usage: xuemai gateway"),
        "doctor": doctor.count("m100_uhf 在 115200 8N1 应答") == len(TAGS),
        "readers": [(device["state"], device["counts"].get("arrived")) for device in devices]
        == [("ok", 1)] * len(TAGS),
        "memory": 0 < memory_kb < MOST_MEMORY_KB,
        "drained": drained,
    }
    if not all(holds.values()):
        print(doctor, log, told["status"], sep="\n", file=sys.stderr)
    figures = {
        "machine": told["machine"],
        "seconds": seconds,
        "memory_kb": memory_kb,
        "stopped_seconds": int(told["stopped"]),
    }
    return {**figures, "batches": len(batches), "holds": holds}


def main(arguments: list[str]) -> int:
    """Make it, run it, judge it; print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    there = next((Path(name) for name in SOURCES if Path(name).exists()), Path(SOURCES[-1]))
    parser.add_argument("--sources", type=Path, default=there, help=f"apt sources to take from (default {there})")
    parser.add_argument("--python", type=Path, help="a relocatable Python for aarch64 (default: Debian's)")
    parser.add_argument("--seconds", type=int, default=600, help="give up after this long (default 600)")
    options = parser.parse_args(arguments)
    for program in ("qemu-system-aarch64", "apt-get", "dpkg"):
        if shutil.which(program) is None:
            print(f"expected {program} on this machine: apt-get install qemu-system-arm", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        unpacked = fetch(folder, options.sources.resolve())
        archive = options.python or folder / "python.tar"
        if options.python is None:
            pack_python(unpacked, archive)
        asked = make_bundle(archive, folder / "bundle.tar.gz")
        kernel = next((unpacked / "boot").glob("vmlinuz-*"))
        told = boot(folder, kernel, machine_files(unpacked, folder / "bundle.tar.gz", asked), seconds=options.seconds)
        found = judged(told, folder)
    print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0 if all(found["holds"].values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
