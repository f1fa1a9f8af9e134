"""The contracts of plugins as a public suite: what an author runs before publishing.

Each function counts its checks and returns a `Report`; if any fails it raises `BrokenContract`,
an AssertionError that names all that failed. `skip` leaves checks out by name.

Examples
--------
>>> from featcls.extractors.intensity import SPACE, Intensity
>>> print(check_extractor(Intensity, SPACE))
Intensity: 20 checks run, 0 failed, 3 skipped
"""

from featcls.testing.classifier import check_classifier
from featcls.testing.extractor import check_extractor
from featcls.testing.preprocessor import check_preprocessor
from featcls.testing.reader import check_reader
from featcls.testing.report import BrokenContract, Report

__all__ = [
    "BrokenContract",
    "Report",
    "check_classifier",
    "check_extractor",
    "check_preprocessor",
    "check_reader",
]
