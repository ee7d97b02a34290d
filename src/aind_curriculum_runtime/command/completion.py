"""Completion in shells: a script for each, and what the script asks for while somebody types.

click has both, but its scripts ask by a variable of the environment, which here changes nothing. So these are its
scripts with a call in its place: ``curriculum completion SHELL --complete INDEX LINE``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click
from click.shell_completion import ShellComplete, get_completion_class, split_arg_string

__all__ = ["SHELLS", "answer", "completion_options"]

_BASH: Final = """\
_%(program)s_completion() {
    local type value
    COMPREPLY=()
    while IFS=, read -r type value; do
        case "$type" in
            dir) compopt -o dirnames ;;
            file) compopt -o default ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <("$1" completion bash --complete "$COMP_CWORD" "${COMP_WORDS[*]}" 2>/dev/null)
}
complete -o nosort -F _%(program)s_completion %(program)s
"""

_ZSH: Final = """\
#compdef %(program)s
_%(program)s_completion() {
    local -a plain described answer
    local type value help
    answer=("${(@f)$("${words[1]}" completion zsh --complete $((CURRENT-1)) "${words[*]}" 2>/dev/null)}")
    for type value help in "${(@)answer}"; do
        case "$type" in
            dir) _path_files -/ ;;
            file) _path_files -f ;;
            plain) if [[ "$help" == "_" ]]; then plain+=("$value"); else described+=("$value:$help"); fi ;;
        esac
    done
    [[ -n "$described" ]] && _describe -V unsorted described -U
    [[ -n "$plain" ]] && compadd -U -V unsorted -a plain
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _%(program)s_completion "$@"
else
    compdef _%(program)s_completion %(program)s
fi
"""

_FISH: Final = """\
function _%(program)s_completion
    set -l index (count (commandline -opc))
    set -l line (string join " " -- (commandline -cp))
    for item in (%(program)s completion fish --complete $index $line 2>/dev/null)
        set -l parts (string split -m 1 "," -- $item)
        switch $parts[1]
            case dir
                __fish_complete_directories $parts[2]
            case file
                __fish_complete_path $parts[2]
            case plain
                echo $parts[2]
        end
    end
end
complete --no-files --command %(program)s --arguments "(_%(program)s_completion)"
"""

_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName %(program)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $index = $commandAst.CommandElements.Count
    if ($wordToComplete) { $index -= 1 }
    $lines = @(& %(program)s completion powershell --complete $index $commandAst.ToString() 2>$null)
    for ($i = 0; $i + 2 -lt $lines.Count; $i += 3) {
        $type, $value, $help = $lines[$i..($i + 2)]
        if ($type -eq 'plain') {
            $tip = if ($help -ne '_') { $help } else { $value }
            [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $tip)
        } else {
            Get-ChildItem -Directory:($type -eq 'dir') -Path "$wordToComplete*" -ErrorAction SilentlyContinue |
                ForEach-Object {
                    [System.Management.Automation.CompletionResult]::new(
                        $_.FullName, $_.Name, 'ProviderItem', $_.FullName)
                }
        }
    }
}
"""

SHELLS: Final = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH, "powershell": _POWERSHELL}


def completion_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare what ``completion`` takes: the shell; from the script also which word is typed, and the line."""
    shell = click.argument("shell", type=click.Choice(tuple(SHELLS)), metavar="SHELL", help=", ".join(SHELLS))
    typed = click.option("--complete", "typed", type=(int, str), hidden=True)
    return click.pass_context(shell(typed(function)))


def answer(context: click.Context, shell: str, typed: tuple[int, str] | None) -> str:
    """Give a shell its script, or the script what it asks for.

    Args:
        context: Of the command ``completion``, below its program's.
        shell: One of ``SHELLS``.
        typed: Which word is being typed, and the whole line as it stands; None for the script.

    Returns:
        Text for stdout.
    """
    program = context.find_root().command
    if typed is None:
        return SHELLS[shell] % {"program": program.name}
    index, line = typed
    words = split_arg_string(line)
    completer = (get_completion_class(shell) or ShellComplete)(program, {}, str(program.name), "")
    found = completer.get_completions(words[1:index], words[index] if index < len(words) else "")
    return "".join(f"{completer.format_completion(item)}\n" for item in found)
