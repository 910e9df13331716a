"""A command with subcommands of its own, such as `kaizen export rules`. Light."""

import click


class Subcommands(click.Group):
    """A wrong subcommand is answered with the nearest."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
            from kaizen_tui.core.errors import UsageError
            from kaizen_tui.core.ids import nearest

            near = nearest(args[0], self.commands)
            hint = f"did you mean `kaizen {self.name} {near}`?" if near else f"see `kaizen {self.name} --help`"
            raise UsageError(f"no such command `{self.name} {args[0]}`", hint=hint)
        return super().resolve_command(ctx, args)
