"""HTTP whose answers end: requests' timeout is for each read, so that a server which sends a byte a second holds a
thread for ever, in the headers as well as in the body. Here every read has what is left of the whole request's time.
"""

import http.client
import io
import socket
from collections.abc import Callable
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.retry import Retry


class _EndingReader(io.RawIOBase):
    """What a socket receives. left: seconds that the reading may still take in all."""

    def __init__(self, sock: socket.socket, left: Callable[[], float]) -> None:
        # As http.client does it: the socket stays open until this is closed.
        self._raw = sock.makefile("rb", buffering=0)
        self._sock = sock
        self._left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._left()
        if left <= 0:
            raise TimeoutError("the answer doesn't end")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class EndingAdapter(HTTPAdapter):
    """left: seconds that the present thread's request still has."""

    def __init__(self, left: Callable[[], float], retry: Retry, width: int) -> None:
        self._left = left
        super().__init__(max_retries=retry, pool_connections=1, pool_maxsize=width)

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        super().init_poolmanager(*args, **more)
        left = self._left

        class Response(http.client.HTTPResponse):
            def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
                super().__init__(sock, *args, **more)
                plain, self.fp = self.fp, io.BufferedReader(_EndingReader(sock, left))
                plain.close()

        class Plain(HTTPConnection):
            response_class = Response

        class Secure(HTTPSConnection):
            response_class = Response

        class PlainPool(HTTPConnectionPool):
            ConnectionCls = Plain

        class SecurePool(HTTPSConnectionPool):
            ConnectionCls = Secure

        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
