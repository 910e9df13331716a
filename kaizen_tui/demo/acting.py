"""Who does what in the demonstration: commands of Kaizen and git as people type them, each one told and kept."""

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
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
        part = self._begin("kaizen", words, actor)
        out = part.process.stdout.read() if part.process.stdout is not None else ""
        return Done(self.stage.done(part), out)

    def data(self, *words: str) -> Any:
        """What a command says with --json."""
        return json.loads(self.ask(*words, "--json").out)

    def driving(self, *words: str) -> Iterator[dict[str, Any]]:
        """A command of Kaizen's that tells of each look in a line of JSON. It is ended when nobody listens any more."""
        self._typed("", "kaizen", *words)
        part = self._begin("controller", [*words, "--json"], "kaizen run")
        try:
            for line in part.process.stdout or ():
                try:
                    yield json.loads(line)
                except ValueError:
                    self._show(line)  # a warning of its
        finally:
            part.cut()
            self.stage.done(part)

    def git(self, *words: str, cwd: Path | None = None, told: bool = True, stdin: str = "") -> str:
        """A git command of Ada's; what it printed. stdin: what it reads. Raises StoreError."""
        if told:
            self._typed(ADA, "git", *words)
        name, _, email = ADA.removesuffix(">").partition(" <")
        own = ["-c", f"user.name={name}", "-c", f"user.email={email}", "-c", "init.defaultBranch=main"]
        self.stage.check()
        done = subprocess.run(
            ["git", *own, *words], cwd=cwd or self.stage.root, env=self.stage.env, input=stdin, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        if done.returncode:
            said = " ".join(done.stdout.split())[-600:]
            raise StoreError(f"`{shlex.join(['git', *words])}` failed: {said}")
        return done.stdout.strip()

    def _begin(self, name: str, words: Sequence[str], actor: str) -> Part:
        env = {**self.stage.env, "KAIZEN_ACTOR": actor}
        return self.stage.start(name, [*_KAIZEN, *words], self.stage.root, env, piped=True)

    def _typed(self, actor: str, *words: str) -> None:
        line = shlex.join(words)
        who = actor.partition(" <")[0]
        self.commands.append((who, line))
        self.teller.tell(Told("run", line, actor=who))

    def _show(self, text: str) -> None:
        for line in text.splitlines():
            self.teller.tell(Told("out", line))


def act_in_words(act: Mapping[str, Any]) -> str:
    """An act of `kaizen run --json`."""
    share = f" {act['share'] * 100:g} %" if act["act"] == "set_share" else ""
    return f"{act['act'].replace('_', ' ')}{share}" + (f": {act['reason']}" if act["reason"] else "")


_KAIZEN = [sys.executable, "-m", "kaizen_tui.cli.entry"]
