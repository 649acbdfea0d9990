"""The API, called in every way that its own description allows, and in ways that it does not."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.schemas import OpenApiSchema

from dashboard.app import create_app
from dashboard.jobs import Ended, Jobs
from pipelines.settings import Settings
from tests.dashboard.marketplace import NOW


async def nothing_new() -> Ended:
    return Ended("up_to_date")


@pytest.fixture(scope="session")
def api(marketplace: Settings) -> OpenApiSchema:
    """The marketplace's API as it describes itself; refreshes find nothing new."""
    app = create_app(marketplace, Path("unused.toml"), lambda: NOW)
    jobs = Jobs(nothing_new, lambda: NOW, lambda: 0.0, 0, 60)
    app.state.parts = dataclasses.replace(app.state.parts, jobs=jobs)
    asyncio.run(app.state.parts.served.look())
    return schemathesis.openapi.from_asgi(
        "/api/v2/openapi.json", app, headers={"host": "127.0.0.1"}
    )


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_answers_are_as_described(api: OpenApiSchema, mode: GenerationMode) -> None:
    called = 0
    for result in api.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]

        @settings(
            max_examples=60,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=[HealthCheck.filter_too_much],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def answers_as_described(case: Case[Any]) -> None:
            case.call_and_validate(headers={"host": "127.0.0.1"})

        try:
            answers_as_described()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE  # nothing can be wrong about it
        called += 1
    assert called == 9


def test_it_describes_errors_callers_and_each_address_in_words(client: TestClient) -> None:
    document = client.get("/api/v2/openapi.json").json()
    assert document["components"]["securitySchemes"].keys() == {"bearer", "cookie"}
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["summary"] for one in operations}) == len(operations) == 9
    assert all(" " in one["summary"] for one in operations)
    for operation in operations:
        problem = operation["responses"]["404"]["content"]["application/problem+json"]
        assert "detail" in problem["schema"]["properties"]
