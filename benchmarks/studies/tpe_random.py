"""TPE against random and annealing, replayed by look-up: how far from the best after n trials?

    python benchmarks/studies/tpe_random.py [--seeds 100] [--evals 100] [--jobs 2] [--out FILE]

Every config of a sub-space is scored once (cross-validated on simulated frames, as a search
scores it). Then each sampler searches that table with many seeds. Regret is the best loss found
less the smallest in the table; the result is its mean over seeds with a 95 % interval, and the
difference to random search seed by seed.
"""

import argparse
import json
import math
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from pathlib import Path

import numpy as np

from featcls._version import __version__
from featcls.cache import Cache, cache_root
from featcls.config import canonical, config_id
from featcls.dataset import open_dataset
from featcls.evaluate import loss_of, measure
from featcls.plugins import registry
from featcls.search.document import resolve
from featcls.search.driver import EMBEDDED
from featcls.search.problem import Task, open_problem
from featcls.search.sampler import Sampler
from featcls.search.store import Trial
from featcls.search.worker import Worker

METRIC = "balanced_accuracy"
QUANTISE = {
    "name": "quantise",
    "method": ["linear", "sqrt"],
    "levels": [64, 16],
    "range": "fit",
}
SPACE = {
    "extractor": [
        {
            "name": "glcm",
            "distances": [[1], [1, 2], [1, 2, 4, 8]],
            "angles": [0.0, 45.0, 90.0, 135.0],
            "properties": ["ASM", "contrast", "correlation", "homogeneity"],
            "symmetric": True,
            "levels": 256,
            "over_angles": ["all", "mean"],
            "preprocess": [QUANTISE],
        },
        {"name": "lbp", "P": [8, 16], "R": [1.0, 2.0], "method": "uniform", "n_bins": 16},
    ],
    "classifier": [
        {
            "name": "svm",
            "C": [1.0, 0.01, 0.1, 10.0, 100.0, 1000.0, 10000.0],
            "gamma": ["scale", *(2.0**k for k in range(-13, 1, 3))],
            "class_weight": "none",
        },
        {"name": "knn", "n_neighbors": [5, 1, 3, 9, 15, 25], "weights": ["uniform", "distance"]},
        {
            "name": "logreg",
            "C": [0.001, 0.01, 0.1, 1.0, 10.0, 100.0],
            "max_iter": 1000,
            "class_weight": "none",
        },
    ],
}
SAMPLERS = ("random", "tpe", "anneal")


def grid(space, installed):
    """Yield every canonical config of a finite space of single extractors."""
    for alternative, classifier in product(space.alternatives, space.classifiers):
        (member,) = alternative.members
        extractors = [
            {"name": member.step.name, "params": params, "preprocess": list(chain)}
            for params in options(member.step)
            for chain in product(
                *([{"name": s.name, "params": p} for p in options(s)] for s in member.chain)
            )
        ]
        for extractor, params in product(extractors, options(classifier)):
            config = {"extractors": [extractor], "scale": "standard"}
            config["classifier"] = {"name": classifier.name, "params": params}
            yield canonical(config, installed.space_of)


def options(step):
    """Return every setting of a step's parameters."""
    values = product(*(param.options() for param in step.params.values()))
    return [dict(zip(step.params, chosen, strict=True)) for chosen in values]


def score(config, task, problem, cache, installed):
    """Return the loss that a search would see."""
    worker = Worker(config, problem, installed, cache)
    worker.prepare()
    parts = []
    for k, (train, scored) in enumerate(problem.folds):
        fitted = worker.fit(train, worker.seed(task, k), 1)
        parts.append(worker.scores(fitted, scored))
    y, classes = problem.y[problem.scored], problem.dataset.classes
    return loss_of(METRIC, measure(METRIC, np.concatenate(parts), y, classes))


def replay(table, algorithm, seed, evals):
    """Return the smallest loss found after each of so many trials."""
    installed = registry()
    space = resolve(SPACE, "tpe-random", installed, (), strict=True)
    sampler, history, found = Sampler(space, seed, algorithm), [], []
    for tid in range(evals):
        point = sampler.ask(tid, history)
        config = canonical(sampler.config(point), installed.space_of)
        loss = table[config_id(config)]
        history.append(Trial(tid, indices=point, state="ok", loss=loss, told=tid))
        found.append(min(loss, found[-1]) if found else loss)
    return found


def interval(values):
    """Return mean and half the width of its 95 % interval."""
    values = np.asarray(values)
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    return {"mean": round(float(values.mean()), 5), "half_width_95": round(float(half), 5)}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--evals", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2)
    default = Path(__file__).parent / "results" / "tpe-random.json"
    parser.add_argument("--out", type=Path, default=default)
    arguments = parser.parse_args()
    installed = registry()
    space = resolve(SPACE, "tpe-random", installed, (), strict=True)
    dataset = open_dataset(EMBEDDED)
    task = Task(dataset.spec, test_size=0.2, n_splits=5, seed=0).document()
    problem, cache = open_problem(task), Cache(cache_root())
    table = {}
    for config in grid(space, installed):
        table[config_id(config)] = score(config, task, problem, cache, installed)
        if len(table) % 100 == 0:
            print(f"{len(table)} configs scored", flush=True)
    best = min(table.values())
    curves = {}
    with ProcessPoolExecutor(arguments.jobs) as pool:
        for name in SAMPLERS:
            job = partial(replay, table, name, evals=arguments.evals)
            curves[name] = np.array(list(pool.map(job, range(arguments.seeds))))
            print(name, interval(curves[name][:, -1] - best), flush=True)
    at = [n for n in (15, 25, 50, 75, 100) if n <= arguments.evals]
    losses = np.sort(list(table.values()))
    result = {
        "command": f"python benchmarks/studies/tpe_random.py --seeds {arguments.seeds} "
        f"--evals {arguments.evals}",
        "featcls": __version__,
        "data": EMBEDDED,
        "metric": METRIC,
        "n_configs": len(table),
        "loss": {
            "best": round(float(best), 5),
            "median": round(float(np.median(losses)), 5),
            "n_within_0.01_of_best": int((losses <= best + 0.01).sum()),
        },
        "regret": {
            name: {str(n): interval(curve[:, n - 1] - best) for n in at}
            for name, curve in curves.items()
        },
        "less_than_random": {
            name: {str(n): interval(curves["random"][:, n - 1] - curve[:, n - 1]) for n in at}
            for name, curve in curves.items()
            if name != "random"
        },
    }
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result["regret"], indent=1))


if __name__ == "__main__":
    main()
