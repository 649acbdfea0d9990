"""For operators: is it alive, is it ready, how is it doing."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.problems import Loading

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """A snapshot is shown: 200, else 503 and why not."""
    state = request.app.state.parts.served.state
    is_ready = state == "ready"
    return JSONResponse(
        {"ready": is_ready, "state": state},
        200 if is_ready else 503,
        headers=Loading().headers if state == "loading" else None,
    )


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Prometheus' text format, in a thread of its own: the store's size takes a moment."""
    return Response(
        request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
