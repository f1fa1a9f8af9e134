"""How often the stated loss of hits is kept to: thresholds set on many draws of simulated frames.

    python benchmarks/studies/operating_point.py [--resamples 1000] [--frames 6000]

A small model is fitted to the first tenth of a simulated series; the rest is scored once. Each
resample draws calibration frames from that rest, with replacement, and sets a threshold on them.
The rest then *is* the distribution they come from, so that the share of its hits below the
threshold is the loss itself, not an estimate. At confidence c it must not exceed the stated share
in c of the resamples or more. One threshold, set on the rest as it is, is tried on frames of
another series, which nothing else has seen.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from featcls._version import __version__
from featcls.classifiers.base import fit, scores
from featcls.config import canonical, params_from_json
from featcls.dataset import open_dataset
from featcls.errors import DataError
from featcls.operating_point import are_hits, choose, hit_scores, hits_needed, realised
from featcls.pipeline import Fitted, branches, feature_names
from featcls.plugins import registry

HITS = ("weak", "good", "strong")
CONFIG = {"extractors": ["spots", "intensity"], "classifier": "logreg"}
# A quarter of the pixels along each side, four times as wide: the same rings and spots, faster.
SMALL = {"shape": [128, 128], "pixel": 688e-6}
ASKED = ((0.01, 0.95, 400), (0.01, 0.95, 1500), (0.05, 0.95, 300), (0.02, 0.9, 1000))


def series(n, seed, installed):
    """Return features, codes and class names of a simulated series."""
    options = {"n": n, "seed": seed, "compressed": False, "changes": SMALL}
    dataset = open_dataset(None, reader="simulate", options=options)
    config = canonical(CONFIG, installed.space_of)
    extractors = [branch.extractor for branch in branches(config, installed)]
    fitted = Fitted(config, dataset.classes, extractors, None, None)
    fitted.feature_names = feature_names(config, extractors)
    parts = [fitted.features([frame], installed) for frame in dataset.frames()]
    return np.concatenate(parts), dataset.y, fitted


def scored(fitted, features, y, n_train, installed):
    """Fit to the first frames; return a function from features to scores."""
    from sklearn.preprocessing import StandardScaler

    fitted.scaler = StandardScaler().fit(features[:n_train])
    step = fitted.config["classifier"]
    entry = installed.get("classifier", step["name"])
    X, params = fitted.scaled(features[:n_train]), params_from_json(step["params"])
    fitted.estimator = fit(entry, params, X, y[:n_train], classes=fitted.classes)
    return lambda rows: scores(fitted.estimator, fitted.scaled(rows), len(fitted.classes))


def resampled(score, hit, asked, resamples, rng):
    """Return what became of the stated loss over many draws of calibration frames."""
    max_lost, confidence, n_hits = asked
    n = round(n_hits / hit.mean())
    own = np.sort(score[hit])
    losses, refused = [], 0
    while len(losses) < resamples:
        drawn = rng.integers(0, len(score), n)
        try:
            point = choose(score[drawn], hit[drawn], HITS, max_lost, confidence)
        except DataError:
            refused += 1  # too few hits drawn to show it
            continue
        losses.append(np.searchsorted(own, point.threshold) / len(own))
    kept = float(np.mean(np.array(losses) <= max_lost))
    return {
        "max_lost_hits": max_lost,
        "confidence": confidence,
        "frames": n,
        "hits_needed": hits_needed(max_lost, confidence),
        "resamples": len(losses),
        "refused": refused,
        "kept_to_in": kept,
        "mean_loss": round(float(np.mean(losses)), 5),
        "largest_loss": round(float(np.max(losses)), 5),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--resamples", type=int, default=1000)
    parser.add_argument("--frames", type=int, default=6000)
    parser.add_argument("--test-frames", type=int, default=3000)
    default = Path(__file__).parent / "results" / "operating-point.json"
    parser.add_argument("--out", type=Path, default=default)
    given = parser.parse_args()
    installed = registry()
    features, y, fitted = series(given.frames, 0, installed)
    n_train = given.frames // 10
    model = scored(fitted, features, y, n_train, installed)
    rest, y_rest = model(features[n_train:]), y[n_train:]
    score = hit_scores(rest, fitted.classes, HITS)
    hit = are_hits(y_rest, fitted.classes, HITS)
    rng = np.random.default_rng(0)
    draws = [resampled(score, hit, asked, given.resamples, rng) for asked in ASKED]
    test_features, y_test, _ = series(given.test_frames, 1, installed)
    points = [choose(score, hit, HITS, x, c) for x, c in {asked[:2]: None for asked in ASKED}]
    test = model(test_features)
    result = {
        "command": f"python benchmarks/studies/operating_point.py --resamples {given.resamples} "
        f"--frames {given.frames} --test-frames {given.test_frames}",
        "featcls": __version__,
        "config": CONFIG,
        "data": {"preset": "diffranet-figure", "changes": SMALL, "seeds": {"pool": 0, "test": 1}},
        "hit_share": round(float(hit.mean()), 4),
        "resampled": draws,
        "held_back": [
            {**asdict(point), "test": realised(point, test, y_test, fitted.classes)}
            for point in points
        ],
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
