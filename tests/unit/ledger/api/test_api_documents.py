"""The API's own description."""

import re

from flask import Flask
from flask.testing import FlaskClient

from ledger.accounts.permissions import SIGNED
from ledger.api.services import services_of


def test_openapi_describes_every_route_of_v1(app: Flask, client: FlaskClient) -> None:
    document = client.get("/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    served = {
        (re.sub(r"<(?:path:)?(.+?)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/v1/") and rule.endpoint != "api-docs.openapi_json"
    }
    described = {
        (path, method) for path, item in document["paths"].items() for method in item if method != "parameters"
    }
    assert described == served


def test_openapi_says_how_to_authenticate_and_how_errors_look(app: Flask, client: FlaskClient) -> None:
    document = client.get("/v1/openapi.json").get_json()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    policy = services_of(app).policy
    signed = {endpoint for endpoint, need in policy.routes.items() if need == SIGNED}
    assert signed == {"batches.accept"}
    for path, item in document["paths"].items():
        for operation in (value for key, value in item.items() if key != "parameters"):
            open_to_all = path in {"/v1/batches", "/v1/erasures/{gateway}", "/v1/log/keys"}
            assert operation["security"] == ([] if open_to_all else [{"token": []}]), path
            assert "default" in operation["responses"]
    for response in document["components"]["responses"].values():
        assert set(response.get("content", {})) <= {"application/problem+json"}


def test_openapi_names_the_units_of_its_figures(client: FlaskClient) -> None:
    schemas = client.get("/v1/openapi.json").get_json()["components"]["schemas"]
    assert schemas["Summary"]["properties"]["changed"] == {"type": "string", "format": "date-time"}
    assert schemas["Spell"]["properties"]["low_centi_celsius"]["type"] == ["integer", "null"]
    assert not any(name.endswith("_centi") for schema in schemas.values() for name in schema["properties"])


def test_there_is_no_documentation_page_that_needs_inline_scripts(app: Flask) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api-docs")] == [
        "/v1/openapi.json"
    ]
