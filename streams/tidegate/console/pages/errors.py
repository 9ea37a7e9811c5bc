"""What a browser is shown in place of a page: what is wrong, and what to do."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from tidegate.console.pages.templating import draw
from tidegate.console.problems import Problem, problem_response

ADVICE = {
    401: "Sign in, and try again.",
    403: "Ask an administrator for the role that may do it, or go back and load the page again.",
    404: "Look at the address, or find it by its number at the top of any page.",
    409: "Go back, look at it once more, and decide again: nothing of yours was written.",
    422: "Go back and correct it: nothing was written.",
    429: "Wait a moment, and try again.",
    500: "Nothing was lost: records are in the topics. Tell an operator, with the request's id.",
    503: "It is tried again by itself. If it stays so, ask an operator to look at the broker and at"
    " the console's database.",
}


def wants_page(request: Request) -> bool:
    """Say whether a browser asks, for something else than the API."""
    asked = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in asked


def answer_to(request: Request, problem: Problem) -> Response:
    """Tell a problem in the form that who asks can read."""
    return error_page(request, problem) if wants_page(request) else problem_response(problem)


def error_page(request: Request, problem: Problem) -> HTMLResponse:
    """Return the page of a problem; it needs neither a session nor the database."""
    html = draw(
        "error.html",
        title=problem.title,
        detail=problem.detail,
        advice=ADVICE.get(problem.status, "Go back, and try again."),
        again=request.url.path if request.method == "GET" else "/",
        request_id=getattr(request.state, "request_id", None),
    )
    return HTMLResponse(html, problem.status, headers=problem.headers)
