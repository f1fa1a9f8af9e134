"""Labelled frames from wherever they are: folders, manifests, arrays, the simulator.

`open_dataset(source or spec)` gives a `Dataset`; its `spec` opens the same anywhere.
"""

from featcls.dataset.arrays import from_arrays
from featcls.dataset.dataset import Dataset, open_dataset
from featcls.dataset.together import kept_together

__all__ = ["Dataset", "from_arrays", "kept_together", "open_dataset"]
