"""The learning rate at any time of training."""

import math


def factor(schedule: str, decay: float, decay_epochs: float, epoch: float) -> float:
    """Return the learning rate at a time over the first one.

    It depends on the time alone, never on how long training will go on: two epochs and then
    four more are six.

    Parameters
    ----------
    schedule : str
        `exponential`: falls by `decay` every `decay_epochs`, smoothly; `step`: at once;
        `cosine`: falls to `decay` along half a wave of `decay_epochs` and stays there;
        `constant`.
    epoch : float
        Epochs done, with the part of the one that runs.

    Examples
    --------
    >>> [round(factor("step", 0.1, 10, epoch), 3) for epoch in (0, 9.9, 10, 20)]
    [1.0, 1.0, 0.1, 0.01]
    >>> [round(factor("cosine", 0.0, 10, epoch), 3) for epoch in (0, 5, 10, 20)]
    [1.0, 0.5, 0.0, 0.0]
    """
    if schedule == "constant":
        return 1.0
    passed = epoch / decay_epochs
    if schedule == "exponential":
        return float(decay**passed)
    if schedule == "step":
        return float(decay ** math.floor(passed))
    wave = (1 + math.cos(math.pi * min(passed, 1.0))) / 2
    return decay + (1 - decay) * wave
