"""The colour of a stage: its place on the way to graduation, from red to green."""

from __future__ import annotations

import colorsys
from functools import lru_cache

__all__ = ["shade", "stroke"]


def shade(progress: float) -> str:
    """The light colour of a stage: from red to green along the way to graduation.

    Args:
        progress: From 0 to 1.

    Returns:
        ``#rrggbb``.
    """
    return _hex(progress, lightness=0.88, saturation=0.75)


def stroke(progress: float) -> str:
    """The strong colour of a stage, legible on white and on a dark page.

    Args:
        progress: From 0 to 1.

    Returns:
        ``#rrggbb``.
    """
    return _hex(progress, lightness=0.40, saturation=0.72)


@lru_cache(maxsize=1024)
def _hex(progress: float, *, lightness: float, saturation: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(progress * 130 / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
