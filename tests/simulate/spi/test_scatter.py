import numpy as np
import pytest
from numpy.testing import assert_allclose

from featcls.simulate.camera import Camera
from featcls.simulate.crystal import rotation
from featcls.simulate.spi.bodies import Body, body_of, surface_distance
from featcls.simulate.spi.scatter import amplitude, momentum, slices, wave_number

NARROW = Camera(name="narrow", wavelength=7.29, shape=(65, 97), pixel=1e-3, distance=1.0)
WIDE = Camera(name="wide", wavelength=400.0, shape=(65, 65), pixel=1.1e-3, distance=65e-3)
LEAN = (0.8, 0.1, 0.5, -0.3316624790355400)


def direct(camera, body, n=90):
    """Fourier sum over a cloud of points, voxel by voxel: the obvious twin."""
    line = (np.arange(n) + 0.5) / n * 2.0 * body.reach - body.reach
    cloud = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1).reshape(-1, 3)
    share = np.clip(0.5 - surface_distance(body, cloud) / (line[1] - line[0]), 0, 1)
    inside = cloud[share > 0] @ rotation(np.array(body.turn)).T
    q = momentum(camera).reshape(3, -1)[:, :: camera.shape[1] * 8 + 5].astype(float)
    cell = (line[1] - line[0]) ** 3
    return (share[share > 0] @ np.exp(-1j * (inside @ q))) * cell


def test_momentum_lies_on_the_ewald_sphere():
    q = momentum(WIDE).astype(float)
    k = wave_number(WIDE)
    assert k == pytest.approx(2 * np.pi / 40.0)
    assert_allclose(np.sqrt(q[0] ** 2 + q[1] ** 2 + (q[2] + k) ** 2), k, rtol=1e-6)
    two_theta = np.arctan2(32 * 1.1e-3, 65e-3)
    assert q[0, 32, -1] == pytest.approx(k * np.sin(two_theta), rel=1e-6)
    assert q[2, 32, -1] == pytest.approx(k * (np.cos(two_theta) - 1), rel=1e-6)


def test_forward_amplitude_is_the_volume():
    sphere = Body("ellipsoid", (30.0, 30.0, 30.0))
    assert abs(amplitude(NARROW, [sphere])[32, 48]) == pytest.approx(4 / 3 * np.pi * 27000)


def test_sphere_has_its_zeros():
    # tan u = u: 4.493, 7.725; a fine line through the beam finds the first minimum.
    camera = Camera(name="line", wavelength=7.29, shape=(1, 2001), pixel=20e-6, distance=1.0)
    pattern = np.abs(amplitude(camera, [Body("ellipsoid", (35.0,) * 3)]))[0, 1000:]
    u = momentum(camera)[0, 0, 1000:] * 35.0
    first = u[: np.searchsorted(u, 6.0)]
    assert first[np.argmin(pattern[: len(first)])] == pytest.approx(4.4934, abs=0.01)


def test_intensity_falls_with_the_fourth_power():
    camera = Camera(name="line", wavelength=7.29, shape=(1, 4001), pixel=100e-6, distance=1.0)
    pattern = np.abs(amplitude(camera, [Body("ellipsoid", (60.0,) * 3)]))[0, 2000:] ** 2
    q = momentum(camera)[0, 0, 2000:]
    near, far = (
        np.mean((pattern * q**4)[(q > low) & (q < low + 4 * np.pi / 60)]) for low in (0.3, 0.7)
    )
    assert near == pytest.approx(far, rel=0.03)


def test_ellipsoid_is_narrow_where_the_body_is_long():
    pattern = np.abs(amplitude(NARROW, [Body("ellipsoid", (60.0, 30.0, 30.0))]))
    along = np.argmin(pattern[32, 48:70])
    assert pattern[32 + along, 48] > 10 * pattern[32, 48 + along]
    turned = Body("ellipsoid", (60.0, 30.0, 30.0), (np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)))
    assert np.abs(amplitude(NARROW, [turned]))[32 + along, 48] < 0.2 * pattern[32 + along, 48]


@pytest.mark.parametrize("camera", [NARROW, WIDE])
@pytest.mark.parametrize(
    "body",
    [Body("icosahedron", (33.0,) * 3, LEAN), Body("capsule", (20.0, 25.0, 0.0), LEAN)],
)
def test_slices_agree_with_a_sum_over_points(camera, body):
    scale = 1.0 if camera is NARROW else 5.0
    body = Body(body.kind, tuple(scale * axis for axis in body.axes), body.turn)
    expected = direct(camera, body)
    got = slices(camera, body).reshape(-1)[:: camera.shape[1] * 8 + 5]
    assert len(got) >= 8
    assert_allclose(got, expected.real, atol=0.01 * body.volume)
    assert np.abs(expected.imag).max() < 1e-6 * body.volume


def test_slices_of_a_capsule_without_length_are_a_sphere():
    got = slices(NARROW, Body("capsule", (33.0, 0.0, 0.0)))
    expected = amplitude(NARROW, [Body("ellipsoid", (33.0,) * 3)])
    assert_allclose(got, expected.real, atol=0.01 * np.abs(expected).max())


def test_two_spheres_make_fringes_across_their_axis():
    sphere, other = (
        Body("ellipsoid", (20.0,) * 3),
        Body("ellipsoid", (20.0,) * 3, at=(100.0, 0, 0)),
    )
    one, two = (np.abs(amplitude(NARROW, bodies)) for bodies in ([sphere], [sphere, other]))
    phase = momentum(NARROW)[0] * 100.0
    assert_allclose(two, one * 2 * np.abs(np.cos(phase / 2)), atol=one.max() * 1e-5)


def test_depth_makes_rings_and_an_asymmetric_place_a_one_sided_pattern():
    sphere = Body("ellipsoid", (60.0,) * 3)
    plain = np.abs(amplitude(WIDE, [sphere]))
    behind = np.abs(amplitude(WIDE, [sphere, Body("ellipsoid", (60.0,) * 3, at=(0, 0, 2000.0))]))
    assert_allclose(behind[::-1, ::-1], behind, rtol=1e-3, atol=behind.max() * 1e-5)
    assert_allclose(behind.T, behind, rtol=1e-3, atol=behind.max() * 1e-5)
    assert np.abs(behind / 2 - plain).max() > 0.1 * plain.max()
    aside = [sphere, Body("ellipsoid", (40.0,) * 3, at=(80.0, 0.0, 80.0))]
    pattern = np.abs(amplitude(WIDE, aside))
    assert np.abs(pattern - pattern[::-1, ::-1]).max() > 0.05 * pattern.max()


def test_a_core_of_contrast_adds_to_its_shell():
    shell, core = Body("ellipsoid", (40.0,) * 3), Body("ellipsoid", (20.0,) * 3, contrast=-1.0)
    assert abs(amplitude(NARROW, [shell, core])[32, 48]) == pytest.approx(
        shell.volume - core.volume
    )


@pytest.mark.parametrize(
    "body", [Body("icosahedron", (30.0,) * 3), Body("capsule", (12.0, 18.0, 0.0))]
)
def test_volume_and_reach_are_those_of_the_surface(body):
    line = np.linspace(-body.reach, body.reach, 121)
    cloud = np.stack(np.meshgrid(line, line, line, indexing="ij"), axis=-1)
    distance = surface_distance(body, cloud)
    assert (distance < 0).sum() * (line[1] - line[0]) ** 3 == pytest.approx(body.volume, rel=0.01)
    outside = np.linalg.norm(cloud, axis=-1) > body.reach
    assert distance[outside].min() > 0


def test_bodies_survive_as_plain_data():
    body = Body("capsule", (1.0, 2.0, 0.0), LEAN, (3.0, 4.0, 5.0), 0.5)
    assert body_of(body.as_dict()) == body
