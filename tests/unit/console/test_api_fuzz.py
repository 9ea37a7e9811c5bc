"""What the API's own description promises, asked at random: the read side and the check."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.schemas import BaseSchema

from tests.support.tables import shipped
from tests.unit.console.house import NOON, Clock
from tidegate.console.app import create_app
from tidegate.console.identity import tokens, users
from tidegate.console.identity.limits import Limits
from tidegate.console.identity.roles import Permission, Role
from tidegate.console.opening import open_console
from tidegate.ops.settings import Settings

CASES = 4
"""Of each operation: a longer run is `CASES=...` by hand."""
OF_OTHERS = {"/api/v1/live", "/api/v1/session", "/api/v1/me", "/api/v1/audit", "/api/v1/users"}


class _Unlimited(Limits):
    def address(self, address: str) -> None:
        """Let everything through: what is asked at random is asked fast."""

    def person(self, number: str) -> None:
        """The same for a person."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[BaseSchema, str]]:
    folder: Path = tmp_path_factory.mktemp("fuzzed")
    console = open_console(Settings(state_dir=folder), Clock())
    assert console.tables is not None
    console.tables.use(shipped(), NOON)
    with console.database.begin() as connection:
        user = users.add(connection, "viewer", Role.VIEWER, NOON, password="long enough to be set")
        scopes = (Permission.READ, Permission.CHECK)
        _, secret = tokens.make(connection, user, "fuzz", scopes, NOON, days=30)
    app = create_app(replace(console, services=(), limits=_Unlimited()))
    yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", app), secret
    console.database.close()


def test_every_answer_is_one_that_the_description_names(api: tuple[BaseSchema, str]) -> None:
    schema, secret = api
    operations = [
        result.ok()
        for result in schema.get_all_operations()
        if result.ok().path not in OF_OTHERS
        and (result.ok().method == "get" or result.ok().path == "/api/v1/check")
    ]
    assert len(operations) > 20
    checks = [
        not_a_server_error,
        status_code_conformance,
        content_type_conformance,
        response_schema_conformance,
    ]
    for operation in operations:

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def asked(case: schemathesis.Case) -> None:
            answer = case.call(headers={"Authorization": f"Bearer {secret}"})
            case.validate_response(answer, checks=checks)

        asked()
