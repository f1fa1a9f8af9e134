"""How good scores are: metrics, their intervals, and the figures that a report shows."""

from featcls.evaluate.intervals import bootstrap, interval, wilson
from featcls.evaluate.metrics import METRICS, check_metric, loss_of, measure, predicted
from featcls.evaluate.report import report

__all__ = [
    "METRICS",
    "bootstrap",
    "check_metric",
    "interval",
    "loss_of",
    "measure",
    "predicted",
    "report",
    "wilson",
]
