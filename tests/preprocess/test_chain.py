"""All steps from one config."""

import numpy as np

from featcls.config import canonical
from featcls.frame import Frame
from featcls.pipeline import Chains, apply, fit_chain, steps
from featcls.plugins import registry

CHAIN = [
    {"name": "correct", "params": {"common_mode": "rows", "negative": "zero"}},
    {"name": "annulus", "params": {"inner": 3.0, "outer": 30.0}},
    {"name": "mask", "params": {"edge": 1}},
    {"name": "bin", "params": {"factor": 2}},
    {"name": "resize", "params": {"size": [16, 24]}},
    {"name": "scale", "params": {"factor": "fit", "mean": 20.0}},
    {"name": "quantise", "params": {"levels": 16}},
]


def test_a_chain_of_steps_runs_as_its_config_says_and_again_from_what_was_learned():
    rng = np.random.default_rng(0)
    frames = [Frame(rng.poisson(9.0, (64, 96))) for _ in range(3)]
    config = canonical({"preprocess": CHAIN, "classifier": "knn"}, registry().space_of)
    fitted = fit_chain(config["preprocess"], frames, registry())
    results = [apply(steps(fitted, registry()), frame) for frame in frames]
    assert [result.shape for result in results] == [(16, 24)] * 3
    assert max(result.image.max() for result in results) == 15
    assert fitted == fit_chain(fitted, frames, registry())


def test_what_chains_begin_with_alike_a_frame_passes_once(monkeypatch):
    seen = []
    step = registry().get("preprocessor", "bin").factory
    monkeypatch.setattr(step, "apply", lambda self, frame: seen.append(self.factor) or frame)
    first, second = ({"name": "bin", "params": {"factor": k}} for k in (2, 4))
    frame = Frame(np.ones((8, 8)))
    found = Chains([[first, second], [first], [], [second]], registry())(frame)
    assert seen == [2, 4, 4]
    assert all(one is frame for one in found)
