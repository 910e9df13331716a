"""What a process that was started tells on its standard output, a line each, and in words how it ended. Pure."""

from collections.abc import Iterable, Iterator


def whole_lines(stream: Iterable[bytes]) -> Iterator[bytes]:
    """The lines; a last one without its end is what a process that was killed left of it, and none."""
    for line in stream:
        if line.endswith(b"\n"):
            yield line


def how_ended(code: int) -> str:
    """code: as of subprocess."""
    return f"was killed by signal {-code}" if code < 0 else f"ended with {code}"
