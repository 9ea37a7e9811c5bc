"""Sign in by OpenID Connect, against a small provider made here; what it may not do is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.unit.console.house import House, house
from tidegate.console.identity.oidc import Provider
from tidegate.console.identity.roles import Role

ISSUER = "https://provider.example"
CLIENT = "tidegate-console"
SETTINGS: dict[str, Any] = {
    "console_public_url": "https://console.test",
    "console_oidc_issuer": ISSUER,
    "console_oidc_client_id": CLIENT,
    "console_oidc_client_secret": "shared with the provider",
    "console_oidc_roles": {"compliance": "analyst", "second": "approver"},
}
Claims = dict[str, Any]


class SmallProvider:
    """A provider of one person, that keeps to the protocol unless a test changes its word."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signing = self.key
        self.claims: Claims = {
            "sub": "u-1",
            "preferred_username": "analyst",
            "groups": ["compliance"],
        }
        self.change: Callable[[Claims], Claims] = dict
        self.codes: dict[str, dict[str, str]] = {}

    def authorize(self, address: str) -> str:
        """Do what the person does there; return the code."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return code

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer the console."""
        match request.url.path:
            case "/.well-known/openid-configuration":
                ends = {"authorization": "authorize", "token": "token"}
                described = {f"{name}_endpoint": f"{ISSUER}/{end}" for name, end in ends.items()}
                return httpx.Response(
                    200, json={"issuer": ISSUER, "jwks_uri": f"{ISSUER}/keys", **described}
                )
            case "/keys":
                return httpx.Response(200, json={"keys": [self.key.as_dict(private=False)]})
            case "/token":
                return self._token(request)
        return httpx.Response(404)

    def _token(self, request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"]:
            return httpx.Response(400, json={"error": "invalid_grant"})
        assert request.headers["authorization"].startswith("Basic ")
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, self.change(claims), self.signing)
        return httpx.Response(200, content=json.dumps({"id_token": token}).encode())


@pytest.fixture
def provider() -> SmallProvider:
    return SmallProvider()


@pytest.fixture
async def here(tmp_path: Path, provider: SmallProvider) -> AsyncIterator[House]:
    async with house(tmp_path, **SETTINGS) as made:
        talked = Provider(made.console.settings, httpx.MockTransport(provider))
        made.transport.app.state.console = replace(  # type: ignore[attr-defined]
            made.console, provider=talked
        )
        yield made


def browser(here: House) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=here.transport, base_url="https://console.test")


async def come_in(
    here: House, provider: SmallProvider, visitor: httpx.AsyncClient
) -> httpx.Response:
    """Go to the provider and come back."""
    away = await visitor.get("/sign-in/oidc", params={"onward": "/holds"})
    assert away.status_code == 303
    asked = parse_qs(urlsplit(away.headers["location"]).query)
    code = provider.authorize(away.headers["location"])
    answer = {"state": asked["state"][0], "code": code}
    return await visitor.get("/sign-in/oidc/callback", params=answer)


async def test_who_is_vouched_for_comes_in_with_the_role_of_their_group(
    here: House, provider: SmallProvider
) -> None:
    visitor = browser(here)
    back = await come_in(here, provider, visitor)
    assert (back.status_code, back.headers["location"]) == (303, "/holds")
    me = (await visitor.get("/api/v1/me")).json()
    assert (me["name"], me["role"]) == ("analyst", "analyst")
    # The next time as the same user, with the role of now.
    provider.claims["groups"] = ["compliance", "second", "other"]
    assert (await come_in(here, provider, visitor)).status_code == 303
    again = (await visitor.get("/api/v1/me")).json()
    assert (again["id"], again["role"]) == (me["id"], "approver")


@pytest.mark.parametrize(
    "change",
    [
        lambda c: {**c, "aud": "another client"},
        lambda c: {**c, "iss": "https://elsewhere.example"},
        lambda c: {**c, "nonce": "of another sign-in"},
        lambda c: {name: value for name, value in c.items() if name != "nonce"},
        lambda c: {**c, "exp": c["iat"] - 3600},
        lambda c: {**c, "groups": ["somebody else's"]},
        lambda c: {**c, "groups": None},
        lambda c: {**c, "preferred_username": None},
        # The name of an account that is here already proves nothing.
        lambda c: {**c, "preferred_username": "Local Admin"},
    ],
)
async def test_a_word_that_does_not_hold_lets_nobody_in(
    here: House, provider: SmallProvider, change: Callable[[Claims], Claims]
) -> None:
    here.add("local admin", Role.ADMIN)
    provider.change = change
    visitor = browser(here)
    refused = await come_in(here, provider, visitor)
    assert refused.status_code == 401
    assert (await visitor.get("/api/v1/me")).status_code == 401


async def test_a_token_of_another_key_lets_nobody_in(here: House, provider: SmallProvider) -> None:
    provider.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert (await come_in(here, provider, browser(here))).status_code == 401


async def test_an_answer_counts_once_and_in_the_browser_that_asked(
    here: House, provider: SmallProvider
) -> None:
    visitor, other = browser(here), browser(here)
    away = (await visitor.get("/sign-in/oidc")).headers["location"]
    state = parse_qs(urlsplit(away).query)["state"][0]
    answer = {"state": state, "code": provider.authorize(away)}
    path = "/sign-in/oidc/callback"
    assert (await other.get(path, params=answer)).status_code == 401
    kept = dict(visitor.cookies)
    assert (await visitor.get(path, params=answer)).status_code == 303
    visitor.cookies.update(kept)
    assert (await visitor.get(path, params=answer)).status_code == 401
    assert (await visitor.get(path, params={"error": "access_denied"})).status_code == 401


async def test_who_is_disabled_here_stays_out(here: House, provider: SmallProvider) -> None:
    await come_in(here, provider, browser(here))
    with here.console.database.begin() as connection:
        connection.exec_driver_sql("UPDATE identity_users SET disabled_at = 1")
    assert (await come_in(here, provider, browser(here))).status_code == 401


async def test_without_a_provider_there_is_no_such_way(tmp_path: Path) -> None:
    async with house(tmp_path) as made:
        assert (await made.visitor().get("/sign-in/oidc")).status_code == 404
        assert "/sign-in/oidc" not in (await made.visitor().get("/sign-in")).text
