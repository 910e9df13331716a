"""`kaizen slo --watch`: the table redrawn in a terminal, a block per reading into a pipe, until Ctrl+C."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn, Protocol

from kaizen_tui.cli.invocation import Call
from kaizen_tui.cli.output import emit, note
from kaizen_tui.cli.slo import chosen, reader_of
from kaizen_tui.cli.slo_table import shown
from kaizen_tui.core.errors import KaizenError
from kaizen_tui.core.text import safe
from kaizen_tui.core.times import age, format_epoch

if TYPE_CHECKING:
    from kaizen_tui.metrics.platform import Platform, PlatformReader

_TICK = 1.0  # seconds between two looks of a terminal at the ages
_ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l"  # another screen, no cursor, long lines are cut
_LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l"
_HOME, _REST_OF_LINE, _REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"


class Shows(Protocol):
    """Where readings go."""

    def show(self, platform: "Platform", pause: float) -> None:
        """One reading; the next comes after `pause` seconds, during which this returns or waits."""

    def close(self) -> None: ...


def watch_slo(call: Call, wanted: Sequence[str]) -> NoReturn:
    """Reads and shows until a signal; KeyboardInterrupt (exit 130) is how it ends.

    What is wrong at the start is raised; what goes wrong later is said, and the last good numbers stay with their age.
    """
    from kaizen_tui.metrics.platform import Looked, refresh_of
    from kaizen_tui.store.reading import read_config_file

    read = _Followed(call, wanted)
    refresh = refresh_of(read_config_file(call.workspace))
    out: Shows = _Screen(call, lambda: read.trouble) if _is_screen(call) else _Pipe(call)
    before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        while True:
            reader = read.reader()
            platform = reader.read(time.time(), looked=Looked(burns=True))
            out.show(platform, reader.pause(refresh))
    finally:
        out.close()
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, _: object) -> None:
    """A terminal must not stay as it was drawn on."""
    sys.exit(128 + number)


def _is_screen(call: Call) -> bool:
    return sys.stdout.isatty() and not (call.plain or call.json) and os.environ.get("TERM", "dumb") != "dumb"


class _Followed:
    """The reader of the components as their files and the settings are now. trouble: why they can't be read, or ""."""

    def __init__(self, call: Call, wanted: Sequence[str]) -> None:
        self._call = call
        self._wanted = wanted
        self.trouble = ""
        self._stand, self._reader = self._look(None)

    def reader(self) -> "PlatformReader":
        """The same one as long as nothing changed, so that it knows what the source last said."""
        try:
            self._stand, self._reader = self._look((self._stand, self._reader))
            self.trouble = ""
        except KaizenError as error:  # a file is being edited: go on with what was there
            self.trouble = str(error)
        return self._reader

    def _look(self, known: "tuple[object, PlatformReader] | None") -> "tuple[object, PlatformReader]":
        from kaizen_tui.store.reading import read_config_file

        files, problems = chosen(self._call, self._wanted)
        stand = (read_config_file(self._call.workspace), [(file.id, file.etag) for file in files])
        if known is not None and known[0] == stand:
            return known
        for problem in problems:
            note(safe(f"kaizen: {problem.where}: {problem.message}"))
        return stand, reader_of(self._call, files)


class _Pipe:
    """A block per reading: lines and an empty one, or with --json an object a line."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._said = ""

    def show(self, platform: "Platform", pause: float) -> None:
        if platform.trouble != self._said:
            note(safe(f"kaizen: {platform.trouble or 'the server answers again'}"))
            self._said = platform.trouble
        if self._call.json:
            import json

            from kaizen_tui.cli.slo_json import platform_json

            emit(json.dumps(platform_json(platform), allow_nan=False).replace("\x7f", "\\u007f"))
        else:
            head = [] if self._call.plain else [format_epoch(int(time.time()))]
            emit("\n".join([*head, *shown(self._call, platform, time.time()), ""]))
        sys.stdout.flush()
        time.sleep(pause)

    def close(self) -> None:
        """Nothing was taken."""


class _Screen:
    """The terminal's other screen; what was shown last stays on the first."""

    def __init__(self, call: Call, trouble: Callable[[], str]) -> None:
        self._call = call
        self._trouble = trouble
        self._last: Platform | None = None
        sys.stdout.write(_ENTER)

    def show(self, platform: "Platform", pause: float) -> None:
        self._last = platform
        end = time.monotonic() + pause
        while True:
            left = end - time.monotonic()
            self._draw(platform, max(0.0, left))
            if left <= 0:
                return
            time.sleep(min(_TICK, left))

    def _draw(self, platform: "Platform", left: float) -> None:
        from kaizen_tui.metrics.platform import aged

        now = time.time()
        platform = platform._replace(components=tuple(aged(panel, now) for panel in platform.components))
        first, *lines = shown(self._call, platform, now)
        paint = self._call.paint
        lines.insert(0, first + paint(f"  · next in {age(int(left) + 1)} · Ctrl+C ends", dim=True))
        lines[1:1] = [paint(safe(text), "red") for text in (self._trouble(),) if text]
        height = shutil.get_terminal_size().lines
        if len(lines) > height:
            hidden = len(lines) - height + 1
            lines[height - 1 :] = [paint(f"… {hidden} more lines; name components to see them", dim=True)]
        sys.stdout.write(_HOME + "\r\n".join(line + _REST_OF_LINE for line in lines) + _REST_OF_SCREEN)
        sys.stdout.flush()

    def close(self) -> None:
        sys.stdout.write(_LEAVE)
        if self._last is not None:
            emit("\n".join(shown(self._call, self._last, time.time())))
        sys.stdout.flush()
