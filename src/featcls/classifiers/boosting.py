"""How XGBoost runs: on which device, and with rounds that do not depend on where a fit began."""

import ctypes
from functools import cache
from typing import Any

DRIVER = "libcuda.so.1"


@cache
def device() -> str:
    """Return "cuda" where XGBoost can use a GPU and there is one, else "cpu".

    It is recorded in `run.json` and never part of a config.
    """
    if count_gpus() == 0:
        return "cpu"
    import xgboost

    return "cuda" if xgboost.build_info().get("USE_CUDA") else "cpu"


def count_gpus(driver: str = DRIVER) -> int:
    """Return the number of GPUs that NVIDIA's driver shows to this process.

    Examples
    --------
    >>> count_gpus("no-such-library.so")
    0
    """
    try:
        cuda = ctypes.CDLL(driver)
        count = ctypes.c_int(0)
        failed = cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count))
    except (OSError, AttributeError):
        return 0
    return 0 if failed else count.value


def fresh_rounds(seed: int) -> Any:
    """Return a callback that seeds every round by (seed, round) alone.

    XGBoost draws the rows and columns of successive rounds from generators that it neither
    saves nor sets back: round 7 of one fit is another than that of a fit that goes on after 6.
    Another tree method and back makes it build its updaters, and their generators, anew.
    """
    from xgboost.callback import TrainingCallback

    class Fresh(TrainingCallback):
        def before_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
            model.set_param({"tree_method": "approx"})
            model.save_config()  # makes it take effect
            model.set_param({"tree_method": "hist", "seed": _seed(seed, model)})
            return False

        def __reduce__(self) -> Any:
            return fresh_rounds, (seed,)  # pickle finds no class made here

    return Fresh()


def _seed(seed: int, model: Any) -> int:
    import numpy as np

    entropy = [seed, model.num_boosted_rounds()]
    return int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
