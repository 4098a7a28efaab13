"""A gateway for a machine that has no network and no Python: built, unpacked in an empty root, and run there."""

import hashlib
import importlib.util
import json
import os
import re
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
