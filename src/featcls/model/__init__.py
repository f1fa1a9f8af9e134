"""Model files: a fitted pipeline in a container that is safe to open."""

from featcls.model.model import Model

__all__ = ["Model"]
