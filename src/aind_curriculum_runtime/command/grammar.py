"""The command line's grammar: click, made to fail as the contract says.

Owns what all commands share of reading a command line: commands that are imported only when they are called, faults
as ``usage.invalid``, help of a fixed width. Nothing here prints: click's own ``main``, which does, and which obeys a
variable of the environment, is not called. Knows nothing of what a command does.
"""

from __future__ import annotations

import functools
import importlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click

from ..contract.errors import CurriculumError
from .declared import Declared

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["Answered", "CommandLine", "Commands", "ProcessFacts", "command", "read"]

_PACKAGE: Final = __package__.partition(".")[0]
_WIDTH: Final = 100


class Answered(Exception):
    """The command line asked for a text, such as the help, which takes the place of a command's result.

    Args:
        text: All that stdout will hold.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class ProcessFacts(NamedTuple):
    """What a command may know of the process it runs in; ``click.pass_obj`` hands it over.

    Attributes:
        stdout_is_terminal: Whether a person is going to read the result as it comes.
    """

    stdout_is_terminal: bool


class CommandLine(NamedTuple):
    """A command line that was read; nothing is done yet.

    Attributes:
        name: The command.
        verbosity: How often ``-v`` was given.
        carry_out: Does it; gives what the command gives.
    """

    name: str
    verbosity: int
    carry_out: Callable[[], Any]


def read(commands: Commands, arguments: Sequence[str], process: ProcessFacts | None = None) -> CommandLine:
    """Read a command line.

    Args:
        commands: The program.
        arguments: What was typed after its name.
        process: What commands may ask for.

    Returns:
        The call, to be carried out.

    Raises:
        Answered: The help or another text was asked for.
        CurriculumError: ``usage.invalid``.
    """
    try:
        with commands.make_context(commands.name, list(arguments), obj=process) as context:
            call: CommandLine = commands.invoke(context)
    except click.UsageError as error:
        raise _refused(error, commands) from None
    return call


def command(help: str | None, examples: str, *options: click.Option) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function the command of its module.

    Args:
        help: What it does; the module's docstring.
        examples: Lines to try, shown below the options.
        options: More options, which come last in the help.

    Returns:
        A decorator, above those of click's options and arguments.
    """

    def made(function: Callable[..., Any]) -> click.Command:
        declared = click.command(cls=_Command, help=help, epilog=examples, add_help_option=False)(function)
        declared.params += [*options, _HELP]
        return declared

    return made


def _answer_help(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked and not context.resilient_parsing:
        raise Answered(f"{context.get_help()}\n")


_HELP: Final = click.Option(
    ["-h", "--help"],
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_answer_help,
    help="show this help and stop",
)


class _Formatter(click.HelpFormatter):
    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, "usage: ")

    def write_heading(self, heading: str) -> None:
        super().write_heading(heading.lower())


class _Context(click.Context):
    formatter_class = _Formatter


class _Strict(click.Command):
    """What commands and groups share: strict reading, and help that is written as it stands."""

    context_class = _Context

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.options_metavar = "[options]"
        # A fixed width: click would ask the environment and the terminal.
        self.context_settings = {"terminal_width": _WIDTH}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        typed = args[: args.index("--")] if "--" in args else list(args)
        try:
            if not ctx.resilient_parsing:
                self._require_values_given_once(ctx, list(args))
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if {"-h", "--help"} & set(typed):
                raise Answered(f"{ctx.get_help()}\n") from None
            error.ctx = ctx  # which click leaves out of some
            raise (self._whole(error, typed) if isinstance(error, click.NoSuchOption) else error) from None

    def _require_values_given_once(self, ctx: click.Context, args: list[str]) -> None:
        """Refuse what click lets pass: a second value, of which only the last counts, and an option as a value."""
        options = _option_names(self)
        values, _, order = self.make_parser(ctx).parse_args(args)
        for option, count in Counter(order).items():
            if not isinstance(option, click.Option) or option.is_flag or option.count or option.multiple:
                continue
            if count > 1:
                raise click.UsageError(f"{'/'.join(option.opts)} was given twice.", ctx)
            if values[option.name] in options:
                raise click.BadOptionUsage(option.opts[0], f"Option {option.opts[0]!r} requires an argument.", ctx)

    def _whole(self, error: click.NoSuchOption, typed: list[str]) -> click.NoSuchOption:
        """The option as it was typed: click takes ``-path`` for ``-p`` and more."""
        name = error.option_name
        whole = name if name.startswith("--") else next((one for one in typed if one.startswith(name)), name)
        return click.NoSuchOption(whole, possibilities=_option_names(self), ctx=error.ctx)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(f"\n{(self.help or '').rstrip()}\n")

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("examples"):
            formatter.write(f"{(self.epilog or '').rstrip()}\n")


class _Command(_Strict):
    def invoke(self, ctx: click.Context) -> CommandLine:
        """Give the call instead of carrying it out: the process has to know first which command it is."""
        verbosity: int = ctx.params.pop("verbose", 0)
        return CommandLine(str(ctx.info_name), verbosity, functools.partial(super().invoke, ctx))


class Commands(_Strict, click.Group):
    """A program of commands, or a group of them below one: each is imported only when it is called.

    Args:
        program: As it is typed; of a group the whole of it, such as ``curricula subjects``.
        table: Its commands, in the order of the help.
        help: What it does.
        examples: Lines to try, shown below the commands.
        options: What it takes without a command.
    """

    name: str

    def __init__(
        self, program: str, table: Iterable[Declared], help: str, examples: str, *options: click.Option
    ) -> None:
        super().__init__(
            program,
            help=help,
            epilog=f"{examples}\n\n`{program} COMMAND --help` tells more of one.",
            params=[*options, _HELP],
            add_help_option=False,
            subcommand_metavar="COMMAND [options]",
            no_args_is_help=False,
        )
        self.options_metavar = None
        self.table = {one.name: one for one in table}

    @property
    def listed(self) -> str:
        """All commands in a sentence."""
        return f"Commands: {', '.join(self.table)}."

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but that nothing at all is a fault."""
        if not args and not ctx.resilient_parsing:
            raise _NoCommand("", ctx)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None when there is none of that name."""
        if cmd_name not in self.table:
            return None
        found: click.Command = importlib.import_module(f"{_PACKAGE}.{self.table[cmd_name].module}").execute
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but for the names that are near, which click takes from the commands that are imported."""
        if args[0] not in self.table and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=self.table, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write them by heading."""
        for heading in dict.fromkeys(one.heading for one in self.table.values()):
            with formatter.section(heading):
                formatter.write_dl([(one.name, one.help) for one in self.table.values() if one.heading == heading])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands and of the program's own options, with nothing imported."""
        from click.shell_completion import CompletionItem

        names = [one for one in self.table.values() if one.name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [CompletionItem(one.name, help=one.help) for one in names] + options


class _NoCommand(click.UsageError):
    """A program or a group was called without a command."""


def _option_names(command: click.Command) -> list[str]:
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    return [name for one in options for name in (*one.opts, *one.secondary_opts)]


def _refused(error: click.UsageError, commands: Commands) -> CurriculumError:
    program = error.ctx.command_path if error.ctx is not None else commands.name
    if error.ctx is not None and isinstance(error.ctx.command, Commands):
        commands = error.ctx.command  # or a group of it
    if isinstance(error, _NoCommand):
        return CurriculumError("usage.invalid", "No command was given.", commands.listed)
    see = f"See `{program} --help`."
    if isinstance(error, click.NoSuchCommand):
        near = error.possibilities
        hint = f"Did you mean `{program} {near[0]}`?" if near else commands.listed
        return CurriculumError("usage.invalid", f"There is no command {error.command_name!r}.", hint)
    if isinstance(error, click.NoSuchOption):
        if program == commands.name:
            message = f"There is no option {error.option_name!r} without a command."
            first = "run" if "run" in commands.table else next(iter(commands.table))
            return CurriculumError("usage.invalid", message, f"Put the command first: `{program} {first}`.")
        assert error.ctx is not None
        begun = [name for name in _option_names(error.ctx.command) if name.startswith(error.option_name)]
        near = begun or error.possibilities
        hint = f"Did you mean {near[0]}? {see}" if near else see
        return CurriculumError("usage.invalid", f"There is no option {error.option_name!r}.", hint)
    message = " ".join(error.format_message().split()).removesuffix(".")
    return CurriculumError("usage.invalid", f"{message[:1].upper()}{message[1:]}.", see)
