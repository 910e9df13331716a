"""Where to listen: the address that a server is given on the command line. Pure."""

import ipaddress
from typing import NamedTuple

from kaizen_tui.core.errors import UsageError

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8000


class Place(NamedTuple):
    """Where to listen. host: as given, without brackets."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT

    @property
    def shown_host(self) -> str:
        """As in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def hosts(self) -> frozenset[str]:
        """What a request's Host header says, in lower case, when it means this machine; empty when others reach it."""
        names = {self.shown_host, "localhost", "127.0.0.1", "[::1]"} if self.is_local else set()
        found = {f"{name}:{self.port}".lower() for name in names}
        return frozenset(found | {name.lower() for name in names} if self.port == 80 else found)


def parse_place(text: str, port: int = DEFAULT_PORT) -> Place:
    """`HOST:PORT`, `HOST`, `:PORT`, `PORT`, `[::1]:PORT` or "" -> where to listen. Raises UsageError.

    port: where the text names none.
    """
    host, digits = text, ""
    if text.isdigit():
        host, digits = "", text
    elif text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise _no_place(text, port)
        digits = rest[1:]
    elif text.count(":") == 1:
        host, digits = text.split(":")
    if digits and not (digits.isascii() and digits.isdigit() and len(digits) < 6 and 0 < int(digits) < 65536):
        raise _no_place(text, port)
    if any(char.isspace() or char in "/@?#" for char in host):
        raise _no_place(text, port)
    return Place(host or DEFAULT_HOST, int(digits) if digits else port)


def _no_place(text: str, port: int) -> UsageError:
    return UsageError(f"`{text}` is no address to serve on", hint=f"HOST:PORT, such as {DEFAULT_HOST}:{port}")
