"""Let a person in whom an OpenID Connect provider vouches for: authorization code with PKCE.

Sources: OpenID Connect Core 1.0, sections 3.1.2 and 3.1.3.7; RFC 7636; RFC 9700, section 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy import Connection, delete, insert, select, update

from tidegate.console.identity import users as people
from tidegate.console.identity.roles import GRANTED, Role
from tidegate.console.identity.secrets import hashed, new_secret
from tidegate.console.identity.tables import flows, users
from tidegate.console.store.database import Database
from tidegate.ops.settings import Settings

CALLBACK = "/sign-in/oidc/callback"
FLOW = timedelta(minutes=10)
"""How long a person may take at the provider."""
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
"""Signatures that are taken; none that the client's secret could make."""
LEEWAY_SECONDS = 60
REQUEST_SECONDS = 10.0


class NotVouchedFor(Exception):
    """The provider's answer lets nobody in; the text says why, for the log and the person."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A sign-in that has begun: where to send the browser, and what it must bring back."""

    address: str
    state: str


@dataclass(frozen=True, slots=True)
class _Begun:
    nonce: str
    verifier: str
    onward: str


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings, transport: httpx.AsyncBaseTransport | None = None):
        self._settings = settings
        self._transport = transport
        self._described: dict[str, Any] | None = None

    async def begin(self, database: Database, onward: str, now: datetime) -> Flow:
        """Begin a sign-in. Raises NotVouchedFor where the provider does not answer."""
        described = await self._description()
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        with database.begin() as connection:
            connection.execute(delete(flows).where(flows.c.started_at < now - FLOW))
            connection.execute(
                insert(flows).values(
                    state_hash=hashed(state),
                    nonce=nonce,
                    verifier=verifier,
                    onward=onward[:1000],
                    started_at=now,
                )
            )
        query = {
            "response_type": "code",
            "client_id": self._settings.console_oidc_client_id,
            "redirect_uri": self._callback,
            "scope": self._settings.console_oidc_scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        return Flow(f"{described['authorization_endpoint']}?{urlencode(query)}", state)

    async def finish(
        self, database: Database, state: str, code: str, now: datetime
    ) -> tuple[str, str]:
        """Return the user's id and where they wanted to go.

        Raises:
            NotVouchedFor: the flow is unknown or used, or the provider's word does not hold.
        """
        with database.begin() as connection:
            begun = _taken(connection, state, now)
        claims = await self._claims(code, begun)
        with database.begin() as connection:
            return self._user(connection, claims, now), begun.onward

    async def _claims(self, code: str, begun: _Begun) -> Mapping[str, Any]:
        described = await self._description()
        secret = self._settings.console_oidc_client_secret
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "code_verifier": begun.verifier,
        }
        name = self._settings.console_oidc_client_id or ""
        auth = None if secret is None else httpx.BasicAuth(name, secret.get_secret_value())
        if auth is None:
            form["client_id"] = name
        answer = await self._ask("POST", described["token_endpoint"], data=form, auth=auth)
        keys = KeySet.import_key_set(await self._ask("GET", described["jwks_uri"]))  # type: ignore[arg-type]
        try:
            token = jwt.decode(answer["id_token"], keys, algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": self._issuer},
                    "aud": {"essential": True, "value": name},
                },
                {"nonce": begun.nonce, "client_id": name},
            )
            claims.validate(leeway=LEEWAY_SECONDS)
        except (JoseError, KeyError, ValueError) as error:
            raise NotVouchedFor(f"its id token does not hold: {error}") from None
        return dict(claims)

    def _user(self, connection: Connection, claims: Mapping[str, Any], now: datetime) -> str:
        """Return the user of these claims; a new one where the subject has not been here."""
        role = self._role(claims)
        subject = str(claims["sub"])
        mine = (users.c.issuer == self._issuer) & (users.c.subject == subject)
        row = connection.execute(select(users.c.id, users.c.disabled_at).where(mine)).one_or_none()
        if row is not None:
            if row.disabled_at is not None:
                raise NotVouchedFor("the account is disabled here")
            connection.execute(update(users).where(mine).values(role=role.value))
            return str(row.id)
        name = claims.get(self._settings.console_oidc_name_claim)
        if not isinstance(name, str):
            raise NotVouchedFor(f"it names nobody in {self._settings.console_oidc_name_claim}")
        try:
            # A local account of that name stays another's: a name proves nothing.
            return people.add(connection, name, role, now, issuer=self._issuer, subject=subject).id
        except people.UserError as error:
            raise NotVouchedFor(str(error)) from None

    def _role(self, claims: Mapping[str, Any]) -> Role:
        """Return the strongest role that the claim's values are mapped to."""
        value = claims.get(self._settings.console_oidc_role_claim)
        values = value if isinstance(value, list) else [value]
        mapped = self._settings.console_oidc_roles
        roles = [Role(mapped[one]) for one in values if isinstance(one, str) and one in mapped]
        if not roles:
            raise NotVouchedFor("it gives no role that is known here")
        return max(roles, key=lambda role: len(GRANTED[role]))

    async def _description(self) -> dict[str, Any]:
        if self._described is None:
            found = await self._ask("GET", f"{self._issuer}/.well-known/openid-configuration")
            if found.get("issuer") != self._issuer:
                raise NotVouchedFor("it describes itself as another issuer")
            self._described = found
        return self._described

    async def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        client = httpx.AsyncClient(transport=self._transport, timeout=REQUEST_SECONDS)
        try:
            async with client:
                answer = await client.request(method, address, **more)
            answer.raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise NotVouchedFor(f"it does not answer: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise NotVouchedFor("its answer is no JSON object")
        return found

    @property
    def _issuer(self) -> str:
        return (self._settings.console_oidc_issuer or "").rstrip("/")

    @property
    def _callback(self) -> str:
        return f"{self._settings.console_public_url}{CALLBACK}"


def _taken(connection: Connection, state: str, now: datetime) -> _Begun:
    """Return a flow and end it: its answer counts once."""
    mine = flows.c.state_hash == hashed(state)
    row = connection.execute(select(flows).where(mine)).one_or_none()
    connection.execute(delete(flows).where(mine))
    if row is None or row.started_at < now - FLOW:
        raise NotVouchedFor("the sign-in took too long, or was used before: begin anew")
    return _Begun(row.nonce, row.verifier, row.onward)
