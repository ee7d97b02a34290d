"""The colours of a stage, from red for the first to green for graduation."""

from __future__ import annotations

import colorsys
from functools import lru_cache

__all__ = ["shade", "stroke"]


def shade(progress: float) -> str:
    """Give the light colour of a stage, for what is behind text.

    Args:
        progress: How far along the stage is, from 0 to 1.

    Returns:
        ``#rrggbb``.
    """
    return _hex(progress, lightness=0.88, saturation=0.75)


def stroke(progress: float) -> str:
    """Give the strong colour of a stage, for lines; it can be seen on a white and on a dark page.

    Args:
        progress: How far along the stage is, from 0 to 1.

    Returns:
        ``#rrggbb``.
    """
    return _hex(progress, lightness=0.40, saturation=0.72)


@lru_cache(maxsize=1024)
def _hex(progress: float, *, lightness: float, saturation: float) -> str:
    red, green, blue = colorsys.hls_to_rgb(progress * 130 / 360, lightness, saturation)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"
