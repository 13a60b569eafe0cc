"""Signing in by an OpenID Connect provider: code flow with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 7636).

The provider says who somebody is and never what they may do: a person without an account here stays outside.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp

from notifier.access.later import at_hand
from notifier.clock import Clock
from notifier.errors import Refused
from notifier.model.settings import Provider, Secret

PATIENCE = 8.0  # seconds for one answer of the provider
KEPT = 3600.0  # seconds that its description and keys are believed without asking again
LEEWAY = 120  # seconds that its clock may be off
MOST = 1024 * 1024  # bytes of one answer
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signed by a key that only the provider has; never `none`, never one that we share with it."""
AWAY = "The provider does not answer as it must. Sign in another way, and tell the technician."
NOT_THIS = "The provider's answer does not fit what was asked. Begin again."


@dataclass(frozen=True, slots=True)
class Asked:
    """What must come back unchanged, held by us while the person is at the provider."""

    state: str
    nonce: str
    verifier: str
    back: str
    """The address that the provider sends them back to."""


@dataclass(frozen=True, slots=True)
class Told:
    """Who the provider says it is."""

    issuer: str
    subject: str
    email: str | None
    """Only if the provider has verified it."""
    signed_in_at: float | None
    """Seconds since 1970 when the person last proved it there, if it says so (`auth_time`)."""


class ProviderClient:
    """Speaks with one provider."""

    def __init__(self, settings: Provider, http: aiohttp.ClientSession, clock: Clock) -> None:
        self.settings = settings
        self._http, self._clock = http, clock
        self._described: tuple[float, Mapping[str, Any], Mapping[str, Any]] | None = None

    async def begin(self, back: str, *, anew: bool = False) -> tuple[Asked, str]:
        """What to hold, and the address to send the person to. `anew`: they must prove it again there."""
        described, _ = await self._description()
        asked = Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), back)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
        query = {
            "response_type": "code", "client_id": self.settings.client_id, "redirect_uri": back,
            "scope": " ".join(self.settings.scopes), "state": asked.state, "nonce": asked.nonce,
            "code_challenge": challenge, "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if anew else {}),
        }  # fmt: skip
        where = str(described["authorization_endpoint"])
        return asked, f"{where}{'&' if urlsplit(where).query else '?'}{urlencode(query)}"

    async def finish(self, asked: Asked, said: Mapping[str, str]) -> Told:
        """What came back with the person. Raises Refused."""
        if not secrets.compare_digest(said.get("state", "").encode(), asked.state.encode()):
            raise Refused(NOT_THIS, 403)
        if said.get("iss", self.settings.issuer) != self.settings.issuer:  # RFC 9207: another provider's answer
            raise Refused(NOT_THIS, 403)
        if "error" in said or not said.get("code"):
            raise Refused("The provider did not let you in. Sign in another way, or ask whoever looks after it.", 403)
        described, keys = await self._description()
        form = {
            "grant_type": "authorization_code", "code": said["code"], "redirect_uri": asked.back,
            "client_id": self.settings.client_id, "code_verifier": asked.verifier,
        }  # fmt: skip
        secret = self.settings.client_secret
        headers = {}
        if secret is not None:
            revealed = secret.reveal() if isinstance(secret, Secret) else secret
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(revealed, safe='')}"  # RFC 6749 section 2.3.1
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        answer = await self._json("POST", str(described["token_endpoint"]), data=form, headers=headers)
        await at_hand("joserfc.jwt", "joserfc.jwk")
        return self._read(str(answer.get("id_token", "")), asked, keys)

    def _read(self, token: str, asked: Asked, keys: Mapping[str, Any]) -> Told:
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        now = int(self._clock.wall().timestamp())
        claims_must = jwt.JWTClaimsRegistry(
            now=now, leeway=LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            sub={"essential": True}, exp={"essential": True},
            nonce={"essential": True, "value": asked.nonce},
        )  # fmt: skip
        try:
            claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]  # JSON as it came
            claims_must.validate(claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            self._described = None  # its keys may have changed: the next try asks anew
            raise Refused(NOT_THIS, 403) from error
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.settings.client_id:
            raise Refused(NOT_THIS, 403)  # OpenID Connect Core 3.1.3.7, 4 and 5
        email = claims.get("email") if claims.get("email_verified") is True else None
        at = claims.get("auth_time")
        return Told(
            self.settings.issuer, str(claims["sub"]), email if isinstance(email, str) else None,
            float(at) if isinstance(at, int | float) else None,
        )  # fmt: skip

    async def _description(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Its description (OpenID Connect Discovery 1.0) and its keys. Raises Refused if they cannot be had."""
        now = self._clock.now()
        if self._described and now - self._described[0] < KEPT:
            return self._described[1], self._described[2]
        issuer = self.settings.issuer
        described = await self._json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if described.get("issuer") != issuer or any(not self._is_safe(described.get(name)) for name in needed):
            raise Refused(AWAY, 502)
        keys = await self._json("GET", str(described["jwks_uri"]))
        self._described = (now, described, keys)
        return described, keys

    def _is_safe(self, address: object) -> bool:
        """https, or as plain as the issuer that the technician wrote."""
        wanted = urlsplit(self.settings.issuer).scheme
        return isinstance(address, str) and urlsplit(address).scheme in {"https", wanted}

    async def _json(self, method: str, address: str, **more: Any) -> Mapping[str, Any]:
        try:
            async with (
                asyncio.timeout(PATIENCE),
                self._http.request(method, address, allow_redirects=False, **more) as response,
            ):
                if response.status != 200:
                    raise Refused(AWAY, 502)
                raw = bytearray()
                async for chunk in response.content.iter_any():
                    raw += chunk
                    if len(raw) > MOST:
                        raise Refused(AWAY, 502)
                said = json.loads(raw)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Refused(AWAY, 502) from error
        if not isinstance(said, dict):
            raise Refused(AWAY, 502)
        return said
