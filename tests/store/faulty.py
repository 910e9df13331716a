"""System calls that fail: put in the place of `files.sys`, one fault at the n-th call."""

import errno
import os
from collections.abc import Callable
from typing import Any

from tests.store.worlds import QUICK

Call = Callable[..., Any]
# What a fault does in the place of a call: it is given the call and its arguments.
Fault = Callable[[str, Call, tuple[Any, ...], dict[str, Any]], Any]

ENDING = frozenset({"close"})  # a close that fails has closed all the same
CHANGING = frozenset({"write", "fsync", "rename", "unlink", "mkdir", "ftruncate", "fchmod", "rmdir"})


class Crash(BaseException):
    """The process is killed here: nothing of it runs any more."""


class Faulty:
    """Does what the system does, but for the call number `at` (from 0), and, if `sticky(name)`, for those after it."""

    def __init__(self, at: int, fault: Fault, sticky: Callable[[str], bool] = lambda _name: False) -> None:
        self.at = at
        self.fault = fault
        self.sticky = sticky
        self.calls: list[str] = []
        self.hit = ""
        self.opened: set[int] = set()

    def __getattr__(self, name: str) -> Call:
        real: Call = getattr(QUICK, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            number = len(self.calls)
            self.calls.append(name)
            left = name == "close" and args[0] in self.opened
            if number == self.at or (number > self.at and self.sticky(name)):
                self.hit = self.hit or name
                try:
                    result = self.fault(name, real, args, kwargs)
                finally:
                    if left and not is_open(args[0]):
                        self.opened.discard(args[0])
            else:
                result = real(*args, **kwargs)
                if left:
                    self.opened.discard(args[0])
            if name == "open":
                self.opened.add(result)
            return result

        return call

    def end_process(self) -> None:
        """What the system does when a process ends."""
        for fd in self.opened:
            os.close(fd)
        self.opened.clear()


def is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True


def failing(code: int) -> Fault:
    """The call does nothing and reports this error."""

    def fault(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if name in ENDING:
            real(*args, **kwargs)
        raise OSError(code, os.strerror(code))

    return fault


def late(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The call does its work and reports an error nevertheless, as a network file system may."""
    result = real(*args, **kwargs)
    if name == "open":
        os.close(result)
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def short(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A write takes only half of the bytes; every other call works."""
    if name != "write":
        return real(*args, **kwargs)
    return real(args[0], args[1][: max(1, len(args[1]) // 2)])


def short_then_full(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A write puts half of the bytes on disk and then finds it full."""
    if name in ENDING:
        real(*args, **kwargs)
    elif name == "write":
        real(args[0], args[1][: len(args[1]) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def crash(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The process is killed before the call."""
    raise Crash


def make_torn_crash() -> Fault:
    """The process is killed in the middle of a write, or else before the call."""
    torn = False

    def fault(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal torn
        if name == "write" and not torn:
            real(args[0], args[1][: len(args[1]) // 2])
        torn = True
        raise Crash

    return fault


def make_late_crash() -> Fault:
    """The process is killed right after the call."""
    done = False

    def fault(name: str, real: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        nonlocal done
        if not done:
            done = True
            result = real(*args, **kwargs)
            if name == "open":
                os.close(result)
        raise Crash

    return fault
