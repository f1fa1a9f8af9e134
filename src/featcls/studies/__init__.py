"""Studies: the tables of the source papers, each rerun by one command.

A study is a module with a `STUDY`; `NAMES` lists them in the order of `featcls study`.
"""

from featcls.studies.base import NAMES, Setting, Study, find

__all__ = ["NAMES", "Setting", "Study", "find"]
