# Copyright of the lab.

"""What the policies of the lab share."""


def clamp(value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


def unused() -> None: ...
