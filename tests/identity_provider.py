"""A real identity provider on loopback, which can be told to lie once."""

import hashlib
import json
import threading
import warnings
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit

import authlib.deprecate  # noqa: F401  # first: it has its warnings shown, whatever was said before
import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import flask
    import oidc_provider_mock
    import oidc_provider_mock._app
    from werkzeug.serving import make_server

OLD_WAYS = pytest.mark.filterwarnings("ignore:get_jwt_config", "ignore:authlib.jose")
"""The provider still does what its own library would have otherwise: a mark for the modules that use it."""
Answer = dict[str, Any]
Lie = Callable[["IdentityProvider", Answer], None]


@cache
def imported(key: str) -> RSAKey:
    """Return a private key, checked once: that takes longer than a whole login."""
    return RSAKey.import_key(json.loads(key))


class Code(oidc_provider_mock._app.OpenIDCode):
    """The provider's own way to issue id tokens, with its key at hand."""

    def get_jwt_config(self, grant: Any, client: object = None) -> dict[str, Any]:
        config = super().get_jwt_config(grant, client)
        return {**config, "key": imported(json.dumps(dict(config["key"]), sort_keys=True))}


oidc_provider_mock._app.OpenIDCode = Code


class IdentityProvider:
    """`oidc-provider-mock` with PKCE demanded as RFC 7636 has it, and with `lie` for its next token answer."""

    def __init__(self) -> None:
        self.lie: Lie | None = None
        self.storage: Any = None
        self.issuer = ""
        self.fetched: list[str] = []
        self.asked: dict[str, str] = {}
        self._challenges: dict[str, str] = {}
        self._http = httpx2.Client(verify=False)
        self._app = oidc_provider_mock.app()
        self._app.before_request(self._before)
        self._app.after_request(self._after)

    @contextmanager
    def serving(self) -> Iterator["IdentityProvider"]:
        server = make_server("127.0.0.1", 0, self._app, threaded=True)
        self.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            self._http.get(self.issuer + "/jwks")
            yield self
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
            self._http.close()

    def knows(self, sub: str, **claims: object) -> None:
        assert self._http.put(f"{self.issuer}/users/{sub}", json=claims).status_code == 204

    def log_in(self, url: str, sub: str, **form: str) -> str:
        """Do what a person does at the provider, and return where they are sent."""
        assert self._http.get(url).status_code == 200
        return self._http.post(url, data={"sub": sub, **form}).headers["location"]

    def rotate(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.storage.jwk = type(self.storage.jwk).generate_key(is_private=True)

    @property
    def key(self) -> RSAKey:
        return imported(json.dumps(self.storage.jwk.as_dict(is_private=True), sort_keys=True))

    def signed(self, claims: Answer, header: Answer | None = None, key: Any = None) -> str:
        """Return a token of the provider's, or one that looks like it."""
        own = {"alg": "RS256", "kid": self.key.kid, **(header or {})}
        return jws.serialize_compact(own, json.dumps(claims), key or self.key, algorithms=[own["alg"]])

    def _before(self) -> Any:
        self.storage = flask.g.oidc_provider_mock_storage
        path, form = flask.request.path, flask.request.form
        self.fetched.append(path)
        if path == "/oauth2/authorize":
            self.asked = dict(flask.request.args)
        if path == "/oauth2/token" and not self._proves(form.get("code", ""), form.get("code_verifier", "")):
            return flask.jsonify({"error": "invalid_grant"}), 400
        return None

    def _after(self, response: Any) -> Any:
        if flask.request.path == "/oauth2/authorize" and response.location:
            for code in parse_qs(urlsplit(response.location).query).get("code", ()):
                assert flask.request.args["code_challenge_method"] == "S256"
                self._challenges[code] = flask.request.args["code_challenge"]
        if flask.request.path == "/oauth2/token" and response.status_code == 200 and self.lie:
            answer = response.get_json()
            lie, self.lie = self.lie, None
            lie(self, answer)
            response.set_data(json.dumps(answer))
        return response

    def _proves(self, code: str, verifier: str) -> bool:
        digest = hashlib.sha256(verifier.encode()).digest()
        return self._challenges.get(code) == urlsafe_b64encode(digest).rstrip(b"=").decode()


def claims_of(token: str) -> Answer:
    body = token.split(".")[1]
    found: Answer = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def with_claims(**changes: object) -> Lie:
    """Let the provider sign other claims; None takes one out."""

    def lie(provider: IdentityProvider, answer: Answer) -> None:
        claims = {**claims_of(answer["id_token"]), **changes}
        answer["id_token"] = provider.signed({name: value for name, value in claims.items() if value is not None})

    return lie
