"""The contracts of plugins as a public suite: what an author runs before publishing.

Each function counts its checks and returns a `Report`; if any fails it raises `BrokenContract`,
an AssertionError that names all that failed. `skip` leaves checks out by name.

Examples
--------
>>> from featcls.extractors.intensity import SPACE, Intensity
>>> print(check_extractor(Intensity, SPACE))
Intensity: 23 checks run, 0 failed, 6 skipped
"""

from featcls.testing.classifier import check_classifier
from featcls.testing.extractor import check_extractor
from featcls.testing.plugin import check_entry, check_plugin
from featcls.testing.preprocessor import check_preprocessor
from featcls.testing.reader import check_reader
from featcls.testing.report import BrokenContract, Report
from featcls.testing.space import check_space

__all__ = [
    "BrokenContract",
    "Report",
    "check_classifier",
    "check_entry",
    "check_extractor",
    "check_plugin",
    "check_preprocessor",
    "check_reader",
    "check_space",
]
