"""scikit-learn's parameter protocol, without importing scikit-learn.

Plugin modules must load in milliseconds, so preprocessors and extractors cannot inherit
`sklearn.base.BaseEstimator`; this is the part of it that `clone`, pipelines and
`repr` need.
"""

import inspect
from typing import Any, Self


class Parameters:
    """An object whose whole configuration is the arguments of its `__init__`."""

    @classmethod
    def parameter_names(cls) -> list[str]:
        """Names of the arguments of `__init__`, in order."""
        signature = inspect.signature(cls.__init__)
        return [
            name
            for name, parameter in signature.parameters.items()
            if name != "self"
            and parameter.kind is not parameter.VAR_KEYWORD
            and parameter.kind is not parameter.VAR_POSITIONAL
        ]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Parameters by name; `deep` is there for scikit-learn and changes nothing."""
        return {name: getattr(self, name) for name in self.parameter_names()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name and return the object itself."""
        for name, value in params.items():
            if name not in self.parameter_names():
                raise ValueError(f"{type(self).__name__} has no parameter {name!r}")
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={value!r}" for name, value in self.get_params().items())
        return f"{type(self).__name__}({params})"
