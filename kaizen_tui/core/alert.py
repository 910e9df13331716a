"""Alerts as Alertmanager tells of them: its webhook's JSON (version 4) and the list of its API v2. Pure.

Every text in it is somebody else's: types and sizes are checked, and what goes on is one printable line.
Sources: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config, Alertmanager's api/v2/openapi.yaml.
"""

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.core.fields import is_fingerprint
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import parse_rfc3339
from kaizen_tui.core.values import quoted

MAX_BYTES = 8 << 20
MAX_ALERTS = 1000
MAX_URL = 2000  # characters
_VERSION = "4"
_STATES: dict[str, "AlertState"] = {
    "firing": "firing", "resolved": "resolved", "active": "firing", "unprocessed": "firing", "suppressed": "silenced",
}  # fmt: skip
# FNV-1a, 64 bits, as in github.com/prometheus/common/model: names and values, each ended by a byte that UTF-8 has not.
_FNV_OFFSET, _FNV_PRIME, _FNV_END, _64_BITS = 14695981039346656037, 1099511628211, 255, (1 << 64) - 1

AlertState = Literal["firing", "resolved", "silenced"]


class PayloadError(StoreError):
    """Not what Alertmanager sends. where: the source, and the line or the place in the JSON."""


class Alert(NamedTuple):
    """One alert. labels and annotations are as sent (hostile); `told` makes a line of one.

    fingerprint: the same whenever an alert with these labels fires. starts, ends: epoch seconds; ends is only true of
    a resolved one. url: of what raised it, "" when it is no web address. state: "silenced" also for inhibited ones.
    """

    fingerprint: str
    state: AlertState
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts: int
    ends: int = 0
    url: str = ""

    @property
    def name(self) -> str:
        """Its alertname, as one short line."""
        return told(self.labels.get("alertname", ""), 100) or "an alert without a name"


class Payload(NamedTuple):
    """What was sent at once. url: of the Alertmanager, or "". truncated: alerts that it left out."""

    alerts: tuple[Alert, ...]
    url: str = ""
    truncated: int = 0


def read_payload(data: bytes, source: str) -> Payload:
    """The alerts in `data`. source: its name for messages. Raises PayloadError."""
    if len(data) > MAX_BYTES:
        raise PayloadError(f"more than {MAX_BYTES >> 20} MiB of alerts", where=source, hint="send fewer at once")
    found = _parsed(data, source)
    if isinstance(found, list):
        return Payload(_alerts(found, "", {}, source))
    at = f"{source}: "
    if not isinstance(found, dict):
        raise _wrong("the JSON", "an object of the webhook or a list of alerts", found, source)
    version = found.get("version", _VERSION)
    if version != _VERSION:
        raise PayloadError(f"a webhook of version {_shown(version)}", where=f"{at}version", hint="version 4 is read")
    if "alerts" not in found:
        raise PayloadError("no `alerts` in the JSON", where=source, hint="send what Alertmanager's webhook sends")
    truncated = found.get("truncatedAlerts", 0)
    if type(truncated) is not int or truncated < 0:
        raise _wrong("truncatedAlerts", "a number", truncated, f"{at}truncatedAlerts")
    url = web_address(_text(found, "externalURL", source, ""))
    return Payload(_alerts(found["alerts"], "alerts", found, source), url, truncated)


def told(text: str, limit: int) -> str:
    """`text` as one printable line of at most `limit` characters; line ends and runs of blanks become one blank."""
    line = safe(" ".join(text[: 4 * limit].split()))
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def web_address(text: str) -> str:
    """`text` when it is an http or https URL that can be shown as it is, else ""."""
    plain = text.isascii() and text.isprintable() and len(text) <= MAX_URL and not set(text) & set(" <>\"'`\\")
    return text if plain and text.startswith(("http://", "https://")) else ""


def fingerprint_of(labels: Mapping[str, str]) -> str:
    """16 hexadecimal digits, as Prometheus and Alertmanager make them of an alert's labels."""
    total = _FNV_OFFSET
    for name, value in sorted((name.encode("utf-8", "surrogatepass"), value) for name, value in labels.items()):
        for byte in (*name, _FNV_END, *value.encode("utf-8", "surrogatepass"), _FNV_END):
            total = ((total ^ byte) * _FNV_PRIME) & _64_BITS
    return f"{total:016x}"


def _parsed(data: bytes, source: str) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PayloadError(f"not UTF-8 at byte {error.start}", where=source, hint="send JSON in UTF-8") from error
    except json.JSONDecodeError as error:
        place = f"{source}:{error.lineno}"
        what = f"not JSON: {error.msg} at column {error.colno}" if data.strip() else "nothing in it"
        raise PayloadError(what, where=place, hint="send what Alertmanager's webhook sends") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a thousand brackets
        raise PayloadError("JSON that no Alertmanager sends", where=source, hint=str(error)[:100]) from error


def _alerts(found: object, path: str, above: Mapping[str, object], source: str) -> tuple[Alert, ...]:
    if not isinstance(found, list):
        raise _wrong(path, "a list", found, f"{source}: {path}")
    if len(found) > MAX_ALERTS:
        raise PayloadError(
            f"{len(found)} alerts at once, {MAX_ALERTS} are read",
            where=f"{source}: {path}" if path else source,
            hint="group them (group_by) or set max_alerts in Alertmanager's webhook_config",
        )
    return tuple(_alert(item, f"{path}[{nth}]", above, source) for nth, item in enumerate(found))


def _alert(item: object, path: str, above: Mapping[str, object], source: str) -> Alert:
    place = f"{source}: {path}"
    if not isinstance(item, dict):
        raise _wrong(path, "an object", item, place)
    labels = _texts(item, "labels", place)
    if not labels:
        raise PayloadError(f"{path} has no labels", where=place, hint="an alert is known by its labels")
    fingerprint = _text(item, "fingerprint", place, "") or fingerprint_of(labels)
    if not is_fingerprint(fingerprint):
        raise PayloadError(f"the fingerprint is {quoted(fingerprint)}", where=f"{place}.fingerprint", hint="hex digits")
    return Alert(
        fingerprint,
        _state(item, place, above),
        labels,
        _texts(item, "annotations", place),
        _time(item, "startsAt", place),
        _time(item, "endsAt", place) if item.get("endsAt") is not None else 0,
        web_address(_text(item, "generatorURL", place, "")),
    )


def _state(item: Mapping[str, object], place: str, above: Mapping[str, object]) -> AlertState:
    found, key = item.get("status", above.get("status", "firing")), "status"
    if isinstance(found, dict):  # the API's
        found, key = found.get("state"), "status.state"
    if not isinstance(found, str) or found not in _STATES:
        raise PayloadError(f"the status is {_shown(found)}", where=f"{place}.{key}", hint="firing or resolved")
    return _STATES[found]


def _time(item: Mapping[str, object], key: str, place: str) -> int:
    text = _text(item, key, place)
    try:
        return parse_rfc3339(text)
    except ValueError as error:
        raise PayloadError(f"{key} is {quoted(text)}: {error}", where=f"{place}.{key}") from error


def _text(item: Mapping[str, object], key: str, place: str, default: str | None = None) -> str:
    found = item.get(key, default)
    if not isinstance(found, str):
        raise _wrong(key, "text", found, f"{place}.{key}")
    return found


def _texts(item: Mapping[str, object], key: str, place: str) -> dict[str, str]:
    found = item.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise _wrong(key, "an object of texts", found, f"{place}.{key}")
    for name, value in found.items():
        if not isinstance(value, str):
            raise _wrong(f"{key}.{told(name, 60)}", "text", value, f"{place}.{key}.{told(name, 60)}")
    return found


def _wrong(what: str, wanted: str, found: object, where: str) -> PayloadError:
    if found is None:
        return PayloadError(f"{what} is missing", where=where, hint=f"it must be {wanted}")
    return PayloadError(f"{what} must be {wanted}, not {_kind(found)}", where=where)


def _kind(found: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number", float: "a number"}
    return kinds[type(found)]


def _shown(found: object) -> str:
    return quoted(found) if isinstance(found, str) else "missing" if found is None else _kind(found)
