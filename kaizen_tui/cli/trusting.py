"""`kaizen trust`: lets the commands and splitters of config.yml act on this machine."""

import os
from typing import TYPE_CHECKING

import click

from kaizen_tui.cli.errors import EXIT_DONE, EXIT_NO
from kaizen_tui.cli.invocation import Call, command
from kaizen_tui.cli.output import emit, emit_json
from kaizen_tui.core.text import safe

if TYPE_CHECKING:
    from kaizen_tui.core.config import Config


@command("trust")
@click.option("--revoke", is_flag=True, help="Take it back, for all that the file ever said.")
@click.option("--check", is_flag=True, help="Change nothing; exit 1 when the commands may not run.")
def trust(call: Call, revoke: bool, check: bool) -> int:
    """Lets the commands and splitters of this workspace's config.yml act on this machine.

    Shows them first: read them, they run with your rights. A later change of the file, whoever makes it, needs your
    trust again. Scripts that the commands start are not looked at.
    """
    from kaizen_tui.core.errors import UsageError
    from kaizen_tui.loop.models import load_config
    from kaizen_tui.store import trust as kept

    if revoke and check:
        raise UsageError("--revoke and --check don't go together")
    workspace = call.workspace
    commands = commands_of(load_config(workspace))
    if revoke:
        kept.revoke(workspace, os.environ)
    elif not check:
        kept.trust(workspace, os.environ)
    trusted = kept.is_trusted(workspace, os.environ)
    if call.json:
        emit_json({"trusted": trusted, "commands": [{"name": name, "argv": list(argv)} for name, argv in commands]})
    else:
        for line in touching_lines(load_config(workspace)):
            emit(safe(line))
        for name, argv in commands:
            emit(f"{safe(name)}: {safe(_shown(argv))}")
        may = "may" if trusted else "may not"
        count = f"{len(commands) or 'no'} command{'' if len(commands) == 1 else 's'}"
        emit(f"{count} in config.yml; commands of this file {may} run on this machine")
    return EXIT_NO if check and not trusted else EXIT_DONE


def commands_of(config: "Config") -> list[tuple[str, tuple[str, ...]]]:
    """Every command that the settings hold: (where, argv)."""
    found = [(f"generators.{name}", generator.command) for name, generator in config.generators.items()]
    found += [
        (f"splitters.{name}", splitter.command)
        for name, splitter in config.splitters.items()
        if splitter.type == "command"
    ]
    return found + [(f"notify[{nth}]", one.command) for nth, one in enumerate(config.notify) if one.command is not None]


def touching_lines(config: "Config") -> list[str]:
    """What acts without a command: splitters on a socket and files of other programs, webhooks on addresses; and what
    makes the sandbox weaker."""
    from kaizen_tui.notify.receivers import address_of

    lines = []
    if config.sandbox.mode != "bubblewrap":
        lines.append(f"sandbox.mode: {config.sandbox.mode}: evaluations and generators run without the sandbox")
    if config.sandbox.network == "host":
        lines.append("sandbox.network: host: evaluations may use the network")
    for name, generator in config.generators.items():
        given = ["the network"] if generator.network == "host" else []
        given += [f"${variable}" for variable in generator.pass_env] + list(generator.read_only)
        if given:
            lines.append(f"generators.{name}: gets {', '.join(given)}")
    for name, one in config.splitters.items():
        if one.type == "haproxy":
            lines.append(f"splitters.{name}: sets {one.limit_map} and {one.salt_map} through {one.socket}")
        elif one.type == "flagd":
            lines.append(f"splitters.{name}: writes the flag {one.flag} in {one.file}")
    for nth, notify in enumerate(config.notify):
        if notify.webhook is not None:
            lines.append(f"notify[{nth}]: posts to {address_of(notify.webhook)}")
    return lines


def _shown(argv: tuple[str, ...]) -> str:
    from shlex import join

    return join(argv)
