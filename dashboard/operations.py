"""For operators: is it alive, is it ready, how is it doing."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.problems import Loading
from pipelines.publication.hold import held

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
async def healthz() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """A snapshot is shown: 200, else 503 and why not.

    `fault` says what is wrong with the store although a snapshot is shown, `held` that somebody
    rolled back.
    """
    served = request.app.state.parts.served
    state = served.state
    is_ready = state == "ready"
    hold = held(request.app.state.parts.root)
    said = {"fault": served.fault, "held": None if hold is None else str(hold)}
    return JSONResponse(
        {"ready": is_ready, "state": state, **{k: v for k, v in said.items() if v is not None}},
        200 if is_ready else 503,
        headers=Loading().headers if state == "loading" else None,
    )


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Prometheus' text format, in a thread of its own: the store's size takes a moment."""
    return Response(
        request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
