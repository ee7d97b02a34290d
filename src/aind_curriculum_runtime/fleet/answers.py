"""The answers file after an update: the template's answers are new, everything else in it stays.

Owns this one merge. Copier writes the file anew, without the keys and comments that people put into it.
"""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["merged_answers"]


def merged_answers(before: str, base: str, after: str) -> str:
    """Bring an update's answers into an answers file.

    Args:
        before: The repo's file, YAML with one key a line.
        base: The file as the template's old version writes it: its keys are the template's, all others people's.
        after: The file as Copier wrote it.

    Returns:
        ``before`` with the values of ``after``, new keys at its end, and without the keys that the template dropped.
    """
    ours, old, new = _nodes(before), _nodes(base), _nodes(after)
    text = before
    for name, (key, value) in sorted(ours.items(), key=lambda item: item[1][0].start_mark.index, reverse=True):
        start, end = key.start_mark.index, _end(value)
        if name in new and _plain(value) != _plain(new[name][1]):
            text = text[:start] + _written(after, new[name]) + text[end:]
        elif name in old and name not in new:
            line_end = text.find("\n", end) + 1
            text = text[:start] + (text[line_end:] if line_end else "")
    added = [_written(after, pair) + "\n" for name, pair in new.items() if name not in ours]
    return text if not added else text.rstrip("\n") + "\n" + "".join(added)


_Pair = tuple[yaml.Node, yaml.Node]


def _nodes(text: str) -> dict[str, _Pair]:
    """Keys and values with their places in the text."""
    found = yaml.compose(text, Loader=yaml.SafeLoader)
    return {str(key.value): (key, value) for key, value in found.value} if isinstance(found, yaml.MappingNode) else {}


def _written(text: str, pair: _Pair) -> str:
    return text[pair[0].start_mark.index : _end(pair[1])].rstrip()


def _end(node: yaml.Node) -> int:
    """Where a value ends: a list or mapping of several lines else reaches over the comments below it."""
    last: Any = node.value[-1] if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value else None
    if last is None:
        return int(node.end_mark.index)
    return _end(last[1] if isinstance(last, tuple) else last)


def _plain(node: yaml.Node) -> Any:
    """A value as its tags and contents, whatever way it was written."""
    if isinstance(node, yaml.MappingNode):
        return node.tag, [(_plain(key), _plain(value)) for key, value in node.value]
    return node.tag, [_plain(one) for one in node.value] if isinstance(node, yaml.SequenceNode) else node.value
