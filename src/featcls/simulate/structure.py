"""Squared structure factors: of a random protein, from a hash, or of the user's file."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featcls.simulate import draws
from featcls.simulate.crystal import reciprocal_cell
from featcls.simulate.settings import Preset
from featcls.simulate.structure_files import read_table
from featcls.simulate.symmetry import Operator, operators

Index = NDArray[np.int64]


class Table(NamedTuple):
    """|F|^2 (electrons^2) by Miller index, to the corner of the detector.

    `values` is float32: by |h|, |k|, |l| if `octant` (Laue group mmm), else by h >= 0 and all k
    and l, whose middle is 0; the rest follows from Friedel's law.
    """

    values: NDArray[np.float32]
    octant: bool

    def at(self, h: int, k: int, l: int) -> float:  # noqa: E741
        """|F|^2 of one reflection."""
        if self.octant:
            return float(self.values[abs(h), abs(k), abs(l)])
        if h < 0:
            h, k, l = -h, -k, -l  # noqa: E741
        middle_k, middle_l = self.values.shape[1] // 2, self.values.shape[2] // 2
        return float(self.values[h, k + middle_k, l + middle_l])


@lru_cache(maxsize=4)
def structure_factors(preset: Preset) -> Table:
    """Structure factors of the preset's crystal.

    Without a file they obey Wilson's statistics, drawn from a hash of the Miller indices:
    exponential for acentric reflections, chi-squared with one degree of freedom for centric ones,
    symmetry equivalents equal, screw-axis and centring absences 0, special positions stronger by
    their multiplicity. A bulk-solvent term weakens the low angles.
    """
    group = operators(preset.space_group)
    basis = reciprocal_cell(preset.cell)
    edges = [1.0 / np.linalg.norm(basis[i]) for i in range(3)]
    if any(preset.cell[axis] != 90.0 for axis in (3, 4, 5)):
        edges = list(np.linalg.norm(np.linalg.inv(basis), axis=0))
    nh, nk, nl = (int(edge * preset.q_max) + 1 for edge in edges)
    # Three two-fold axes along the edges and Friedel's law leave one octant.
    flips = {tuple(turn.diagonal().tolist()) for turn, _ in group if np.count_nonzero(turn) == 3}
    octant = len(flips & {(1, 1, 1), (1, -1, -1), (-1, 1, -1), (-1, -1, 1)}) == 4
    if preset.structure:
        return Table(read_table(preset, (nh, nk, nl)), octant=False)
    start = (0, 0) if octant else (-nk, -nl)
    h, k, l = np.ogrid[0 : nh + 1, start[0] : nk + 1, start[1] : nl + 1]  # noqa: E741
    q = [sum(index * basis[i, x] for i, index in enumerate((h, k, l))) for x in range(3)]
    s2 = sum(part * part for part in q) / 4.0
    electrons2 = preset.scattering / np.linalg.det(basis)
    falloff = electrons2 * np.exp(-2.0 * preset.b_factor * s2)
    solvent = (1.0 - 0.75 * np.exp(-200.0 * s2)) ** 2
    values = _wilson(h, k, l, group) * falloff * solvent
    values[0, start[0] and nk, start[1] and nl] = 0.0
    return Table(np.ascontiguousarray(values, np.float32), octant)


def _wilson(h: Index, k: Index, l: Index, group: tuple[Operator, ...]) -> NDArray[np.float64]:  # noqa: E741
    """Unit-mean intensities of the reflections on an open grid of indices."""
    canonical = np.full((1, 1, 1), -1)
    centric = absent = np.zeros((1, 1, 1), bool)
    multiplicity = np.zeros((1, 1, 1), np.int64)
    for turn, shift in group:
        image = [h * turn[0, x] + k * turn[1, x] + l * turn[2, x] for x in range(3)]
        same = (image[0] == h) & (image[1] == k) & (image[2] == l)
        opposite = (image[0] == -h) & (image[1] == -k) & (image[2] == -l)
        phase = (h * shift[0] + k * shift[1] + l * shift[2]) % 24
        absent = absent | (same & (phase != 0))
        centric = centric | opposite
        multiplicity = multiplicity + same
        packed = ((image[0] + 2048) << 24) + ((image[1] + 2048) << 12) + image[2] + 2048
        mate = ((2048 - image[0]) << 24) + ((2048 - image[1]) << 12) + 2048 - image[2]
        canonical = np.maximum(canonical, np.maximum(packed, mate))
    keys = draws.mix(canonical)
    values = -np.log(draws.uniform(keys, 0))
    where = np.broadcast_to(centric, values.shape)
    values[where] = draws.normal(keys[where], 1) ** 2
    return np.where(absent, 0.0, values * multiplicity)
