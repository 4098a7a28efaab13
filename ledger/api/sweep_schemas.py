"""How the API spells what a sweep found against what was expected."""

from marshmallow import Schema, fields


class DifferenceSchema(Schema):
    """A sweep against what was expected: units, but for `unidentified`, which is what was read and leads to none."""

    found = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    surplus = fields.List(fields.String(), required=True)
    unidentified = fields.List(fields.String(), attribute="unknown", required=True)
    agrees = fields.Boolean(required=True)


class ComparisonSchema(Schema):
    """A manifest against what was found: units, but for `unknown`, which is what was read and leads to none."""

    found = fields.List(fields.String(), required=True)
    missing = fields.List(fields.String(), required=True)
    extra = fields.List(fields.String(), required=True)
    unidentified = fields.List(fields.String(), attribute="unknown", data_key="unknown", required=True)
    duplicate = fields.List(fields.String(), required=True)
    wrong_group = fields.List(fields.String(), required=True)
    differing = fields.List(fields.String(), required=True)
    agrees = fields.Boolean(required=True)
