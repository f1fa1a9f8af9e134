"""Who trains, who is scored, who is kept for the end."""

from featcls.splits.division import divide
from featcls.splits.drawing import hold_out
from featcls.splits.folding import folds
from featcls.splits.roles import Roles, assign_splits
from featcls.splits.stratum import strata

__all__ = ["Roles", "assign_splits", "divide", "folds", "hold_out", "strata"]
