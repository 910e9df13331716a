"""A flag file of flagd (OpenFeature) as a splitter, for a canary within an application.

https://flagd.dev/reference/custom-operations/fractional-operation/ : users are hashed by a key onto the weights in
their order. `canary` stands first, so a larger share keeps everybody who had it.
"""

import json
from typing import Any

from kaizen_tui.core.canary_state import percent
from kaizen_tui.core.text import safe
from kaizen_tui.traffic.haproxy import replace_file
from kaizen_tui.traffic.splitter import PARTS, Draw, SplitterError, parts_of

CANARY, BASELINE = "canary", "baseline"
_LARGEST = 8 * 2**20


class FlagFile:
    """Implements `Splitter` on one flag of a flag file. Other flags, and the variants' values, stay as they are."""

    def __init__(self, name: str, path: str, flag: str) -> None:
        self._name = name
        self._path = path
        self._flag = flag

    @property
    def name(self) -> str:
        return self._name

    def set_share(self, fraction: float, draw: Draw) -> None:
        document, flag = self._read()
        limit = parts_of(fraction)
        flag["state"] = "ENABLED"
        flag["defaultVariant"] = BASELINE
        flag["targeting"] = _targeting(limit, draw.salt) if limit else {}
        replace_file(self._path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        self.verify(fraction, draw)

    def share(self) -> float:
        _, flag = self._read()
        return self._limit(flag)[0] / PARTS

    def verify(self, fraction: float, draw: Draw) -> None:
        _, flag = self._read()
        limit, salt = self._limit(flag)
        if limit != parts_of(fraction):
            raise self._wrong(f"{percent(limit / PARTS)} of the users get the canary, not {percent(fraction)}")
        if limit and salt != draw.salt:
            raise self._wrong(f"the users were drawn for another canary (salt {safe(salt)})")

    def _read(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The file, and the flag in it."""
        try:
            with open(self._path, encoding="utf-8") as file:
                document = json.loads(file.read(_LARGEST))
        except OSError as error:
            raise self._wrong(f"the flag file can't be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise self._wrong("the flag file is no JSON") from None
        flags = document.get("flags") if isinstance(document, dict) else None
        flag = flags.get(self._flag) if isinstance(flags, dict) else None
        if not isinstance(flag, dict):
            raise self._wrong(f"the flag file has no flag {safe(self._flag)}")
        variants = flag.get("variants")
        if not isinstance(variants, dict) or not {CANARY, BASELINE} <= variants.keys():
            raise self._wrong(f"the flag {safe(self._flag)} needs the variants `{CANARY}` and `{BASELINE}`")
        return document, flag

    def _limit(self, flag: dict[str, Any]) -> tuple[int, str]:
        """The share in PARTS and the salt, as `set_share` wrote them; anything else is somebody else's targeting."""
        if flag.get("state") == "DISABLED":
            return 0, ""
        targeting = flag.get("targeting") or {}
        if not targeting:
            return (PARTS if flag.get("defaultVariant") == CANARY else 0), ""
        try:
            key, (_, limit), _ = targeting["fractional"]
            salt = key["cat"][0]
        except (KeyError, TypeError, ValueError, IndexError):
            raise self._wrong(f"the targeting of {safe(self._flag)} was not written by Kaizen") from None
        whole = isinstance(limit, int) and isinstance(salt, str) and 0 <= limit <= PARTS
        if not whole or targeting != _targeting(limit, salt):
            raise self._wrong(f"the targeting of {safe(self._flag)} was not written by Kaizen")
        return limit, salt

    def _wrong(self, what: str) -> SplitterError:
        return SplitterError(what, where=self._path)


def _targeting(limit: int, salt: str) -> dict[str, Any]:
    key = {"cat": [salt, {"var": "targetingKey"}]}
    return {"fractional": [key, [CANARY, limit], [BASELINE, PARTS - limit]]}
