"""`tidegate screen` as its user types it."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from tidegate.cli.main import app


def test_it_tells_who_was_met_and_why() -> None:
    done = CliRunner().invoke(app, ["screen", "Nacalai Tesqe Inc", "--country", "jp"])
    assert done.exit_code == 0
    assert "Nacalai Tesque, Inc. [JP] (CN-WL, " in done.stdout
    assert "tesqe for tesque" in done.stdout
    assert "country: agrees" in done.stdout


def test_json_has_the_same_for_programs() -> None:
    done = CliRunner().invoke(app, ["screen", "株式会社ＳＵＢＡＲＵ", "--json"])
    answer = json.loads(done.stdout)
    hit = answer["hits"][0]
    assert (hit["list"], hit["grade"], hit["score"]) == ("CN-WL", "exact", 1.0)
    assert hit["met"]["words"]


def test_nothing_met_is_no_clearance() -> None:
    done = CliRunner().invoke(app, ["screen", "Quobbly Wumbledore Xxqz"])
    assert done.exit_code == 0
    assert "not a clearance" in done.stdout


def test_what_cannot_be_compared_is_refused() -> None:
    assert CliRunner().invoke(app, ["screen", "?!"]).exit_code == 2
    done = CliRunner().invoke(app, ["screen", "Acme", "--country", "Japan"])
    assert done.exit_code == 2
    assert "ISO 3166" in done.stderr
