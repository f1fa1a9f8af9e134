"""Classes of frames by their Poisson averages, whatever their rotation in the plane.

The reference method of Ignatenko et al. (2021), doi:10.1088/2632-2153/abd916, as far as its
slides describe it: expectation maximisation with a fixed number of class averages and the angle in
the plane marginalised, as in EMC (Loh & Elser 2009, doi:10.1103/PhysRevE.80.026705). From a plain
start it ends in whatever lies nearest: two planted patterns stayed mixed. So it is annealed (Ueda
& Nakano 1998, doi:10.1016/S0893-6080(97)00133-0): at first a likelihood counts as of one photon.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LEAST = 1e-6  # photons: of a class average, over the mean of all frames
ANNEALED = 0.8  # of the iterations
BLOCK = 256  # frames whose likelihoods are held at once


@dataclass(frozen=True)
class PoissonClasses:
    """Class averages on rings.

    Attributes
    ----------
    averages : (n_classes, n_rings, n_angles) array
        Photons a unit of exposure of a frame of brightness 1.
    shares : (n_classes,) array
        Of all frames.
    """

    averages: Array
    shares: Array

    def posterior(self, photons: Array, exposure: Array) -> Array:
        """Return the probability of each class, (n, n_classes), angles summed over.

        Parameters
        ----------
        photons : (n, n_rings, n_angles) array
            Photons of each frame on rings about the beam, at even angles.
        exposure : (n_rings, n_angles) array
            What a point collects of an even illumination: its area, 0 where it is masked.
        """
        joint = (_joint(self, part, exposure) for part in _blocks(photons))
        return np.concatenate([block.sum(axis=2) for block in joint])


def fitted(
    photons: NDArray[Any],
    exposure: Array,
    n_classes: int = 20,
    iterations: int = 30,
    random_state: int = 0,
) -> PoissonClasses:
    """Return the class averages of frames after some iterations from a random start.

    Each class starts from the mean of all frames, every point times 0.5 to 1.5 at random. The
    brightness of a frame is its photons over those of the exposure, and is not refined.

    Parameters
    ----------
    photons, exposure
        As `PoissonClasses.posterior` takes them; photons where the exposure is 0 do not count.
    n_classes, iterations, random_state : int

    Examples
    --------
    Rings of two spots and of three, each frame turned in its own way:

    >>> two, three = np.tile([9.0, 1.0, 1.0], 4), np.tile([9.0, 1.0], 6)
    >>> turned = [np.roll(ring, k) for k in range(6) for ring in (two, three)]
    >>> photons = 10 * np.array(turned)[:, None]
    >>> found = fitted(photons, np.ones((1, 12)), n_classes=2)
    >>> guess = found.posterior(photons, np.ones((1, 12))).argmax(axis=1)
    >>> len(set(guess[::2])), len(set(guess[1::2])), len(set(guess))
    (1, 1, 2)
    """
    known = exposure > 0
    photons = np.where(known, photons, 0.0)
    brightness = _brightness(photons, exposure)
    if not brightness.any():
        raise ValueError("no frame has a photon where the exposure is above 0")
    mean = photons.sum(axis=0) / np.where(known, exposure, 1.0) / brightness.sum()
    varied = np.random.default_rng(random_state).uniform(0.5, 1.5, (n_classes, *mean.shape))
    start = np.maximum(mean * varied, LEAST)
    model = PoissonClasses(start, np.full(n_classes, 1 / n_classes))
    first = 1 / max(float(np.median(photons.sum(axis=(1, 2)))), 1.0)
    steps = max(round(ANNEALED * iterations), 1)
    for k in range(iterations):
        counted = first ** max(1 - k / steps, 0)
        model = _improved(model, photons, exposure, brightness, counted)
    return model


def _improved(
    model: PoissonClasses, photons: Array, exposure: Array, brightness: Array, counted: float
) -> PoissonClasses:
    """Return the averages of all frames, each at every angle with its probability there."""
    n_angles = photons.shape[2]
    above, below, members = 0.0, 0.0, 0.0
    for part, own in zip(_blocks(photons), _blocks(brightness), strict=True):
        joint = _joint(model, part, exposure, counted)
        turned = np.fft.rfft(joint, axis=2)
        light = np.fft.rfft(part, axis=2)
        above = above + np.einsum("nkf,nrf->krf", turned, light)
        below = below + np.einsum("nkf,n->kf", turned, own)
        members = members + joint.sum(axis=(0, 2))
    seen = np.fft.rfft(exposure, axis=1)
    photons_there = np.fft.irfft(above, n_angles, axis=2)
    exposed = np.fft.irfft(np.asarray(below)[:, None, :] * seen, n_angles, axis=2)
    # A class that lost its frames, or a point that none of them shows, stays as it was.
    some = exposed > LEAST * brightness.mean()
    averages = np.where(some, photons_there / np.where(some, exposed, 1.0), model.averages)
    return PoissonClasses(np.maximum(averages, LEAST), np.asarray(members) / len(photons))


def _joint(model: PoissonClasses, photons: Array, exposure: Array, counted: float = 1.0) -> Array:
    """Return the probability of each class and angle, (n, n_classes, n_angles).

    The logarithm of the likelihood is the sum over points of photons log(average) less brightness
    x exposure x average, the average turned by the angle: two correlations along the angle. Of
    it a part is `counted`.
    """
    n_angles = photons.shape[2]
    photons = np.where(exposure > 0, photons, 0.0)
    light = np.fft.rfft(photons, axis=2).conj()
    logs = np.fft.rfft(np.log(model.averages), axis=2)
    gained = np.fft.irfft(np.einsum("nrf,krf->nkf", light, logs), n_angles, axis=2)
    seen = np.fft.rfft(exposure, axis=1).conj()
    expected = np.fft.irfft(
        (np.fft.rfft(model.averages, axis=2) * seen).sum(axis=1), n_angles, axis=1
    )
    likelihood = gained - _brightness(photons, exposure)[:, None, None] * expected
    likelihood *= counted
    likelihood += np.log(np.maximum(model.shares, 1e-300))[None, :, None]
    likelihood -= likelihood.max(axis=(1, 2), keepdims=True)
    joint = np.exp(likelihood)
    return np.asarray(joint / joint.sum(axis=(1, 2), keepdims=True))


def _brightness(photons: Array, exposure: Array) -> Array:
    return np.asarray(photons.sum(axis=(1, 2)) / exposure.sum())


def _blocks(values: Array) -> list[Array]:
    return [values[k : k + BLOCK] for k in range(0, len(values), BLOCK)]
