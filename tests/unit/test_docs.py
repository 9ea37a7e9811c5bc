"""The documentation is true: the site builds, and what a page names exists."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from tests.support.pages import commands, pages
from tests.support.rules import DOCS, ROOT, exported, rules, run, series_in
from tidegate.cli.main import app
from tidegate.measures.condition import Condition, LicenseFault
from tidegate.measures.measure import Measure, Pack
from tidegate.ops.settings import CONFIG_VARIABLE, SECRETS_VARIABLE, Settings

COMMANDS: Any = get_command(app)
PAGES = pages()
ids = [str(page.relative_to(ROOT)) for page in PAGES]
# Variables that pages make up for an example, or that steer tests.
NOT_SETTINGS = {"TIDEGATE_", "TIDEGATE_X"}


def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    sphinx = Path(sys.executable).with_name("sphinx-build")
    said = run(str(sphinx), "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path))
    assert said == ""
    assert (tmp_path / "runbooks" / "TidegateLag.html").exists()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    wrong = [problem for words in commands(page) if (problem := unusable(words))]
    assert wrong == []


def unusable(words: list[str]) -> str | None:
    """Say what is wrong with the words after `tidegate`; None where nothing is."""
    command = COMMANDS
    said = f"tidegate {' '.join(words)}"
    while below := getattr(command, "commands", None):
        if not words or words[0].startswith("-"):
            return None  # `tidegate topics --help`
        if words[0] not in below:
            return f"{said}: there is no command {words[0]}"
        command, words = below[words[0]], words[1:]
    options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
    for word in words:
        name = word.split("=")[0].rstrip(",.;:")
        if name.startswith("--") and name not in options | {"--help", "--"}:
            return f"{said}: there is no option {name}"
    return None


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["topics", "create", "--json"], None),
        (["topics", "--help"], None),
        (["topics", "destroy"], "there is no command destroy"),
        (["check", "FILE", "--as-off=now"], "there is no option --as-off"),
    ],
)
def test_a_command_that_does_not_exist_is_found(words: list[str], wrong: str | None) -> None:
    found = unusable(words)
    assert found == wrong or (wrong is not None and found is not None and found.endswith(wrong))


def test_commands_are_found_in_pages_at_all() -> None:
    assert sum(1 for page in PAGES for _ in commands(page)) > 60


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_setting_and_metric_of_a_page_exists(page: Path) -> None:
    text = page.read_text()
    settings = {f"TIDEGATE_{name.upper()}" for name in Settings.model_fields}
    settings |= {CONFIG_VARIABLE, SECRETS_VARIABLE} | NOT_SETTINGS
    assert set(re.findall(r"\bTIDEGATE_[A-Z0-9_]*\b", text)) - settings == set()
    recorded = {rule.name for rule in rules() if not rule.alerts}
    # A histogram may be named as a whole.
    known = exported() | recorded | {name.removesuffix("_bucket") for name in exported()}
    named = series_in(" ".join(re.findall(r"`([^`]*)`", text)))
    assert {name for name in named if name not in known} == set()


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_make_target_of_a_page_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`)make ([a-z][a-z-]*)", page.read_text(), re.M))
    assert named - targets == set()


def test_the_list_of_pages_is_whole() -> None:
    text = (DOCS / "README.md").read_text()
    listed = set(re.findall(r"\]\(([^)#]+\.md)\)", text))
    there = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}
    there = {name for name in there if not re.match(r"runbooks/Tidegate|README|index", name)}
    assert there - listed == set()


def test_the_vocabulary_of_measures_is_whole() -> None:
    text = (DOCS / "reference" / "measures.md").read_text()
    for model in (Pack, Measure, Condition):
        for name, field in model.model_fields.items():
            assert f"`{field.alias or name}`" in text, f"{model.__name__}.{name}"
    for fault in LicenseFault.__args__:  # type: ignore[attr-defined]
        assert f"`{fault}`" in text
