"""What no file of the project says: where it is developed, where packages come from, and unsafe ways to build a page.

The needles are put together from parts, so that this file does not say them either.
"""

import ast
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.architecture import tree

MACHINE_PATHS = tuple("/" + folder for folder in ("work/", "root/", "home/[a-z]", "Users/", "opt/wheels"))
REGISTRY_HOSTS = tuple(
    r"\.".join(parts)
    for parts in (
        ("py" + "pi", "org"),
        ("python" + "hosted", "org"),
        ("npm" + "js", "(?:org|com)"),
        ("un" + "pkg", "com"),
        ("js" + "delivr", "net"),
        ("crates", "io"),
        ("anaconda", "org"),
        ("proxy", "golang", "org"),
    )
)
NEIGHBOUR = (r"\.\./" + "shared",)
NEEDLES = re.compile("|".join((*MACHINE_PATHS, *REGISTRY_HOSTS, *NEIGHBOUR)))

UNSAFE_TEMPLATE = re.compile(r"\|\s*safe\b|\bautoescape\s+(?:false|off)|\bMarkup\b|\|\s*forceescape\b", re.IGNORECASE)
UNSAFE_NAMES = {
    "eval": "code from text",
    "exec": "code from text",
    "compile": "code from text",
    "Markup": "autoescape stays on",
    "render_template_string": "templates are files",
    "pickle": "objects from bytes",
    "marshal": "objects from bytes",
    "shelve": "objects from bytes",
}
TAKES_SQL = {"text", "execute", "executescript", "executemany", "exec_driver_sql"}


def words(files: Iterable[Path], root: Path) -> list[str]:
    """Every line of the files that names a registry, somebody's machine or the folder next door."""
    found = []
    for file in files:
        try:
            lines = file.read_text("utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # an image or a font says nothing
        name = file.relative_to(root).as_posix()
        found += [f"{name}:{n}: {hit[0]}" for n, line in enumerate(lines, 1) if (hit := NEEDLES.search(line))]
    return found


def unsafe_templates(root: Path) -> list[str]:
    """Every template that lets a text through unescaped."""
    templates = sorted(path for path in (root / "web" / "templates").rglob("*") if path.is_file())
    return [f"{path.name}: {hit[0]}" for path in templates if (hit := UNSAFE_TEMPLATE.search(path.read_text("utf-8")))]


def unsafe_code(source: tree.Source) -> list[str]:
    """Every unsafe name, every shell and every SQL text made of values in one module."""
    found = []
    for node in ast.walk(source.tree):
        match node:
            case ast.Import(names=names):
                found += [alias.name for alias in names if alias.name in UNSAFE_NAMES]
            case ast.ImportFrom(module=module, names=names):
                found += [name for name in (module, *(alias.name for alias in names)) if name in UNSAFE_NAMES]
            case ast.Call(func=ast.Name(id=name)) if name in UNSAFE_NAMES:
                found.append(name)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[sql, *_]):
                found += [f"{name} of a made-up text"] if name in TAKES_SQL and made_of_values(sql) else []
            case ast.keyword(arg="shell", value=value):
                found += [] if isinstance(value, ast.Constant) and value.value is False else ["shell"]
            case _:
                pass
    return found


def made_of_values(text: ast.expr) -> bool:
    """Whether an expression is a text with values in it: an f-string, `%`, `+` or `.format`.

    A PRAGMA may be: SQLite binds no values in it, and ours are constants of the module.
    """
    match text:
        case ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]) if begin.startswith("PRAGMA "):
            return False
        case ast.JoinedStr(values=values):
            return any(isinstance(value, ast.FormattedValue) for value in values)
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return any(isinstance(side, ast.JoinedStr | ast.Constant) for side in (left, right))
        case ast.Call(func=ast.Attribute(value=ast.Constant(), attr="format")):
            return True
        case _:
            return False


def test_no_file_names_a_registry_a_machine_or_the_folder_next_door() -> None:
    assert words(tree.tracked(), tree.ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        "see " + "/" + "work/main/README.md",
        "cd " + "/" + "home/ada/xuemai",
        "index-url = https://" + "py" + "pi.org/simple",
        "https://files." + "python" + "hosted.org/x.whl",
        "read ../" + "shared/ARCHITECTURE.md",
    ],
)
def test_a_line_that_names_one_is_seen(line: str, tmp_path: Path) -> None:
    planted = tmp_path / "README.md"
    planted.write_text(f"fine\n{line}\n", "utf-8")
    assert len(words([planted], tmp_path)) == 1


def test_a_file_that_is_not_yet_committed_is_looked_at_too(tmp_path: Path) -> None:
    for name, content in ((".gitignore", "ignored/\n"), ("new.md", "new"), ("ignored/old.md", "old")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, "utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert [path.name for path in tree.tracked(tmp_path)] == [".gitignore", "new.md"]


def test_no_template_switches_escaping_off() -> None:
    assert unsafe_templates(tree.ROOT) == []


@pytest.mark.parametrize("line", ["{{ name|safe }}", "{{ name | safe }}", "{% autoescape false %}"])
def test_a_template_that_switches_escaping_off_is_seen(line: str, tmp_path: Path) -> None:
    (tmp_path / "web" / "templates").mkdir(parents=True)
    (tmp_path / "web" / "templates" / "planted.html").write_text(f"<p>{line}</p>", "utf-8")
    assert len(unsafe_templates(tmp_path)) == 1


def test_no_module_runs_a_shell_reads_objects_or_makes_up_sql() -> None:
    assert {source.module: found for source in tree.sources() if (found := unsafe_code(source))} == {}


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("eval('1')", "eval"),
        ("import pickle", "pickle"),
        ("from markupsafe import Markup", "Markup"),
        ("from flask import render_template_string as r", "render_template_string"),
        ("subprocess.run('ls', shell=True)", "shell"),
        ("c.execute(f'SELECT * FROM units WHERE unit = {unit}')", "execute of a made-up text"),
        ("text('DELETE FROM ' + table)", "text of a made-up text"),
        ("c.exec_driver_sql('PRAGMA %s' % name)", "exec_driver_sql of a made-up text"),
        ("c.execute('SELECT {}'.format(unit))", "execute of a made-up text"),
    ],
)
def test_unsafe_code_is_seen(code: str, found: str) -> None:
    assert unsafe_code(tree.Source("planted", Path("planted.py"), ast.parse(code))) == [found]
