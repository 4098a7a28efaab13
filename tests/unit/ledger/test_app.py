"""Tests of `ledger.app` are in `api/test_api_edge.py`, where its world is; this one holds what needs no ledger."""

from ledger.app import create_app, join_policy, problem_of, services, services_of


def test_the_names_that_the_pages_build_on() -> None:
    assert all(callable(each) for each in (create_app, join_policy, problem_of, services, services_of))
