"""Labelled frames from wherever they are: folders, manifests, arrays, the simulator.

`open_dataset(source or spec)` gives a `Dataset`; its `spec` opens the same anywhere.
"""

from featcls.dataset.arrays import from_arrays
from featcls.dataset.dataset import Dataset, open_dataset

__all__ = ["Dataset", "from_arrays", "open_dataset"]
