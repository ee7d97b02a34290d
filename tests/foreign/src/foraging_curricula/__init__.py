"""Curricula of the foraging task, side by side in one package."""

from importlib.metadata import version

__version__ = version("foraging-curricula")
