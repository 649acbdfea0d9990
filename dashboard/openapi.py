"""The API's description of itself (OpenAPI): what FastAPI cannot know of it."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI


def described(app: FastAPI, cookie: str) -> Callable[[], dict[str, Any]]:
    """The application's own description with how callers say who they are.

    Boards and rules are for everybody, so none of the ways is required.
    """
    own = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = own()
            document["components"]["securitySchemes"] = {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of the platform (JWT), or an API key.",
                },
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": cookie,
                    "description": "A token of the platform (JWT), as browsers send it.",
                },
            }
            document["security"] = [{}, {"bearer": []}, {"cookie": []}]
            app.openapi_schema = document
        return app.openapi_schema

    return openapi
