"""The contract of plugin modules: featcls imports them whenever it starts."""

import contextlib
import importlib
import io
import logging
import os
import random
import sys
import threading
import time
from typing import Any

import numpy as np

from featcls.first_look.traces import functions, replaced
from featcls.testing.elsewhere import elsewhere
from featcls.testing.report import NotApplicable

SECONDS = 1.0  # of computing, that an import may take
HEAVY = (
    "cv2", "dask", "distributed", "h5py", "hyperopt", "mahotas", "matplotlib", "pandas",
    "pyarrow", "scipy", "skimage", "skops", "sklearn", "tensorflow", "torch", "xgboost",
)  # fmt: skip


def its_import_leaves_no_trace(subject: Any) -> None:
    traces = elsewhere("featcls.testing.imports:seen", _module(subject))["traces"]
    assert not traces, "importing it " + ", ".join(traces)


def its_import_is_light(subject: Any) -> None:
    found = elsewhere("featcls.testing.imports:seen", _module(subject))
    assert not found["heavy"], f"its import loads {found['heavy']}; import them in functions"
    assert found["seconds"] <= SECONDS, f"its import computes for {found['seconds']:.1f} s"


IMPORT = (its_import_leaves_no_trace, its_import_is_light)


def seen(module: str) -> dict[str, Any]:
    """Import a module and return what that did, what it loaded, and how long it computed.

    Examples
    --------
    >>> elsewhere("featcls.testing.imports:seen", "this")["traces"]
    ['prints']
    """
    before, known, printed = _state(), functions(), io.StringIO()
    start = time.process_time()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        importlib.import_module(module)
    seconds = time.process_time() - start
    after = _state()
    traces = [what for what in before if before[what] != after[what]]
    traces += ["prints"] * bool(printed.getvalue())
    traces += [f"replaces {name}" for name in replaced(known)]
    heavy = sorted({name.partition(".")[0] for name in sys.modules} & {*HEAVY})
    return {"traces": traces, "heavy": heavy, "seconds": seconds}


def _state() -> dict[str, Any]:
    """Return what belongs to the whole process, by what an import would do to it."""
    return {
        "draws from or seeds the random module": random.getstate(),
        "draws from or seeds numpy.random": str(np.random.get_state()),  # noqa: NPY002
        "changes the environment": dict(os.environ),
        "changes the working directory": os.getcwd(),
        "changes numpy's error handling": np.geterr(),
        "changes numpy's print options": str(np.get_printoptions()),
        "configures logging": (list(logging.root.handlers), logging.root.level),
        "starts threads": threading.active_count(),
    }


def _module(subject: Any) -> str:
    """Return the plugin module of a subject; only what registered by a hook has one."""
    if not subject.module:
        raise NotApplicable("no plugin registered it")
    return str(subject.module)
