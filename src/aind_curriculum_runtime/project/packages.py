"""Where the code of a curriculum is: in its repo, or in an installed package that the repo wraps.

Knows nothing of curricula: it is given ``package.module:OBJECT``, or a name.
"""

from __future__ import annotations

from pathlib import Path

from .distributions import normalised, origin_of, version_of

__all__ = ["as_pinned", "distribution_of", "own_packages", "top_of"]


def top_of(target: str) -> str:
    """The import package that an object is in.

    Args:
        target: ``package.module:OBJECT``.

    Returns:
        The first part of its dotted name.
    """
    return target.partition(":")[0].partition(".")[0]


def own_packages(root: Path, top: str) -> list[Path]:
    """Find an import package among a repo's own files.

    Args:
        root: The repo.
        top: Name of the package.

    Returns:
        Its folder or its module file, below ``src`` or the root; empty when the repo does not hold it, so that an
        installed package must.
    """
    found = [folder / name for name in (top, f"{top}.py") for folder in (root / "src", root)]
    return [path for path in found if path.is_dir() or (path.suffix == ".py" and path.is_file())]


def distribution_of(top: str) -> str | None:
    """Find the installed distribution that provides an import package; reads the list of files of every distribution.

    Args:
        top: Name of the package.

    Returns:
        The distribution's normalised name; None when none provides it, or several do.
    """
    import importlib.metadata

    names = {normalised(name) for name in importlib.metadata.packages_distributions().get(top, [])}
    return names.pop() if len(names) == 1 else None


def as_pinned(distribution: str) -> str | None:
    """The requirement that brings exactly what is installed here, to any machine.

    Args:
        distribution: Name of the distribution.

    Returns:
        ``name==version``, or the commit or archive that it came from; None for what was installed from a folder or
        file of this machine.
    """
    origin = origin_of(distribution)
    if origin is None:
        return f"{distribution}=={version_of(distribution)}"
    if origin.url.startswith("file:"):
        return None
    return f"{distribution} @ {origin.url if origin.commit is None else f'git+{origin.url}@{origin.commit}'}"
