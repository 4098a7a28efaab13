"""The API's own description: OpenAPI 3.1 at /v1/openapi.json, made from the same schemas that write the answers.

flask-smorest, less three of its habits: its 405 has no `Allow`, so errors are ours; its `X-Pagination` header fails its
own schema, so nothing uses it; its page of documentation needs inline scripts, so it is not served.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import flask_smorest
import marshmallow
from flask import Blueprint, Flask

from ledger.api.problems import CONTENT_TYPE, ProblemSchema

View = TypeVar("View", bound=Callable[..., object])

TITLE = "Xuemai"
VERSION = "v1"
TOKEN = "token"  # noqa: S105  the name of a scheme, no secret


class Describer(flask_smorest.Api):  # type: ignore[misc]  # the library has no types
    """Describes every route that `described` registered."""

    ERROR_SCHEMA = ProblemSchema

    def _register_error_handlers(self) -> None:
        """Errors of every route, described or not, are made in `problems`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a described route answers with.

    Attributes:
        schema: writes the answer from what the view returns; a mapping is an OpenAPI schema of bytes that it returns.
        description: in a few words.
        content_type: other than JSON.
    """

    schema: type[marshmallow.Schema] | Mapping[str, object]
    description: str
    content_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a described route is asked with.

    Attributes:
        method: the HTTP method.
        query: reads the query string; unknown parameters are refused.
        body: OpenAPI of a body that no schema reads.
        signed: whether a signature vouches for the body, or for a public answer, so that no token is asked for.
    """

    method: str = "GET"
    query: type[marshmallow.Schema] | None = None
    body: Mapping[str, object] = field(default_factory=dict)
    signed: bool = False


def described_blueprint(name: str, module: str, *, description: str) -> Blueprint:
    """A blueprint whose routes `described` registers."""
    blueprint = flask_smorest.Blueprint(name, module, description=description)
    assert isinstance(blueprint, Blueprint)  # noqa: S101  for the type checker
    return blueprint


def described(blueprint: Blueprint, rule: str, answer: Answer, asked: Asked | None = None) -> Callable[[View], View]:
    """Register a view under `rule` and describe it in one go."""
    asked = asked or Asked()
    security: list[dict[str, list[str]]] = [] if asked.signed else [{TOKEN: []}]

    def register(view: View) -> View:
        documented = getattr(blueprint, "response")(  # noqa: B009  the library has no types
            200, answer.schema, description=answer.description, content_type=answer.content_type
        )(view)
        if asked.query is not None:
            arguments = getattr(blueprint, "arguments")  # noqa: B009  as above
            documented = arguments(asked.query, location="query", unknown=marshmallow.RAISE)(documented)
        about: dict[str, object] = {"security": security}
        if asked.body:
            about["requestBody"] = dict(asked.body)
        documented = getattr(blueprint, "doc")(**about)(documented)  # noqa: B009  as above
        blueprint.route(rule, methods=[asked.method])(documented)
        return view

    return register


def describe(app: Flask, *blueprints: Blueprint) -> None:
    """Register the blueprints and serve their description."""
    app.config.update(
        API_TITLE=TITLE,
        API_VERSION=VERSION,
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    describer = Describer(app)
    describer.spec.components.security_scheme(TOKEN, {"type": "http", "scheme": "bearer", "bearerFormat": "xm_…"})
    for blueprint in blueprints:
        describer.register_blueprint(blueprint)
    original = describer.spec.to_dict
    describer.spec.to_dict = lambda: _errors_are_problems(original())


def _errors_are_problems(document: dict[str, object]) -> dict[str, object]:
    """Errors are described under their true content type."""
    components = document["components"]
    assert isinstance(components, dict)  # noqa: S101  for the type checker
    for described_response in components.get("responses", {}).values():
        content = described_response.get("content", {})
        if "application/json" in content:
            content[CONTENT_TYPE] = content.pop("application/json")
    return document
