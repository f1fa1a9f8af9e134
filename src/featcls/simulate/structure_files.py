"""Structure factors of the user's own crystal: `h k l F` text, MTZ, or coordinates.

MTZ, PDB and mmCIF need gemmi, the extra `pdb`.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.errors import DataError
from featcls.simulate.settings import Preset
from featcls.simulate.structure_cache import cached
from featcls.simulate.symmetry import operators

Indices = NDArray[np.int64]
Amplitudes = NDArray[np.float64]


def read_table(preset: Preset, limits: tuple[int, int, int]) -> NDArray[np.float32]:
    """|F|^2 from ``preset.structure`` for h >= 0 and all k, l up to `limits`, 0 where unknown.

    Parameters
    ----------
    preset : Preset
        ``structure`` is a path: text of lines ``h k l F``; ``.mtz``, or ``.mtz#COLUMN`` to name
        the amplitudes; ``.pdb``, ``.ent``, ``.cif``: calculated with bulk solvent. Symmetry
        equivalents are filled in by ``space_group`` for text, by the file for the others.
    limits : (int, int, int)
        Largest |h|, |k|, |l|.

    Returns
    -------
    (h + 1, 2 k + 1, 2 l + 1) float32 array

    Raises
    ------
    DataError
        A file that cannot be read, without the column, or of another cell than the preset's.

    Notes
    -----
    Tables are cached on disk, by the file's content and what else they depend on.
    """
    path, _, column = preset.structure.partition("#")
    suffix = Path(path).suffix.lower()
    settings = [suffix, column, preset.cell, preset.space_group, preset.q_max, limits]
    return cached(path, settings, lambda: _table(path, column, preset, limits))


def _table(
    path: str, column: str, preset: Preset, limits: tuple[int, int, int]
) -> NDArray[np.float32]:
    suffix = Path(path).suffix.lower()
    readers: dict[str, Callable[[], tuple[Indices, Amplitudes, list[Indices]]]] = {
        ".mtz": lambda: _mtz(path, column, preset),
        **dict.fromkeys((".pdb", ".ent", ".cif"), lambda: _model(path, preset)),
    }
    hkl, amplitude, turns = readers.get(suffix, lambda: _text(path, preset))()
    table = np.zeros((limits[0] + 1, 2 * limits[1] + 1, 2 * limits[2] + 1), np.float32)
    for turn in turns:
        for image in (hkl @ turn, -hkl @ turn):
            inside = (np.abs(image) <= limits).all(axis=1) & (image[:, 0] >= 0)
            h, k, l = (image[inside] + [0, limits[1], limits[2]]).T  # noqa: E741
            table[h, k, l] = amplitude[inside] ** 2
    table[0, limits[1], limits[2]] = 0.0
    if not table.any():
        raise DataError(f"{path} has no reflection that meets the detector", "check cell and file")
    return table


def _text(path: str, preset: Preset) -> tuple[Indices, Amplitudes, list[Indices]]:
    try:
        rows = np.loadtxt(path, usecols=(0, 1, 2, 3), ndmin=2)
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"cannot read {path}: {error}", "give lines of h k l F") from error
    hkl = np.rint(rows[:, :3]).astype(np.int64)
    if not np.isfinite(rows).all() or (hkl != rows[:, :3]).any():
        raise DataError(f"{path} has indices that are not whole", "give lines of h k l F")
    return hkl, rows[:, 3], [turn for turn, _ in operators(preset.space_group)]


def _mtz(path: str, column: str, preset: Preset) -> tuple[Indices, Amplitudes, list[Indices]]:
    gemmi = _gemmi()
    try:
        mtz = gemmi.read_mtz_file(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}", "give an MTZ file") from error
    amplitudes = [found.label for found in mtz.columns if found.type in ("F", "G")]
    if not column and len(amplitudes) == 1:
        column = amplitudes[0]
    if column not in mtz.column_labels():
        what = f"no column {column!r}" if column else "no column named"
        remedy = f"append #COLUMN to the path; amplitudes: {', '.join(amplitudes) or 'none'}"
        raise DataError(f"{path}: {what}", remedy)
    _check_cell(path, mtz.cell, preset)
    values = np.array(mtz.column_with_label(column), np.float64)
    known = np.isfinite(values)
    hkl = np.asarray(mtz.make_miller_array(), np.int64)
    return hkl[known], values[known], _turns(mtz.spacegroup)


def _model(path: str, preset: Preset) -> tuple[Indices, Amplitudes, list[Indices]]:
    """Amplitudes of coordinates with a flat bulk solvent (k 0.35, B 46)."""
    gemmi = _gemmi()
    try:
        structure = gemmi.read_structure(path)
    except (OSError, RuntimeError, ValueError) as error:
        raise DataError(f"cannot read {path}: {error}", "give PDB or mmCIF") from error
    group = gemmi.find_spacegroup_by_name(structure.spacegroup_hm)
    if len(structure) == 0 or group is None:
        raise DataError(f"{path} has no model or no space group", "give a crystal structure")
    _check_cell(path, structure.cell, preset)
    finest = 1.0 / preset.q_max
    density = gemmi.DensityCalculatorX()
    density.d_min, density.rate = finest, 1.5
    density.set_refmac_compatible_blur(structure[0])
    density.grid.setup_from(structure)
    density.put_model_density_on_grid(structure[0])
    atoms = gemmi.transform_map_to_f_phi(density.grid, half_l=True)
    atoms = atoms.prepare_asu_data(dmin=finest, unblur=density.blur)
    mask = gemmi.FloatGrid()
    mask.setup_from(structure, spacing=min(0.6, finest / 3))
    gemmi.SolventMasker(gemmi.AtomicRadiiSet.Cctbx).put_mask_on_float_grid(mask, structure[0])
    solvent = gemmi.transform_map_to_f_phi(mask, half_l=True).prepare_asu_data(dmin=finest)
    scaling = gemmi.Scaling(structure.cell, group)
    scaling.use_solvent, scaling.k_sol, scaling.b_sol = True, 0.35, 46.0
    scaling.scale_data(atoms, solvent)
    hkl = np.asarray(atoms.miller_array, np.int64)
    return hkl, np.abs(np.asarray(atoms.value_array)).astype(np.float64), _turns(group)


def _turns(group: Any) -> list[Indices]:
    """Rotations of a gemmi space group, whose operators count in 1/24."""
    return [np.array(op.rot, np.int64) // 24 for op in group.operations().sym_ops]


def _check_cell(path: str, cell: Any, preset: Preset) -> None:
    found = tuple(float(x) for x in cell.parameters)
    if not np.allclose(found, preset.cell, rtol=1e-3):
        shown = tuple(round(x, 3) for x in found)
        raise DataError(f"{path} has the cell {shown}, not {preset.cell}", f"set cell={shown}")


def _gemmi() -> Any:
    try:
        import gemmi
    except ImportError as error:
        remedy = "pip install 'featcls[pdb]', or give lines of h k l F"
        raise DataError("MTZ and coordinates need gemmi", remedy) from error
    return gemmi
