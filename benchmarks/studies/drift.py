"""Drift alarms: how soon is a change found, and how often is there an alarm without one?

    python benchmarks/studies/drift.py [--frames 2000] [--stream 8000] [--changed 400] [--out FILE]

Simulated frames of one preset fit a forest on co-occurrence features; others, which it has not
seen, are the reference; a third set is the stream. Frames of the stream are drawn again and
again, with their order and classes: `quiet` ones unchanged, with a hit rate that swings between
1 and 40 %, and 500 a repeat of each of ten changes from its first frame on. A change is made to
the counts of frames, or by the simulator, before the square root that the reader's frames have.
Frames without a change are more than those of the reference: what is drawn from few again and
again is off by chance as the reference is, and a monitor that allows for one such error may not
be asked to bear two.
"""

import argparse
import json
import math
import time
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.ensemble import RandomForestClassifier

from featcls._version import __version__
from featcls.drift.cusum import ALLOWANCE, Charts, threshold
from featcls.drift.health import NAMES, health
from featcls.drift.monitor import ARL, Monitor
from featcls.drift.reference import build
from featcls.errors import UsageError
from featcls.extractors.glcm import GLCM
from featcls.frame import Frame
from featcls.simulate import CLASSES, counts, find_preset
from featcls.simulate.background import fields
from featcls.simulate.detector import compress
from featcls.simulate.tiles import tiles

PRESET = "diffranet-figure"
MISSES = (CLASSES.index("blank"), CLASSES.index("no-crystal"))
WITHIN = 500  # frames in which a change is to be found
HIT_RATES = (0.01, 0.4)
PERIOD = 5000  # frames in which the hit rate swings once
EXTRACTOR = GLCM(distances=(1, 2, 5, 8), angles=(45, 135))


def rendered(n, seed, **changes):
    """Yield counts, truth and detector mask of simulated shots."""
    dead = tiles(find_preset(PRESET, **changes)).dead
    for index in range(n):
        image, truth = counts(PRESET, seed, index, **changes)
        yield image, truth, dead if dead.any() else None


def measured(frame):
    """Return health and features of a frame; features are 0 where it cannot have any."""
    try:
        features = EXTRACTOR.extract(frame)
    except UsageError:
        features = np.zeros(len(EXTRACTOR.feature_names()))
    return np.concatenate([health(frame), features])


def as_read(image, truth, mask, rng):
    return Frame(compress(image), mask)


def masked(image, truth, mask, rng):
    """A block of 2 % of the pixels is masked from now on."""
    own = np.zeros(image.shape, bool)
    own[: image.shape[0] // 5, : image.shape[1] // 10] = True
    return Frame(compress(image), own)


def gain(image, truth, mask, rng):
    return Frame(compress(2 * image), mask)


def offset(image, truth, mask, rng):
    return Frame(compress(image + 10), mask)


def blurred(image, truth, mask, rng):
    return Frame(compress(gaussian_filter(image, 1.0)), mask)


def gap(image, truth, mask, rng):
    """Eight columns read 0, and no mask says so."""
    own = image.copy()
    own[:, 200:208] = 0
    return Frame(compress(own), mask)


def icy(image, truth, mask, rng):
    """Rings of hexagonal ice, the strongest with a tenth of the water's light there."""
    light = 0.1 * fields(find_preset(PRESET)).ice * truth["intensity"] * truth["jet"]
    return Frame(compress(image + rng.poisson(light)), mask)


def no_root(image, truth, mask, rng):
    return Frame(np.clip(image, 0, 65025).astype(np.uint16), mask)


CENTER = find_preset(PRESET).center
WATER, AIR = find_preset(PRESET).water, find_preset(PRESET).air
CHANGES = {  # what the simulator does otherwise, and what is done to its counts
    "2 % new mask": ({}, masked),
    "gain x2": ({}, gain),
    "offset 10 ADU": ({}, offset),
    "background x1.5": ({"water": 1.5 * WATER, "air": 1.5 * AIR}, as_read),
    "beam centre shift 20 px": ({"beam_center": (CENTER[0] + 20, CENTER[1])}, as_read),
    "blur sigma 1 px": ({}, blurred),
    "new tile gap": ({}, gap),
    "ice rings at 10 % of the water ring": ({}, icy),
    "missing sqrt": ({}, no_root),
    "detector swap": ({"detector": "pilatus-1m", "shape": (512, 512)}, as_read),
}


class Pool:
    """Measured frames to draw from, by whether they are hits."""

    def __init__(self, rows, labels, forest):
        rows = np.array(rows)
        self.measured, self.features = np.split(rows, [len(NAMES)], axis=1)
        self.codes = np.where(self.features.any(axis=1), forest.predict(self.features), -1)
        miss = np.isin([CLASSES.index(name) for name in labels], MISSES)
        self.misses, self.hits = np.flatnonzero(miss), np.flatnonzero(~miss)

    def feed(self, monitor, hit, rng):
        """Give a monitor a frame for each item of `hit`."""
        at = np.where(hit, rng.choice(self.hits, len(hit)), rng.choice(self.misses, len(hit)))
        monitor.add(self.codes[at], self.measured[at], self.features[at])


def measure(items, change=as_read, seed=0):
    """Return health, features and label of frames."""
    rng = np.random.default_rng(seed)
    rows, labels = [], []
    for image, truth, mask in items:
        rows.append(measured(change(image, truth, mask, rng)))
        labels.append(truth["label"])
    return rows, labels


def monitors(reference):
    """Return a maker of monitors that append to the list they are given."""
    names = EXTRACTOR.feature_names()
    return lambda alarms: Monitor(reference, CLASSES, names, MISSES, ARL, alarms.append)


def quiet(pool, make, n, rng):
    """Return what is said of frames without a change, and how near an alarm they came."""
    alarms = []
    monitor, low, high = make(alarms), *HIT_RATES
    top = 0.0
    for start in range(0, n, 100):
        turn = 2 * np.pi * start / PERIOD
        rate = low + (high - low) * (1 - np.cos(turn)) / 2
        pool.feed(monitor, rng.random(100) < rate, rng)
        top = max(top, float(monitor._charts.sums.max()))
    return {
        "frames": n,
        "alarms": alarms,
        "highest_of_threshold": round(top / monitor.threshold, 3),
    }


def found(pool, make, repeats, rng):
    """Return frames to the first alarm of each repeat, and what it is called."""
    frames, names, messages = [], Counter(), []
    for _ in range(repeats):
        alarms = []
        monitor = make(alarms)
        rate = rng.uniform(*HIT_RATES)
        while monitor.frames < 4 * WITHIN and not alarms:
            pool.feed(monitor, rng.random(50) < rate, rng)
        if alarms:
            frames.append(alarms[0]["frame"])
            names[alarms[0]["name"]] += 1
            messages.append(alarms[0]["message"])
    frames += [math.inf] * (repeats - len(frames))
    median, most = np.median(frames), max(frames)
    return {
        "repeats": repeats,
        f"found_within_{WITHIN}": sum(frame <= WITHIN for frame in frames),
        "frames": {
            "median": float(median) if math.isfinite(median) else None,
            "most": most if math.isfinite(most) else None,
        },
        "names": dict(names.most_common()),
        "example": messages[0] if messages else None,
    }


def run_lengths(rng, arl=500, runs=300):
    """Return the mean run length of charts of normal noise with a small stated one."""
    lengths, limit, n, frames = [], threshold(arl, 2 * 10), 10, 20 * arl
    for _ in range(runs):
        sums = Charts(1, n).ahead(0, rng.normal(size=(frames, n)), np.full(frames, ALLOWANCE))
        lengths.append(1 + int((sums.max(axis=(1, 2)) >= limit).argmax()))
    half = 1.96 * np.std(lengths, ddof=1) / np.sqrt(runs)
    return {"stated": arl, "charts": 2 * n, "mean": float(np.mean(lengths)), "half_width_95": half}


def cost(make, rounds=15, batch=16):
    """Return milliseconds of processor time a frame, the least of interleaved rounds."""
    frames = [as_read(*item, None) for item in rendered(batch, seed=4)]
    features = EXTRACTOR.transform(frames)
    codes, own = np.zeros(batch, int), np.array([health(frame) for frame in frames])
    monitor, best = make([]), {}
    jobs = {
        "features": lambda: EXTRACTOR.transform(frames),
        "health": lambda: [health(frame) for frame in frames],
        "charts": lambda: monitor.add(codes, own, features),
    }
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.process_time()
            job()
            spent = 1000 * (time.process_time() - start) / batch
            best[name] = min(best.get(name, spent), spent)
    return {name: round(spent, 4) for name, spent in best.items()}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--frames", type=int, default=2000, help="of the reference")
    parser.add_argument("--stream", type=int, default=8000, help="frames without a change")
    parser.add_argument("--changed", type=int, default=400, help="that a change is made to")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--quiet", type=int, default=100_000)
    default = Path(__file__).parent / "results" / "drift.json"
    parser.add_argument("--out", type=Path, default=default)
    arguments = parser.parse_args()
    n, rng = arguments.frames, np.random.default_rng(0)
    rows, labels = measure(rendered(n // 4, seed=1))
    forest = RandomForestClassifier(100, max_depth=20, random_state=0)
    forest.fit(np.array(rows)[:, len(NAMES) :], [CLASSES.index(name) for name in labels])
    known = Pool(*measure(rendered(n, seed=2)), forest)
    reference = build(known.codes, known.measured, known.features, len(CLASSES))
    make = monitors(reference)
    print(
        "reference",
        dict(zip((*CLASSES, "all"), reference.counts.tolist(), strict=True)),
        flush=True,
    )
    stream = rendered(arguments.stream, seed=3)
    result = {
        "command": f"python benchmarks/studies/drift.py --frames {n} --stream {arguments.stream} "
        f"--changed {arguments.changed} --repeats {arguments.repeats} "
        f"--quiet {arguments.quiet}",
        "featcls": __version__,
        "preset": find_preset(PRESET).name,
        "arl": ARL,
        "threshold": make([]).threshold,
        "reference": dict(zip((*CLASSES, "all"), reference.counts.tolist(), strict=True)),
        "run_length": run_lengths(rng),
        "quiet": quiet(Pool(*measure(stream), forest), make, arguments.quiet, rng),
        "ms_a_frame": cost(make),
        "changes": {},
    }
    print(json.dumps([result["quiet"], result["ms_a_frame"]]), flush=True)
    for name, (settings, change) in CHANGES.items():
        items = rendered(arguments.changed, seed=3, **settings)
        pool = Pool(*measure(items, change), forest)
        result["changes"][name] = found(pool, make, arguments.repeats, rng)
        print(name, json.dumps(result["changes"][name]), flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
