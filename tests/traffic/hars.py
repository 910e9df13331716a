"""HAR files as tests need them: one entry a request, as browsers and mitmproxy write it."""

import json
from typing import Any


def entry(
    url: str = "https://shop.example.org/",
    method: str = "GET",
    *,
    at: str = "2026-03-02T10:00:00.000Z",
    headers: tuple[tuple[str, str], ...] = (),
    body: str | None = None,
    kind: str = "application/json",
    status: int = 200,
    answer: str = "",
    **more: Any,
) -> dict[str, Any]:
    """One entry, as Chromium writes it."""
    request: dict[str, Any] = {
        "method": method,
        "url": url,
        "httpVersion": "http/2.0",
        "headers": [{"name": name, "value": value} for name, value in headers],
        "queryString": [],
        "cookies": [],
        "headersSize": -1,
        "bodySize": len(body or ""),
    }
    if body is not None:
        request["headers"].append({"name": "content-type", "value": kind})
        request["postData"] = {"mimeType": kind, "text": body}
    content = {"size": len(answer), "mimeType": "application/json", "text": answer}
    return {
        "_priority": "High",
        "_resourceType": "fetch",
        "cache": {},
        "connection": "443",
        "request": request,
        "response": {
            "status": status,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": [],
            "cookies": [],
            "content": content,
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": -1,
            "_transferSize": 300,
        },
        "serverIPAddress": "192.0.2.10",
        "startedDateTime": at,
        "time": 12.5,
        "timings": {"blocked": 1.0, "dns": -1, "ssl": -1, "connect": -1, "send": 0.1, "wait": 10.0, "receive": 1.0},
        **more,
    }


def har(*entries: Any, creator: str = "WebInspector") -> bytes:
    return json.dumps(
        {"log": {"version": "1.2", "creator": {"name": creator, "version": "537.36"}, "pages": [], "entries": entries}}
    ).encode()
