from .curriculum import CURRICULUM, TRAINER, run

__all__ = ["CURRICULUM", "TRAINER", "run"]
