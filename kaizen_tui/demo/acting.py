"""Who does what in the demonstration: commands of Kaizen and git as people type them, each one told and kept."""

import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from kaizen_tui.core.errors import StoreError
from kaizen_tui.demo.stage import Part, Stage
from kaizen_tui.demo.telling import Teller, Told

ADA = "Ada Lovelace <ada@shop.example>"  # writes the changes
BOB = "Bob Stone <bob@shop.example>"  # reviews
CARLA = "Carla Ruiz <carla@shop.example>"  # approves the release where nobody watches


class Done(NamedTuple):
    """How a command ended and what it printed, errors and warnings in between."""

    code: int
    out: str


class Cast:
    """commands: all that were typed so far, with who did."""

    def __init__(self, stage: Stage, teller: Teller) -> None:
        self.stage = stage
        self.teller = teller
        self.commands: list[tuple[str, str]] = []

    def kaizen(self, actor: str, *words: str, codes: Sequence[int] = (0,), quiet: bool = False) -> Done:
        """`kaizen WORDS` in the workspace. codes: those that are right here; else StoreError. quiet: its output is
        not shown."""
        self._typed(actor, "kaizen", *words)
        done = self.ask(*words, actor=actor)
        if not quiet:
            self._show(done.out)
        if done.code not in codes:
            what = f"`{shlex.join(['kaizen', *words])}` ended with {done.code}"
            raise StoreError(f"{what}: {' '.join(done.out.split())[-600:]}")
        return done

    def ask(self, *words: str, actor: str = ADA) -> Done:
        """The same, neither told nor kept."""
        part = self._begin("kaizen", _KAIZEN, words, actor)
        out = part.process.stdout.read() if part.process.stdout is not None else ""
        return Done(self.stage.done(part), out)

    def data(self, *words: str) -> Any:
        """What a command says with --json."""
        return json.loads(self.ask(*words, "--json").out)

    def driving(self, *words: str) -> Part:
        """A command of Kaizen's that goes on; `process.stdout` has its lines."""
        self._typed("", "kaizen", *words)
        return self._begin("controller", _KAIZEN, [*words, "--json"], "kaizen run")

    def git(self, *words: str, cwd: Path | None = None, told: bool = True) -> str:
        """A git command of Ada's; what it printed. Raises StoreError."""
        if told:
            self._typed(ADA, "git", *words)
        name, _, email = ADA.removesuffix(">").partition(" <")
        own = ["-c", f"user.name={name}", "-c", f"user.email={email}", "-c", "init.defaultBranch=main"]
        part = self._begin("git", ["git", *own], words, ADA, cwd)
        out = part.process.stdout.read() if part.process.stdout is not None else ""
        if self.stage.done(part):
            raise StoreError(f"`{shlex.join(['git', *words])}` failed: {' '.join(out.split())[-600:]}")
        return out.strip()

    def _begin(self, name: str, program: list[str], words: Sequence[str], actor: str, cwd: Path | None = None) -> Part:
        env = {**self.stage.env, "KAIZEN_ACTOR": actor}
        return self.stage.start(name, [*program, *words], cwd or self.stage.root, env, piped=True)

    def _typed(self, actor: str, *words: str) -> None:
        line = shlex.join(words)
        who = actor.partition(" <")[0]
        self.commands.append((who, line))
        self.teller.tell(Told("run", line, actor=who))

    def _show(self, text: str) -> None:
        for line in text.splitlines():
            self.teller.tell(Told("out", line))


_KAIZEN = [sys.executable, "-m", "kaizen_tui.cli.entry"]
