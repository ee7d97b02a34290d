"""Curricula of the licking task."""

from importlib.metadata import version

__version__ = version("lick-lab-curricula")
