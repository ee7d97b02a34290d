"""Rules: when a subject moves up or down.

Trainer states name each rule by its path, coupled_baiting.rules.st_stage_1_stage_2, so every rule belongs in this file:
one that is moved or renamed later needs a line in FORMERLY, or the states of subjects in training do not find it.
"""

from .metrics import ForagingMetrics

# Stage transitions: given the metrics, whether the subject moves. A missing efficiency is not a number, and no
# comparison with it holds: a session without a trial never moves a subject up, and moves it down by its trials alone.


def st_stage_1_stage_2(metrics: ForagingMetrics) -> bool:
    """Enough trials, and better than chance would do."""
    return metrics.mean_finished_trials(1) >= 200 and metrics.mean_foraging_efficiency(1) >= 0.6


def st_stage_2_stage_3(metrics: ForagingMetrics) -> bool:
    """More trials, and more efficient."""
    return metrics.mean_finished_trials(1) >= 300 and metrics.mean_foraging_efficiency(1) >= 0.65


def st_stage_2_stage_1(metrics: ForagingMetrics) -> bool:
    """Too few trials, or not efficient."""
    return metrics.mean_finished_trials(1) < 200 or metrics.mean_foraging_efficiency(1) < 0.55


def st_stage_3_stage_final(metrics: ForagingMetrics) -> bool:
    """Ready for the full task."""
    return metrics.mean_finished_trials(1) >= 400 and metrics.mean_foraging_efficiency(1) >= 0.7


def st_stage_3_stage_2(metrics: ForagingMetrics) -> bool:
    """Too few trials, or not efficient."""
    return metrics.mean_finished_trials(1) < 200 or metrics.mean_foraging_efficiency(1) < 0.6


def st_stage_final_graduated(metrics: ForagingMetrics) -> bool:
    """Five sessions in a row at the full task, good on the average, and ten in all."""
    return (
        metrics.session_total >= 10
        and metrics.session_at_current_stage >= 5
        and metrics.mean_finished_trials(5) >= 500
        and metrics.mean_foraging_efficiency(5) >= 0.7
    )


def st_stage_final_stage_3(metrics: ForagingMetrics) -> bool:
    """Two sessions with too few trials, or not efficient, on the average."""
    return metrics.mean_finished_trials(2) < 400 or metrics.mean_foraging_efficiency(2) < 0.6
