"""The house rules: direction of imports, size of files, docstrings, what no commit may hold."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "streams" / "tidegate"
LINES_MAX = 400

# Built from parts, so that this file does not find itself.
MACHINE_PATHS = ("/" + "work/", "/" + "root/", "/" + "opt/wheels", "/" + "home/")
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "files.python" + "hosted.org",
    "registry.npm" + "js.org",
    "static.crates" + ".io",
    "proxy.go" + "lang.org",
    "repo.maven" + ".apache.org",
    "repo1.maven" + ".org",
    "deb.deb" + "ian.org",
)
SECRETS = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{36}\b")
INDEX_OPTIONS = re.compile(r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", re.M)


def committed() -> list[Path]:
    shown = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if shown.returncode != 0:
        pytest.skip("not a git working tree")
    names = [name for name in shown.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def texts() -> Iterator[tuple[str, str]]:
    for path in committed():
        content = path.read_bytes()
        if b"\0" not in content[:8000]:
            yield str(path.relative_to(ROOT)), content.decode("utf-8", "replace")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def test_imports_go_one_way() -> None:
    # As a process: import-linter turns off every logger that exists where it runs.
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_room_is_forgotten_in_the_contract_of_imports() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    layers = text[text.index("layers = [") :]
    layers = layers[: layers.index("]")]
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert {room for room in rooms if f"tidegate.{room})" not in layers} == set()


def test_no_file_is_too_long() -> None:
    sizes = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in modules()}
    assert {name: size for name, size in sizes.items() if size > LINES_MAX} == {}


def test_nothing_is_called_utils() -> None:
    assert [p.name for p in modules() if p.stem in ("utils", "helpers", "misc", "common")] == []


def test_no_committed_file_names_a_machine_a_registry_or_a_secret() -> None:
    found = [
        f"{name}: {word}"
        for name, text in texts()
        for word in (*MACHINE_PATHS, *REGISTRY_HOSTS)
        if word in text
    ]
    found += [f"{name}: a secret" for name, text in texts() if SECRETS.search(text)]
    assert found == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_has_hashes_for_all_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert INDEX_OPTIONS.search(text) is None
    for requirement in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        name = requirement.split()[0]
        assert "==" in name, f"{name} is not pinned"
        assert "--hash=sha256:" in requirement, f"{name} has no hash"


def test_the_locks_hold_what_the_project_names() -> None:
    described = project()["project"]
    assert isinstance(described, dict)
    extras = described["optional-dependencies"]
    wanted = {
        "requirements.lock": [*described["dependencies"], *extras["build"]],
        "requirements-dev.lock": [
            *described["dependencies"],
            *extras["build"],
            *extras["dev"],
        ],
    }
    for lock, requirements in wanted.items():
        pins = {line.split()[0] for line in (ROOT / lock).read_text().lower().splitlines() if line}
        named = {requirement.split(";")[0].strip().lower() for requirement in requirements}
        assert named - pins == set(), f"run `make lock`: {lock} is behind pyproject.toml"


Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def public_things(tree: ast.Module) -> Iterator[Definition]:
    """Yield the public classes and functions of a module."""
    for node in tree.body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield node


def test_every_room_and_module_says_what_lives_there() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in modules()
        if not ast.get_docstring(ast.parse(p.read_text()))
    ]
    assert silent == []


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in modules()}
    assert [str(f.relative_to(ROOT)) for f in folders if not (f / "__init__.py").exists()] == []


def test_public_names_are_documented() -> None:
    silent = [
        f"{path.relative_to(ROOT)}: {thing.name}"
        for path in modules()
        for thing in public_things(ast.parse(path.read_text()))
        if not ast.get_docstring(thing)
    ]
    assert silent == []
