import numpy as np
import pytest

from featcls.errors import UsageError
from featcls.simulate.crystal import reciprocal_cell
from featcls.simulate.presets import find_preset
from featcls.simulate.structure import structure_factors
from featcls.simulate.symmetry import GENERATORS, operators, parse

HEXAGONAL = {"cell": (93.0, 93.0, 130.0, 90.0, 90.0, 120.0), "space_group": "P6122"}
TETRAGONAL = {"cell": (79.0, 79.0, 38.0, 90.0, 90.0, 90.0), "space_group": "P43212"}
MONOCLINIC = {"cell": (60.0, 50.0, 70.0, 90.0, 104.0, 90.0), "space_group": "C2"}


def table(**changes):
    return structure_factors(find_preset("diffranet-text", b_factor=0.0, **changes))


@pytest.mark.parametrize(
    ("group", "order"),
    [("P1", 1), ("P21", 2), ("C2", 4), ("P212121", 4), ("P43212", 8), ("P6122", 12)],
)
def test_operators_form_a_group_of_known_order(group, order):
    found = operators(group)
    keys = {(*turn.ravel(), *shift) for turn, shift in found}
    assert len(found) == len(keys) == order
    for turn, shift in found:
        for by, move in found:
            assert (*(by @ turn).ravel(), *((by @ shift + move) % 24)) in keys


def test_every_listed_group_is_tested():
    assert set(GENERATORS) == {"P1", "P21", "C2", "P212121", "P43212", "P6122"}


def test_odd_axial_reflections_are_absent_in_p212121():
    values = table().values
    assert values[1::2, 0, 0].max() == values[0, 1::2, 0].max() == values[0, 0, 1::2].max() == 0
    assert values[2::2, 0, 0].min() > 0
    assert values[1, 1, 0] > 0


@pytest.mark.parametrize(
    ("changes", "absent", "present"),
    [
        (HEXAGONAL, [(0, 0, 1), (0, 0, 5)], [(0, 0, 6), (1, 0, 0)]),
        (TETRAGONAL, [(0, 0, 2), (3, 0, 0)], [(0, 0, 4), (2, 0, 0)]),
        (MONOCLINIC, [(1, 0, 0), (2, 1, 3)], [(1, 1, 0), (2, 0, 1)]),
        ({**MONOCLINIC, "space_group": "P21"}, [(0, 3, 0)], [(0, 2, 0), (1, 0, 0)]),
    ],
)
def test_screw_axes_and_centring_extinguish(changes, absent, present):
    found = table(**changes)
    assert [found.at(*hkl) for hkl in absent] == [0.0] * len(absent)
    assert all(found.at(*hkl) > 0 for hkl in present)


def test_friedel_mates_and_symmetry_equivalents_are_equal():
    found = table(**HEXAGONAL)
    value = found.at(3, 1, 4)
    # Six-fold axis along c, two-fold axes across it, and Friedel's law; h + k + i = 0.
    for hkl in [(-3, -1, -4), (4, -3, 4), (-1, 4, 4), (1, 3, 4), (1, 3, -4), (3, 1, -4)]:
        assert found.at(*hkl) == value
    assert found.at(3, 1, 5) != value


def test_first_monoclinic_equivalents_differ_from_the_others():
    found = table(**MONOCLINIC)
    assert found.at(3, 1, 4) == found.at(-3, 1, -4) == found.at(3, -1, 4)
    assert found.at(3, 1, 4) != found.at(-3, 1, 4)


def wilson(changes):
    """|F|^2 over its local mean, without the solvent term's range, and indices."""
    found = table(**changes)
    preset = find_preset("diffranet-text", **changes)
    grid = np.indices(found.values.shape)
    if not found.octant:
        grid[1] -= found.values.shape[1] // 2
        grid[2] -= found.values.shape[2] // 2
    basis = reciprocal_cell(preset.cell)
    q = np.moveaxis(grid, 0, -1) @ basis
    s2 = (q**2).sum(axis=-1) / 4
    mean = preset.scattering / np.linalg.det(basis) * (1 - 0.75 * np.exp(-200 * s2)) ** 2
    return found.values / mean, grid


def test_intensities_are_exponential_where_acentric_and_chi_squared_where_centric():
    value, (h, k, l) = wilson({})  # noqa: E741
    general = value[(h > 0) & (k > 0) & (l > 0)]
    zones = value[((h == 0) ^ (k == 0) ^ (l == 0)) & ~((h == 0) & (k == 0) & (l == 0))]
    # <I^2> / <I>^2 is 2 for acentric, 3 for centric reflections (Wilson 1949).
    for part, moment in ((general, 2.0), (zones, 3.0)):
        assert part.mean() == pytest.approx(1.0, abs=0.02)
        assert (part**2).mean() / part.mean() ** 2 == pytest.approx(moment, rel=0.05)


def test_axial_reflections_that_are_present_are_twice_as_strong():
    value, _ = wilson({"cell": (20.0, 30.0, 6000.0, 90.0, 90.0, 90.0)})
    assert value[0, 0, 2::2].mean() == pytest.approx(2.0, rel=0.15)


def test_b_factor_weakens_high_angles():
    plain, damped = (
        structure_factors(find_preset("diffranet-text", b_factor=b)).values for b in (0.0, 80.0)
    )
    h, k, l = 20, 30, 40  # noqa: E741
    s2 = ((h / 133) ** 2 + (k / 226) ** 2 + (l / 307) ** 2) / 4
    assert damped[h, k, l] / plain[h, k, l] == pytest.approx(np.exp(-160 * s2), rel=1e-5)


def test_triplets_are_parsed_whole():
    turn, shift = parse("x-y,-y,-z+5/6")
    assert turn.tolist() == [[1, -1, 0], [0, -1, 0], [0, 0, -1]]
    assert shift.tolist() == [0, 0, 20]


def test_unknown_space_group_is_named():
    with pytest.raises(UsageError, match="did you mean 'P212121'"):
        operators("P21212")


def test_impossible_cell_is_refused():
    with pytest.raises(UsageError, match="no unit cell"):
        reciprocal_cell((50.0, 50.0, 50.0, 20.0, 20.0, 170.0))
