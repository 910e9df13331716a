"""What Alertmanager sends, read; and what it never sends, refused with the place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kaizen_tui.core.alert import (
    MAX_ALERTS,
    MAX_BYTES,
    Payload,
    PayloadError,
    fingerprint_of,
    read_payload,
    told,
    web_address,
)
from kaizen_tui.core.fields import is_fingerprint
from kaizen_tui.core.text import safe

LABELS = {"alertname": "LatencyHigh", "component": "pcc-main"}


def sent(**more: Any) -> dict[str, Any]:
    """An alert as the webhook has it."""
    return {
        "status": "firing",
        "labels": LABELS,
        "annotations": {"summary": "slow"},
        "startsAt": "2026-05-18T08:30:00.123456789+02:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prom:9090/graph",
        "fingerprint": "c6eadffa33fcdf37",
        **more,
    }


def reading(data: bytes) -> Payload | PayloadError:
    try:
        return read_payload(data, "x")
    except PayloadError as error:
        return error


def webhook(*alerts: object, **more: object) -> bytes:
    return json.dumps({"version": "4", "status": "firing", "alerts": alerts, **more}).encode()


def test_a_webhook_is_read() -> None:
    found = read_payload(webhook(sent(), externalURL="http://am:9093", truncatedAlerts=3), "x")
    assert (found.url, found.truncated) == ("http://am:9093", 3)
    alert = found.alerts[0]
    assert (alert.fingerprint, alert.state, alert.name) == ("c6eadffa33fcdf37", "firing", "LatencyHigh")
    assert alert.starts == 1779085800  # the offset counts, the fraction does not
    assert alert.url == "http://prom:9090/graph"


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("resolved", "resolved"),
        ({"state": "active", "silencedBy": []}, "firing"),
        ({"state": "unprocessed"}, "firing"),
        ({"state": "suppressed", "silencedBy": ["x"]}, "silenced"),
    ],
)
def test_the_list_of_the_api_is_read_as_well(status: object, state: str) -> None:
    assert read_payload(json.dumps([sent(status=status)]).encode(), "x").alerts[0].state == state


def test_an_alert_without_a_status_has_its_groups() -> None:
    plain = sent()
    del plain["status"]
    assert read_payload(webhook(plain, status="resolved"), "x").alerts[0].state == "resolved"


def test_no_alerts_are_no_error() -> None:
    assert read_payload(b"[]", "x").alerts == ()
    assert read_payload(webhook(), "x").alerts == ()


@pytest.mark.parametrize(
    ("data", "where", "what"),
    [
        (b"", "x:1", "nothing in it"),
        (b'{"alerts":\n [,]}', "x:2", "not JSON: Expecting value at column 3"),
        (b"\xff", "x", "not UTF-8 at byte 0"),
        (b"7", "x", "the JSON must be an object of the webhook or a list of alerts, not a number"),
        (b"[" * 100_000, "x", "JSON that no Alertmanager sends"),
        (b"9" * 10_000, "x", "JSON that no Alertmanager sends"),
        (b" " * (MAX_BYTES + 1), "x", "more than 8 MiB of alerts"),
        (b"{}", "x", "no `alerts` in the JSON"),
        (webhook(version="5"), "x: version", "a webhook of version `5`"),
        (webhook(version=4), "x: version", "a webhook of version a number"),
        (webhook(truncatedAlerts=True), "x: truncatedAlerts", "truncatedAlerts must be a number, not true or false"),
        (b'{"alerts": {}}', "x: alerts", "alerts must be a list, not an object"),
        (webhook(7), "x: alerts[0]", "alerts[0] must be an object, not a number"),
        (b"[7]", "x: [0]", "[0] must be an object, not a number"),
        (webhook(sent(), sent(labels=[])), "x: alerts[1].labels", "labels must be an object of texts, not a list"),
        (webhook(sent(labels={})), "x: alerts[0]", "alerts[0] has no labels"),
        (webhook(sent(labels={"a": 1})), "x: alerts[0].labels.a", "labels.a must be text, not a number"),
        (webhook(sent(labels={"a\n": None})), "x: alerts[0].labels.a", "labels.a is missing"),
        (
            webhook(sent(annotations="x")),
            "x: alerts[0].annotations",
            "annotations must be an object of texts, not text",
        ),
        (webhook(sent(status="burning")), "x: alerts[0].status", "the status is `burning`"),
        (webhook(sent(status={"state": 1})), "x: alerts[0].status.state", "the status is a number"),
        (webhook(sent(startsAt="soon")), "x: alerts[0].startsAt", "startsAt is `soon`: not an RFC 3339 time"),
        (webhook(sent(startsAt=None)), "x: alerts[0].startsAt", "startsAt is missing"),
        (webhook(sent(endsAt=5)), "x: alerts[0].endsAt", "endsAt must be text, not a number"),
        (webhook(sent(fingerprint="../x")), "x: alerts[0].fingerprint", "the fingerprint is `../x`"),
        (webhook(*[7] * (MAX_ALERTS + 1)), "x: alerts", f"{MAX_ALERTS + 1} alerts at once, {MAX_ALERTS} are read"),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[:40],
)
def test_what_is_wrong_is_said_with_its_place(data: bytes, where: str, what: str) -> None:
    with pytest.raises(PayloadError) as caught:
        read_payload(data, "x")
    assert caught.value.what.startswith(what)
    assert caught.value.where == where


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]
TEXTS = st.dictionaries(st.text(max_size=6), st.text(), min_size=1, max_size=4)


@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_is_read_or_refused(data: bytes) -> None:
    found = reading(data)
    assert not isinstance(found, PayloadError) or found.where.startswith("x")


@given(st.dictionaries(st.sampled_from(KEYS), JSON), st.dictionaries(st.sampled_from(["version", "alerts", "x"]), JSON))
def test_one_wrong_value_is_refused_or_harmless(alert: dict[str, Any], payload: dict[str, Any]) -> None:
    data = json.dumps({"version": "4", "alerts": [{**sent(), **alert}], **payload}).encode()
    found = reading(data)
    if isinstance(found, PayloadError):
        assert found.where.startswith("x")
        return
    for one in found.alerts:
        assert is_fingerprint(one.fingerprint)
        assert safe(one.name) == one.name


@given(TEXTS, TEXTS)
def test_what_goes_in_well_formed_comes_out_as_sent(labels: dict[str, str], annotations: dict[str, str]) -> None:
    plain = sent(labels=labels, annotations=annotations)
    del plain["fingerprint"]
    alert = read_payload(webhook(plain), "x").alerts[0]
    assert (alert.labels, alert.annotations) == (labels, annotations)
    assert alert.fingerprint == fingerprint_of(dict(reversed(labels.items())))


@given(st.text(st.characters(exclude_categories=[])), st.integers(1, 50))
def test_what_is_told_is_one_printable_line(text: str, limit: int) -> None:
    line = told(text, limit)
    assert len(line) <= limit
    assert safe(line) == line
    assert "\n" not in line


@given(st.text() | st.sampled_from(["http://x/", "https://x/?a=b&c=%20#d", "javascript:x", "http://x/\n", "HTTP://x"]))
def test_only_web_addresses_become_links(text: str) -> None:
    assert web_address(text) in ("", text)
    assert not web_address(text) or text.startswith(("http://", "https://"))


def test_a_missing_fingerprint_is_made_as_prometheus_makes_it() -> None:
    # The empty set's is FNV's offset basis; of a real alert: see tests/e2e/test_alerts.py.
    assert fingerprint_of({}) == "cbf29ce484222325"
    assert fingerprint_of({"a": "bc"}) != fingerprint_of({"ab": "c"})
