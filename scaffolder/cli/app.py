"""The commands' table and the one error handler."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from scaffolder.cli import adopt, check, create, maintain, output, run, show, showcase
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Command(TyperCommand):
    """A command whose help has its headings in bold on a terminal."""

    def get_help(self, ctx: Any) -> str:  # noqa: D102
        return output.headings(super().get_help(ctx))


class Commands(TyperGroup):
    """The table of commands: the same, and Ctrl-C in any of them."""

    def get_help(self, ctx: Any) -> str:  # noqa: D102
        return output.headings(super().get_help(ctx))

    def invoke(self, ctx: Any) -> Any:  # noqa: D102
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            output.talk("interrupted")
            raise typer.Exit(130) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        output.result(f"scaffolder {version('portfolio-scaffolder')}")
        raise typer.Exit


def scaffolder(
    ctx: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    """Generate portfolio repositories for applied AI.

    They run, are tested, and state only numbers that a run produced.

    Examples:
      scaffolder new                                     pick a template
      scaffolder new predictive-maintenance pumps --run  generate, run every stage
      scaffolder run pumps --from train                  run again from one stage
      scaffolder status --all ~/projects                 which are behind
      scaffolder update pumps --dry-run                  what it would change
      scaffolder check pumps                             what a reader will miss
      scaffolder showcase pumps --out site               a gallery of it
    """
    if ctx.invoked_subcommand is None:
        output.result(ctx.get_help())


def _help(action: Callable[..., object]) -> str:
    """Return the docstring of `action` so that typer keeps the lines of its examples as they are."""
    return inspect.cleandoc(action.__doc__ or "").replace("\n\nExamples:", "\n\n\b\nExamples:")


# Plain help instead of rich panels: importing rich for it would take longer than all the rest of `--help`.
commands = typer.Typer(
    cls=Commands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
commands.callback(invoke_without_command=True, help=_help(scaffolder))(scaffolder)
_table: dict[str, Callable[..., object]] = {
    "new": create.new,
    "run": run.run,
    "status": maintain.status,
    "update": maintain.update,
    "check": check.check,
    "showcase": showcase.showcase,
    "adopt": adopt.adopt,
    "list": show.list_templates,
    "show": show.show_template,
}
for _name, _action in _table.items():
    commands.command(_name, cls=Command, help=_help(_action))(_action)


def execute(args: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 to be put right, 2 usage, 130 interrupted.

    Anything but the errors below is a bug and shows its traceback.
    """
    output.use_replacement_characters()
    try:
        status = commands(args=args, prog_name="scaffolder", standalone_mode=False)
        sys.stdout.flush()
    except ScaffolderError as error:
        output.error(str(error))
        return 1
    except typer.TyperException as error:
        output.error(_usage_line(error))
        return error.exit_code
    except OSError as error:
        if not isinstance(error, BrokenPipeError):  # the reader, such as `head`, has seen enough
            output.error(output.os_error_line(error))
        output.drop_what_is_left()
        return 1
    return status if isinstance(status, int) else 0


def _usage_line(error: typer.TyperException) -> str:
    """Return typer's message as one line that ends with where to look."""
    message = error.format_message().replace("Value error, ", "").rstrip(".")
    ctx = getattr(error, "ctx", None)
    return f"{message}; see '{ctx.command_path} --help'" if ctx else message
