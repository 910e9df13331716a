"""The `kaizen` group. A subcommand's module is imported when that subcommand runs, never for the help."""

import os
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn

import click

from kaizen_tui import __version__
from kaizen_tui.cli.errors import complain, error_line, guarded, wants_debug

COMPLETE_VARIABLE = "_KAIZEN_COMPLETE"


class Entry(NamedTuple):
    """A subcommand: the module and name of its click command, and its line in `kaizen --help` ("" hides it)."""

    module: str
    attribute: str
    summary: str


def _entry(family: str, attribute: str, summary: str = "") -> Entry:
    return Entry(f"kaizen_tui.cli.{family}", attribute, summary)


SECTIONS: dict[str, dict[str, Entry]] = {
    "Tickets": {
        "new": _entry("tickets", "new", "Make a ticket with all its files; prints the id."),
        "list": _entry("tickets", "list_", "List tickets, filtered."),
        "show": _entry("tickets", "show", "One ticket on one screen; its log, patch spec or score-card."),
        "update": _entry("tickets", "update", "Change fields; a new status passes its gates."),
        "edit": _entry("editing", "edit", "Open the ticket in your editor."),
    },
    "Governance": {
        "why": _entry("governance", "why", "What holds the ticket where it is, and what would move it."),
        "approve": _entry("governance", "approve", "Approve the plan, the canary or the promotion."),
        "reject": _entry("governance", "reject", "Say no, with the reason; shuts the gate."),
        "signoff": _entry("governance", "signoff", "Sign off a manual success criterion."),
        "comment": _entry("governance", "comment", "Add a comment to the ticket's log."),
    },
    "Stages": {
        "plan": _entry("planning", "plan", "Draft tickets from alerts: a file, or Alertmanager's webhook."),
        "create": _entry("creating", "create", "A worktree and a branch for the change; a generator may propose it."),
        "evaluate": _entry("evaluating", "evaluate", "Test and measure a change in the sandbox, for its score-card."),
        "replay": _entry("replay", "replay", "Recordings of requests, for evaluations to play again."),
        "score": _entry("scoring", "score", "Make a score-card from test and benchmark results that you have."),
        "judge": _entry("judge", "judge", "Replay recorded observations through the canary judge."),
    },
    "Canary": {
        "deploy": _entry("canary", "deploy", "Start a canary: the first share of the users."),
        "run": _entry("canary", "run", "Drive canaries to their ends: steps, roll-backs, releases."),
        "observe": _entry("canary", "observe", "How a canary stands; one look, or each new one."),
        "learn": _entry("canary", "learn", "One look at a canary, and what follows from it, now."),
        "pause": _entry("canary", "pause", "Take a canary from all users for now."),
        "resume": _entry("canary", "resume", "Give a paused canary its share again."),
        "abort": _entry("canary", "abort", "Abort a ticket; its canary is rolled back first."),
    },
    "Audit": {
        "log": _entry("audit", "log", "The audit trail, with what verifies and what doesn't."),
        "verify": _entry("audit", "verify", "Prove that no log entry was changed, dropped or reordered."),
        "lint": _entry("audit", "lint", "Check the files' content, with path:line."),
    },
    "Registry": {
        "component": _entry("registry", "component", "Make or change a component."),
        "components": _entry("registry", "components", "List the components."),
        "slo": _entry("slo", "slo", "How the components stand: values, targets, error budgets, burn rates."),
        "export": _entry("export", "export", "Alert rules, Grafana dashboards, OpenSLO, the board."),
    },
    "Workspace": {
        "init": _entry("workspace", "init", "Make a workspace."),
        "doctor": _entry("workspace", "doctor", "Check the workspace's health, and mend it."),
        "trust": _entry("trusting", "trust", "Let config.yml's commands and splitters act on this machine."),
        "completion": _entry("workspace", "completion", "Print the completion script of a shell."),
        "merge-driver": _entry("workspace", "merge_driver"),
    },
}
COMMANDS: dict[str, Entry] = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class LazyGroup(click.Group):
    """A group whose commands are imported by name, one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name, entry in COMMANDS.items() if entry.summary]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        from importlib import import_module

        command = getattr(import_module(entry.module), entry.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{entry.attribute} is no command")
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            from kaizen_tui.core.errors import UsageError
            from kaizen_tui.core.ids import nearest

            near = nearest(args[0], self.list_commands(ctx))
            hint = f"did you mean `kaizen {near}`?" if near else "see `kaizen --help`"
            raise UsageError(f"no such command `{args[0]}`", hint=hint)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sections of the help, from the table: no subcommand is imported for it."""
        for title, commands in SECTIONS.items():
            rows = [(name, entry.summary) for name, entry in commands.items() if entry.summary]
            with formatter.section(title):
                formatter.write_dl(rows, col_spacing=12 - max(map(len, commands)) + 2)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        options = click.Command.shell_complete(self, ctx, incomplete)
        names = [
            CompletionItem(name, help=entry.summary)
            for name, entry in COMMANDS.items()
            if entry.summary and name.startswith(incomplete)
        ]
        return [*names, *options]

    def main(self, args: Sequence[str] | None = None, *_: Any, **__: Any) -> NoReturn:
        """Runs a command line and exits; click's own handling of errors is replaced by `run`."""
        sys.exit(run(sys.argv[1:] if args is None else list(args)))


EPILOG = (
    "Start with `kaizen init`, then `kaizen new TITLE --component ID`, `kaizen why KAIZ-001` says what comes next. "
    "Everything is a file: registry/kaizen/ and tickets/."
)


@click.command(
    cls=LazyGroup,
    name="kaizen",
    invoke_without_command=True,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option("-C", "--workspace", metavar="DIR", help="The workspace; else $KAIZEN_WORKSPACE, else found from here.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error (also KAIZEN_DEBUG=1).")
@click.version_option(__version__, prog_name="kaizen", message="%(prog)s %(version)s")
@click.pass_context
def group(ctx: click.Context, workspace: str | None, debug: bool) -> int:
    """A closed improvement loop for a platform's components, as files in git."""
    del debug  # read from argv before click parses, so that it holds for errors of the command line as well
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
    return 0


def run(argv: Sequence[str]) -> int:
    """Runs one command line; returns its exit code. Never raises, but for what can't be caught."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # a terminal that can't show a character gets its escape instead of an exception
            reconfigure(errors="backslashreplace")
    debug = wants_debug(argv)
    return guarded(lambda: _invoke(list(argv)), debug=debug)


def _invoke(argv: list[str]) -> int:
    instruction = os.environ.get(COMPLETE_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        return shell_complete(group, {}, "kaizen", COMPLETE_VARIABLE, instruction)
    try:
        with group.make_context("kaizen", argv) as ctx:
            code = group.invoke(ctx)
    except click.exceptions.Exit as stop:  # --help, --version
        return stop.exit_code
    if isinstance(code, int):
        return code
    complain(error_line("the command gave no exit code"))
    return 6
