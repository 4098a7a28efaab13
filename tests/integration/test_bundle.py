"""A gateway for a machine that has no network and no Python: built, unpacked in an empty root, and run there."""

import hashlib
import importlib.util
import io
import json
import os
import re
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.architecture import tree
from tests.support.gateway_ledger import ORIGIN, RECEIPT_VKEY
from tests.support.gateway_site import wait_for

SCRIPT = tree.ROOT / "deploy" / "bundle.py"
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="an empty root and a network of its own take root")
GATEWAY = f"""
[gateway]
name = "gw-centre"
origin = "{ORIGIN}"
[uplink]
url = "http://127.0.0.1:9"
receipt_key = "{RECEIPT_VKEY}"
[[reader]]
name = "fridge-1"
family = "m100_uhf"
port = "/site/m100"
antennas = [{{antenna = 1, place = "place:centre/fridge-1"}}]
"""
A_READER = """
import runpy, sys
sys.path.append("/opt/xuemai/lib")
runpy.run_module("firmware_mocks.m100_uhf", run_name="__main__", alter_sys=True)
"""
X86_64, AARCH64 = 62, 183
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def bundle() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bundle", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_gateways_part_of_the_lock_and_nothing_of_the_ledgers(bundle: ModuleType) -> None:
    lock = (tree.ROOT / "requirements.lock").read_text()
    pins = bundle.gateway_pins(lock, ["click>=8.2", "cryptography>=45", "pyserial>=3.5"])
    names = {re.split(r"[=\[]", pin)[0] for pin in pins}
    assert {"click", "cryptography", "cffi", "pycparser", "pyserial"} <= names
    assert names.isdisjoint({"flask", "sqlalchemy", "pytest", "psycopg"})
    assert all("--hash=sha256:" in pin for pin in pins)
    with pytest.raises(bundle.BundleError, match=r"expected no-such-thing in requirements\.lock"):
        bundle.gateway_pins(lock, ["no-such-thing>=1"])


def test_another_python_than_the_expected_one_is_refused(bundle: ModuleType, tmp_path: Path) -> None:
    archive = tmp_path / "python.tar"
    archive.write_bytes(b"not what was published")
    digest = hashlib.sha256(b"not what was published").hexdigest()
    assert bundle.fetched(str(archive), digest, tmp_path) == archive
    with pytest.raises(bundle.BundleError, match="expected SHA-256 0000"):
        bundle.fetched(str(archive), "0" * 64, tmp_path)
    with pytest.raises(bundle.BundleError, match="expected --python-sha256"):
        bundle.fetched("https://example.org/python.tar.gz", "", tmp_path)
    with pytest.raises(bundle.BundleError, match="there is none"):
        bundle.fetched(str(tmp_path / "gone"), "", tmp_path)


def test_an_archive_that_leads_out_of_its_folder_is_refused(bundle: ModuleType, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "python.tar", "w") as archive:
        for name in ("python/bin/python3.11", "python/lib/python3.11/../../../../../escaped"):
            archive.addfile(tarfile.TarInfo(name))
    with pytest.raises(tarfile.TarError):
        bundle.unpack_python(tmp_path / "python.tar", tmp_path / "target")
    assert not (tmp_path / "escaped").exists()


def test_the_same_files_make_the_same_archive(bundle: ModuleType, tmp_path: Path) -> None:
    for number, folder in enumerate((tmp_path / "a", tmp_path / "b")):
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "xuemai").write_text("x")
        (folder / "bin" / "xuemai").chmod(0o755)
        (folder / "link").symlink_to("bin/xuemai")
        os.utime(folder / "bin" / "xuemai", (number, number))
        bundle.pack(folder, tmp_path / f"{folder.name}.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()
    with tarfile.open(tmp_path / "a.tar.gz") as made:
        told = {member.name: (member.mode, member.uid, member.linkname) for member in made}
    assert told == {"xuemai/bin/xuemai": (0o755, 0, ""), "xuemai/link": (0o755, 0, "bin/xuemai")}


def test_a_long_name_is_written_as_small_systems_read_it(bundle: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a" / ("n" * 150)).mkdir(parents=True)
    (tmp_path / "a" / ("n" * 150) / "x.py").write_text("x")
    bundle.pack(tmp_path / "a", tmp_path / "a.tar")
    with tarfile.open(tmp_path / "a.tar") as made:
        assert [(member.name, member.pax_headers) for member in made] == [(f"xuemai/{'n' * 150}/x.py", {})]


def elf(machine: int, *needed: str, loader: str = "/lib/ld-linux-aarch64.so.1", text: bytes = b"GLIBC_2.17") -> bytes:
    """As much of a program as a loader looks at before it runs one; its strings are loaded far from where they lie."""
    strings = b"\0" + b"".join(name.encode() + b"\0" for name in needed)
    places = [strings.index(b"\0" + name.encode() + b"\0") + 1 for name in needed]
    dynamic = b"".join(struct.pack("<qQ", *pair) for pair in [*((1, at) for at in places), (5, 0x400000), (0, 0)])
    interpreter = loader.encode() + b"\0"
    first = 64 + 3 * 56
    ends = [first, first + len(strings), first + len(strings) + len(dynamic)]
    segments = [(1, 0, ends[0], 0x400000, 0, len(strings), len(strings), 8), (2, 0, ends[1], 0, 0, len(dynamic), 0, 8)]
    segments.append((3, 0, ends[2], 0, 0, len(interpreter), 0, 1))
    ident = b"\x7fELF\x02\x01\x01" + bytes(9)
    header = ident + struct.pack("<HHIQQQIHHHHHH", 3, machine, 1, 0, 64, 0, 0, 64, 56, 3, 0, 0, 0)
    return (
        header + b"".join(struct.pack("<IIQQQQQQ", *one) for one in segments) + strings + dynamic + interpreter + text
    )


def test_what_a_target_has_to_have_is_told_by_every_program(bundle: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "libpython3.11.so.1.0").write_bytes(elf(AARCH64, "libc.so.6", "libm.so.6", text=b"\0GLIBC_2.9\0"))
    (tmp_path / "python3.11").write_bytes(elf(AARCH64, "libpython3.11.so.1.0", "libgcc_s.so.1", text=b"\0GLIBC_2.17\0"))
    (tmp_path / "python3").symlink_to("python3.11")
    (tmp_path / "words.py").write_text("GLIBC_2.99")
    assert bundle.asked_of_the_target(tmp_path, "aarch64") == "glibc 2.17 or newer, libgcc_s.so.1"
    own = next((Path(sys.base_prefix) / "lib").rglob("_ctypes.*.so"))
    told = subprocess.run(["ldd", own], capture_output=True, text=True, check=True).stdout
    assert bundle.needed_libraries(own.read_bytes()) <= set(re.findall(r"^\s+(\S+) =>", told, re.MULTILINE))
    assert "libc.so.6" in bundle.needed_libraries(own.read_bytes())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (elf(X86_64, "libc.so.6"), "expected odd.so to be for aarch64; it is for x86_64: --arch and --python"),
        (elf(40, "libc.so.6"), "it is for machine 40"),
        (elf(AARCH64).replace(b"ELF\x02\x01", b"ELF\x01\x01"), "it is for a machine of another kind"),
        (elf(AARCH64, "libc.so.6")[:200], "expected odd.so to be a whole program"),
        (elf(AARCH64, "libc.so.6")[:250], "expected odd.so to be a whole program"),
        (b"\x7fELF", "it is for a machine of another kind"),
        (elf(AARCH64, "libc.musl-aarch64.so.1"), "expected a Python for glibc; this one is for musl"),
        (elf(AARCH64, loader="/lib/ld-musl-aarch64.so.1"), "expected a Python for glibc; this one is for musl"),
    ],
)
def test_what_is_not_for_the_target_is_refused(bundle: ModuleType, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "odd.so").write_bytes(content)
    with pytest.raises(bundle.BundleError, match=re.escape(reason)):
        bundle.asked_of_the_target(tmp_path, "aarch64")


def test_a_python_for_another_architecture_makes_no_bundle(
    bundle: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _pack_a_stand_in(tmp_path / "python.tar", X86_64)
    made = tmp_path / "bundle.tar"
    command = ["--arch", "aarch64", "--python", str(tmp_path / "python.tar"), "--output", str(made)]
    assert bundle.main(command) == 2
    assert f"python/bin/python{VERSION} to be for aarch64; it is for x86_64" in capsys.readouterr().err
    assert not made.exists()


def _pack_a_stand_in(archive: Path, machine: int) -> None:
    """What looks like a relocatable Python of another machine: the program only, and one module of the library."""
    with tarfile.open(archive, "w") as target:
        for name, content in ((f"bin/python{VERSION}", elf(machine, "libc.so.6")), (f"lib/python{VERSION}/os.py", b"")):
            member = tarfile.TarInfo(f"python/{name}")
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))


def _pages(content: bytes) -> int:
    """The largest pages with which a kernel can load a program: ARM has them of 4, 16 and 64 kB."""
    (count,) = struct.unpack_from("<H", content, 56)
    segments = [struct.unpack_from("<I44xQ", content, 64 + 56 * number) for number in range(count)]
    return min(align for kind, align in segments if kind == 1)


@pytest.mark.slow
@pytest.mark.timeout(300)  # it fetches another machine's libraries, and translates every module
def test_a_bundle_for_arm_holds_nothing_of_this_machine(tmp_path: Path) -> None:
    archive, made = tmp_path / "python.tar", tmp_path / "bundle.tar"
    _pack_a_stand_in(archive, AARCH64)
    command = [sys.executable, str(SCRIPT), "--arch", "aarch64", "--python", str(archive), "--output", str(made)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    assert "the target has to have glibc 2.17 or newer, libgcc_s.so.1\n" in done.stderr
    with tarfile.open(made) as source:
        files = {member.name: source.extractfile(member) for member in source if member.isreg()}
        held = {name.removeprefix("xuemai/"): file.read() for name, file in files.items() if file is not None}
    listed = dict(line.split("  ", 1)[::-1] for line in held.pop("MANIFEST.sha256").decode().splitlines())
    assert listed == {name: hashlib.sha256(content).hexdigest() for name, content in held.items()}
    programs = {name: content for name, content in held.items() if content.startswith(b"\x7fELF")}
    assert {name.split("/")[1] for name in programs} >= {"bin", "cryptography", "msgspec", "pydantic_core"}
    assert {int.from_bytes(content[18:20], "little") for content in programs.values()} == {AARCH64}
    assert {name for name, content in programs.items() if _pages(content) < 0x10000} == {f"python/bin/python{VERSION}"}
    assert [name for name in held if re.search(r"x86_64|\.so$", name) and name not in programs] == []
    modules = {name.removesuffix(".py") for name in held if name.startswith("lib/") and name.endswith(".py")}
    translated = {re.sub(r"__pycache__/(.+)\.cpython-\d+\.pyc$", r"\1", name) for name in held if name.endswith(".pyc")}
    assert modules - translated == set(), "it starts at once"
    assert not any(str(tree.ROOT).encode() in content for content in held.values())


@pytest.fixture(scope="module")
def empty_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with the bundle, a shell, and the C library that every Linux has; no Python, no settings, no network."""
    scratch = tmp_path_factory.mktemp("bundle")
    root = scratch / "root"
    archive, made = scratch / "python.tar", scratch / "bundle.tar"
    _pack_this_python(archive)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    command = [sys.executable, str(SCRIPT), "--python", str(archive), "--python-sha256", digest, "--output", str(made)]
    subprocess.run(command, check=True, capture_output=True, timeout=280)
    (root / "opt").mkdir(parents=True)
    with tarfile.open(made) as source:
        source.extractall(root / "opt", filter="tar")
    programs = [Path(name) for name in ("/bin/sh", "/usr/bin/dirname", "/usr/bin/readlink")]
    for program in programs:
        _copy(program, root)
    inside = [*(root / "opt").rglob("*.so"), *(root / "opt/xuemai/python/bin").glob("python3.*"), *programs]
    for library in _libraries(inside, root):
        _copy(library, root)
    for name in ("dev", "site"):
        (root / name).mkdir()
    return root


def _pack_this_python(archive: Path) -> None:
    """The tests' own Python, laid out as a relocatable one is."""
    base = Path(sys.base_prefix)
    with tarfile.open(archive, "w") as target:
        for path in sorted([*base.glob("bin/python3*"), *base.glob("lib/libpython*"), *base.glob("lib/python3*/**/*")]):
            name = path.relative_to(base).as_posix()
            if not {"test", "site-packages", "__pycache__"} & set(name.split("/")) and "/config-3" not in name:
                target.add(path, f"python/{name}", recursive=False)


def _copy(path: Path, root: Path) -> None:
    target = root / path.relative_to("/")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(path.read_bytes())
    target.chmod(0o755)


def _libraries(programs: list[Path], root: Path) -> set[Path]:
    """What the system's loader would load for them from outside the bundle."""
    told = subprocess.run(["ldd", *map(str, programs)], capture_output=True, text=True, check=False).stdout
    found = {Path(name) for name in re.findall(r"(?:=> |^\t)(/[^ ]+) \(", told, re.MULTILINE)}
    return {path for path in found if root not in path.parents and Path(sys.base_prefix) not in path.parents}


class Inside:
    """Programs in the empty root, with a network of their own that has no way out."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.started: list[subprocess.Popen[str]] = []

    def start(self, *command: str) -> subprocess.Popen[str]:
        # The tests' Python finds its own library by an absolute path; a relocatable one needs no such help.
        script = f'mount --rbind /dev {self.root}/dev && exec chroot {self.root} "$@"'
        self.started.append(
            subprocess.Popen(
                ["unshare", "--net", "--mount", "sh", "-c", script, "sh", *command],
                env={"LD_LIBRARY_PATH": "/opt/xuemai/python/lib", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        )
        return self.started[-1]

    def run(self, *command: str, said: str = "") -> str:
        process = self.start(*command)
        told, _ = process.communicate(said, timeout=60)
        assert process.returncode == 0, told
        return told

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.terminate()
                process.communicate(timeout=20)


@pytest.fixture
def inside(empty_root: Path) -> Iterator[Inside]:
    running = Inside(empty_root)
    yield running
    running.end()


@pytest.mark.slow
@pytest.mark.timeout(300)  # it builds the whole of it, and translates every module
@AS_ROOT
def test_the_bundle_runs_where_there_is_nothing_else(inside: Inside) -> None:
    xuemai = "/opt/xuemai/bin/xuemai"
    assert "The edge gateway" in inside.run(xuemai, "gateway", "--help")
    label = inside.run(xuemai, "gateway", "decode", "barcode_isbt128", said='{"text": "=A99992612345600\\r"}\n')
    assert json.loads(label)["items"][0]["structures"] == ["001"]
    manifest = (inside.root / "opt/xuemai/MANIFEST.sha256").read_text().splitlines()
    listed = {line[66:] for line in manifest}
    assert "bin/xuemai" in listed
    assert any(name.startswith("lib/gateway/__pycache__/runner.") for name in listed), "it starts at once"
    hashed = {name: hashlib.sha256((inside.root / "opt/xuemai" / name).read_bytes()).hexdigest() for name in listed}
    assert [line[66:] for line in manifest if hashed[line[66:]] != line[:64]] == []
    about = [path for path in (inside.root / "opt/xuemai/lib").glob("xuemai-*/*") if path.is_file()]
    said = b"".join(path.read_bytes() for path in about)
    assert str(tree.ROOT).encode() not in said
    assert not (inside.root / "opt/xuemai/lib/flask").exists()


@pytest.mark.slow
@pytest.mark.timeout(300)  # it builds the whole of it, and translates every module
@AS_ROOT
def test_a_gateway_from_the_bundle_reads_a_device(inside: Inside) -> None:
    site = inside.root / "site"
    (site / "gateway.toml").write_text(GATEWAY)
    reader = inside.start("/opt/xuemai/python/bin/python3", "-I", "-c", A_READER, "--link", "/site/m100")
    assert reader.stdout is not None
    assert json.loads(reader.stdout.readline())["ready"]
    inside.run("/opt/xuemai/bin/xuemai", "gateway", "enroll", "--site", "/site")
    gateway = inside.start("/opt/xuemai/bin/xuemai", "gateway", "run", "--site", "/site", "--drain-seconds", "0")

    def state() -> str:
        assert gateway.poll() is None, gateway.communicate()[0]
        try:
            told = json.loads((site / "status.json").read_text())
        except FileNotFoundError:
            return ""
        return str(told["devices"][0]["state"])

    wait_for(lambda: state() == "ok", "the reader to be heard")
