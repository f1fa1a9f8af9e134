"""Class averages of planted patterns, each frame turned in its own way."""

import numpy as np
import pytest

from featcls.studies.poisson_em import PoissonClasses, fitted

ANGLES, RINGS = 48, 6
PHI = 2 * np.pi * np.arange(ANGLES) / ANGLES
PATTERNS = np.stack(
    [np.stack([1 + 0.8 * np.cos(n * PHI + ring) for ring in range(RINGS)]) for n in (2, 3)]
)


def planted(n, photons, seed=0):
    """Return frames of two patterns in turn behind a masked wedge, their codes, the exposure."""
    rng = np.random.default_rng(seed)
    exposure = np.ones((RINGS, ANGLES)) * np.arange(1, RINGS + 1)[:, None]
    exposure[:, 5:14] = 0
    codes = np.arange(n) % 2
    bright = photons * rng.lognormal(0, 0.5, n)
    light = [
        rng.poisson(b * exposure * np.roll(PATTERNS[code], rng.integers(ANGLES), axis=1))
        for b, code in zip(bright, codes, strict=True)
    ]
    return np.array(light, float), codes, exposure


@pytest.mark.parametrize("photons", [0.3, 3.0, 30.0])
def test_planted_classes_are_told_apart(photons):
    light, codes, exposure = planted(80, photons)
    guess = fitted(light, exposure, n_classes=2).posterior(light, exposure).argmax(axis=1)
    right = float((guess == codes).mean())
    assert max(right, 1 - right) == 1.0


def test_a_class_of_several_averages_holds_one_pattern():
    light, codes, exposure = planted(80, 1.0)
    guess = fitted(light, exposure, n_classes=6).posterior(light, exposure).argmax(axis=1)
    kept = sum(np.bincount(codes[guess == k], minlength=2).max() for k in range(6))
    assert kept >= 0.97 * len(codes)


def test_the_angle_in_the_plane_does_not_count():
    light, _, _ = planted(6, 3.0)
    even = np.ones((RINGS, ANGLES))
    model = PoissonClasses(PATTERNS, np.array([0.5, 0.5]))
    turned = np.roll(light, 7, axis=2)
    np.testing.assert_allclose(
        model.posterior(turned, even), model.posterior(light, even), atol=1e-9
    )


def test_photons_under_the_mask_do_not_count():
    light, _, exposure = planted(10, 3.0)
    other = np.where(exposure > 0, light, 1e6)
    first, second = (fitted(x, exposure, n_classes=3, iterations=4) for x in (light, other))
    np.testing.assert_array_equal(first.averages, second.averages)
    np.testing.assert_array_equal(
        first.posterior(light, exposure), second.posterior(other, exposure)
    )


def test_the_likelihood_is_that_of_poisson_counts():
    from scipy.stats import poisson

    light, _, exposure = planted(3, 0.5)
    model = PoissonClasses(PATTERNS, np.array([0.3, 0.7]))
    expected = []
    for frame in light:
        bright = frame.sum() / exposure.sum()
        chance = [
            share
            * sum(
                np.exp(poisson.logpmf(frame, bright * exposure * np.roll(own, -k, 1)).sum())
                for k in range(ANGLES)
            )
            for own, share in zip(PATTERNS, model.shares, strict=True)
        ]
        expected.append(np.array(chance) / sum(chance))
    np.testing.assert_allclose(model.posterior(light, exposure), expected, rtol=1e-6)


def test_frames_without_a_photon_are_refused():
    with pytest.raises(ValueError, match="no frame has a photon"):
        fitted(np.zeros((2, 1, 8)), np.ones((1, 8)))
