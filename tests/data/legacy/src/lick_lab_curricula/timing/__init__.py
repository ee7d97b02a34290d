from .curriculum import CURRICULUM

from . import transitions  # isort: skip

__all__ = ["CURRICULUM", "transitions"]
