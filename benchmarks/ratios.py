"""Print the table of docs/performance.md: each kernel beside its peer, measured in turns.

    python benchmarks/ratios.py [--rounds 15] [--only LCN]

A round runs kernel and peer once each after a run that is not timed; medians over the rounds.
Times are the processor's for what runs on one thread, which on a busy machine says more than the
clock on the wall; the wall's for two threads.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import NamedTuple

import cv2
from benchmarks import batches, ccf, glcm, lbp, lcn, spots
from ceilings import Ceilings
from threadpoolctl import threadpool_limits


class Row(NamedTuple):
    """A line of the table: two benchmark classes, or one with two sets of parameters."""

    kernel: str
    what: str
    peer_name: str
    method: str
    ours: type
    parameters: tuple
    peer: type
    peer_parameters: tuple
    least: Callable[[Ceilings], float] | None = None  # seconds at the ceiling
    clock: Callable[[], float] = time.thread_time


def rows():
    for image in ("diffraction", "gap", "brick", "noise"):
        yield glcm_row(image, 256, glcm.HaralickScikitImage, "scikit-image")
    for levels in (64, 32, 16, 8):
        yield glcm_row("diffraction", levels, glcm.HaralickScikitImage, "scikit-image")
    yield glcm_row("diffraction", 256, glcm.HaralickOpenCV, "OpenCV calcHist + NumPy")
    for image in ("diffraction", "noise"):
        same = (512, 4096, image)
        yield Row("GLCM, 20 offsets, six properties", f"{image}, 4096 levels", "NumPy",
                  "time_features", glcm.ManyLevels, same, glcm.ManyLevelsNumPy, same)  # fmt: skip
    for image in ("diffraction", "noise"):
        same = (512, 256, image)
        yield Row("Haralick's 13", image, "mahotas", "time_features", glcm.Thirteen, same,
                  glcm.ThirteenMahotas, same)  # fmt: skip
    for circle in lbp.CIRCLES:
        same = (512, circle, "uniform")
        yield Row("LBP uniform, image", f"P {circle[0]}", "scikit-image", "time_image",
                  lbp.Pattern, same, lbp.PatternScikitImage, same,
                  lambda c, circle=circle: c.binary_pattern(512 * 512, *circle))  # fmt: skip
    for circle in lbp.CIRCLES:
        same = (circle, "uniform", "uint8", False, 1)
        yield Row("LBP uniform, histogram", f"P {circle[0]}", "scikit-image + bincount",
                  "time_counts", lbp.Histogram, same, lbp.HistogramScikitImage, same,
                  lambda c, circle=circle: c.binary_pattern(512 * 512, *circle))  # fmt: skip
    same = ((8, 1), "ror", "uint8", False, 1)
    yield Row("LBP ror, histogram", "P 8", "mahotas", "time_counts", lbp.Histogram, same,
              lbp.HistogramMahotas, same)  # fmt: skip
    same = ("uniform", False)
    yield Row("LBP uniform, three histograms", "P 8, 16, 24", "itself, one by one",
              "time_histograms", lbp.Circles, same, lbp.CirclesOneByOne, same)  # fmt: skip
    for window in (9, 15, 31):
        same = (720, window, "float32", False, 1)
        yield Row("LCN, 720 x 720", f"window {window}", "OpenCV + NumPy", "time_image",
                  lcn.Normalize, same, lcn.NormalizeOpenCV, same,
                  lambda c: c.window_moments(720 * 720))  # fmt: skip
    for reduction, sizes in (("delta0", (224, 512, 720)), ("merged", (512,)), ("max", (224,))):
        for size in sizes:
            same = (size, reduction, False, 1)
            name = "OpenCV + scipy.fft" if reduction == "max" else "OpenCV + BLAS"
            yield Row(f"Polar map and correlation, {reduction}", str(size), name, "time_map",
                      ccf.Correlation, same, ccf.CorrelationOpenCV, same,
                      None if reduction == "max"
                      else lambda c, size=size: c.ring_products(size))  # fmt: skip
    for shape, dtype, masked in (((512, 512), "uint16", False), ((2527, 2463), "int32", True)):
        same = (shape, dtype, masked, 1)
        what = f"{shape[0]} x {shape[1]} {dtype}" + (", masked" if masked else "")
        yield Row("Spots", what, "SciPy", "time_table", spots.Spots, same, spots.SpotsScipy, same,
                  lambda c, shape=shape: c.window_moments(shape[0] * shape[1]))  # fmt: skip
    for title, what, group, method, plain in masked_pairs():
        masked = (*plain[:-2], True, 1)
        yield Row(title, what, "itself, masked", method, group, plain, group, masked)
    for kernel in batches.KERNELS:
        yield Row(f"64 images of 224 x 224, {kernel}", "two threads", "itself, one thread",
                  "time_stack", batches.Stack, (64, kernel, 2), batches.Stack, (64, kernel, 1),
                  clock=time.perf_counter)  # fmt: skip


def masked_pairs():
    """Kernel, input, benchmark, method and the parameters without a mask."""
    for image, levels in (("diffraction", 8), ("diffraction", 16), ("diffraction", 256),
                          ("noise", 256)):  # fmt: skip
        yield ("GLCM", f"{image}, {levels} levels", glcm.Haralick, "time_features",
               (512, levels, image, False, 1))  # fmt: skip
    for circle in lbp.CIRCLES:
        yield ("LBP histogram", f"P {circle[0]}", lbp.Histogram, "time_counts",
               (circle, "uniform", "uint8", False, 1))  # fmt: skip
    for window in (9, 31):
        yield ("LCN", f"window {window}", lcn.Normalize, "time_image",
               (720, window, "float32", False, 1))  # fmt: skip
    for size, reduction in ((224, "delta0"), (512, "delta0"), (720, "delta0"), (224, "max")):
        yield (f"Correlation, {reduction}", str(size), ccf.Correlation, "time_map",
               (size, reduction, False, 1))  # fmt: skip
    for shape, dtype in (((512, 512), "uint16"), ((2527, 2463), "int32")):
        yield ("Spots", f"{shape[0]} x {shape[1]} {dtype}", spots.Spots, "time_table",
               (shape, dtype, False, 1))  # fmt: skip


def glcm_row(image, levels, peer, name):
    same = (512, levels, image, False, 1)
    # Where few levels are in use a key holds two pairs.
    least = (lambda c: c.increments(glcm.n_pairs(512))) if levels > 32 else None
    return Row("GLCM, 20 offsets, six properties", f"{image}, {levels} levels", name,
               "time_features", glcm.Haralick, same, peer, same, least)  # fmt: skip


def ready(group, parameters, method):
    benchmark = group()
    benchmark.setup(*parameters)
    return lambda: getattr(benchmark, method)(*parameters)


def seconds(calls, rounds, clock):
    """Median time of each call, taken in turns."""
    found = [[] for _ in calls]
    for _ in range(rounds):
        for call, times in zip(calls, found, strict=True):
            call()
            start = clock()
            call()
            times.append(clock() - start)
    return [statistics.median(times) for times in found]


def measured(row, rounds):
    """Seconds of the kernel and of its peer."""
    return seconds(
        (
            ready(row.ours, row.parameters, row.method),
            ready(row.peer, row.peer_parameters, row.method),
        ),
        rounds,
        row.clock,
    )


def line(row, ours, peer, ceilings):
    share = f"{100 * row.least(ceilings) / ours:.0f} %" if row.least and ceilings else ""
    return (
        f"| {row.kernel} | {row.what} | {1e3 * ours:.3g} | {row.peer_name} | {1e3 * peer:.3g} "
        f"| {peer / ours:.3g} | {share} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", default="", help="rows whose kernel contains this")
    options = parser.parse_args()
    packages = ("numpy", "scipy", "scikit-image", "mahotas", "opencv-contrib-python-headless")
    print(processor(), platform.python_version(), *(f"{p} {version(p)}" for p in packages))
    print(f"load {os.getloadavg()[0]:.1f}\n")
    print("| kernel | input | featcls, ms | peer | peer, ms | ratio | of the ceiling |")
    print("|---|---|---:|---|---:|---:|---:|")
    cv2.setNumThreads(1)
    with threadpool_limits(1):
        ceilings, many_levels = Ceilings.measured(), []
        for row in rows():
            if options.only in row.kernel:
                ours, peer = measured(row, options.rounds)
                print(line(row, ours, peer, ceilings), flush=True)
                if row.what.endswith(" 256 levels") and row.peer is glcm.HaralickScikitImage:
                    many_levels.append(peer / ours)
    if many_levels:
        print(f"\nGLCM, 256 levels: {statistics.geometric_mean(many_levels):.3g} (geometric mean)")
    print(f"\nload {os.getloadavg()[0]:.1f}")


def processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":")[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.machine()


if __name__ == "__main__":
    main()
