import numpy as np
import pytest

from featcls.errors import DataError
from featcls.simulate.presets import find_preset
from featcls.simulate.structure import structure_factors

CELL = (30.0, 40.0, 50.0, 90.0, 90.0, 90.0)


def table(path, **changes):
    settings = {"cell": CELL, "distance": 0.15, **changes}
    return structure_factors(find_preset("diffranet-text", structure=str(path), **settings))


def write_mtz(path, columns=("FP",)):
    gemmi = pytest.importorskip("gemmi")
    mtz = gemmi.Mtz(with_base=True)
    mtz.spacegroup = gemmi.find_spacegroup_by_name("P 21 21 21")
    mtz.set_cell_for_all(gemmi.UnitCell(*CELL))
    mtz.add_dataset("one")
    for name in columns:
        mtz.add_column(name, "F")
    rows = [[1, 2, 3, 7.0], [2, 0, 0, 5.0], [1, 1, 1, np.nan]]
    mtz.set_data(np.array([[*row, *([row[3] * 2] * (len(columns) - 1))] for row in rows]))
    mtz.write_to_file(str(path))
    return path


def write_pdb(path, b=20.0):
    gemmi = pytest.importorskip("gemmi")
    structure = gemmi.Structure()
    structure.cell = gemmi.UnitCell(*CELL)
    structure.spacegroup_hm = "P 21 21 21"
    model, chain = gemmi.Model("1"), gemmi.Chain("A")
    rng = np.random.default_rng(0)
    for number, place in enumerate(rng.random((60, 3)) * 12):
        residue = gemmi.Residue()
        residue.name, residue.seqid = "GLY", gemmi.SeqId(number + 1, " ")
        atom = gemmi.Atom()
        atom.name, atom.element, atom.b_iso = "CA", gemmi.Element("C"), b
        atom.pos = gemmi.Position(*place)
        residue.add_atom(atom)
        chain.add_residue(residue)
    model.add_chain(chain)
    structure.add_model(model)
    structure.write_pdb(str(path))
    return structure


def test_text_is_expanded_by_symmetry_and_friedel(tmp_path):
    path = tmp_path / "f.hkl"
    path.write_text("1 2 3 7.0\n2 0 0 5\n")
    found = table(path)
    for hkl in [(1, 2, 3), (-1, -2, -3), (1, -2, -3), (-1, 2, 3), (1, -2, 3)]:
        assert found.at(*hkl) == 49.0
    assert found.at(2, 0, 0) == found.at(-2, 0, 0) == 25.0
    assert found.at(3, 2, 1) == found.at(0, 0, 0) == 0.0
    assert found.values.sum() == 4 * 49 + 25


def test_text_in_p1_keeps_what_symmetry_would_fill(tmp_path):
    path = tmp_path / "f.hkl"
    path.write_text("1 2 3 7.0\n")
    found = table(path, space_group="P1")
    assert found.at(-1, -2, -3) == 49.0
    assert found.at(1, -2, 3) == 0.0


def test_mtz_gives_the_named_column(tmp_path):
    path = write_mtz(tmp_path / "f.mtz", ("FP", "FC"))
    assert table(f"{path}#FC").at(1, -2, 3) == pytest.approx(196.0)
    assert table(f"{path}#FP").at(1, -2, 3) == pytest.approx(49.0)
    assert table(f"{path}#FP").at(1, 1, 1) == 0.0
    assert table(write_mtz(tmp_path / "one.mtz")).at(2, 0, 0) == pytest.approx(25.0)


def test_coordinates_scatter_as_the_sum_over_their_atoms(tmp_path):
    gemmi = pytest.importorskip("gemmi")
    structure = write_pdb(tmp_path / "m.pdb")
    found = table(tmp_path / "m.pdb", distance=0.08)
    direct = gemmi.StructureFactorCalculatorX(structure.cell)
    structure.setup_cell_images()
    pairs = []
    for hkl in np.random.default_rng(1).integers(1, 19, (300, 3)).tolist():
        spacing = structure.cell.calculate_d(hkl)
        if 2.45 < spacing < 3.0:
            expected = abs(direct.calculate_sf_from_model(structure[0], hkl))
            pairs.append((np.sqrt(found.at(*hkl)), expected))
    got, expected = np.array(pairs).T
    # Here the bulk solvent, which the sum leaves out, has faded to a few electrons; they add in
    # quadrature and make 4 %.
    assert len(got) > 30
    assert np.corrcoef(got, expected)[0, 1] > 0.98
    assert got.mean() == pytest.approx(expected.mean(), rel=0.05)
    assert found.at(1, 0, 0) == found.at(0, 3, 0) == pytest.approx(0.0, abs=1e-3)


def test_mmcif_gives_what_pdb_gives(tmp_path):
    structure = write_pdb(tmp_path / "m.pdb")
    structure.make_mmcif_document().write_file(str(tmp_path / "m.cif"))
    pdb, cif = (table(tmp_path / name).values for name in ("m.pdb", "m.cif"))
    # A PDB file rounds places to a thousandth of an angstrom.
    np.testing.assert_allclose(cif, pdb, rtol=0.02, atol=1e-3 * pdb.max())
    assert cif.max() > 100


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.hkl", None, "cannot read .*give lines of h k l F"),
        ("words.hkl", "h k l F\n", "cannot read .*give lines"),
        ("half.hkl", "1 2 0.5 7\n", "not whole"),
        ("far.hkl", "90 90 90 7\n", "no reflection that meets the detector"),
        ("bad.mtz", "not an mtz", "cannot read .*give an MTZ file"),
        ("bad.pdb", "nothing\n", "no model"),
        ("none.cif", None, "cannot read .*PDB or mmCIF"),
    ],
)
def test_a_bad_file_is_named_with_the_remedy(tmp_path, name, content, message):
    if not name.endswith(".hkl"):
        pytest.importorskip("gemmi")
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message):
        table(tmp_path / name)


def test_a_missing_column_is_answered_with_those_that_are_there(tmp_path):
    path = write_mtz(tmp_path / "f.mtz", ("FP", "FC"))
    with pytest.raises(DataError, match=r"no column 'FX'.*amplitudes: FP, FC"):
        table(f"{path}#FX")
    with pytest.raises(DataError, match=r"no column named.*amplitudes: FP, FC"):
        table(path)


def test_another_cell_is_answered_with_the_one_of_the_file(tmp_path):
    path = write_mtz(tmp_path / "f.mtz")
    with pytest.raises(DataError, match=r"set cell=\(30.0, 40.0, 50.0"):
        table(path, cell=(31.0, 40.0, 50.0, 90.0, 90.0, 90.0))


def without_memory(path, **changes):
    structure_factors.cache_clear()
    return table(path, **changes)


@pytest.fixture
def computed(monkeypatch, tmp_path):
    """Paths of the files that are read and transformed, not taken from the cache."""
    from featcls.simulate import structure_files

    seen, compute = [], structure_files._table
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(
        structure_files, "_table", lambda path, *rest: seen.append(path) or compute(path, *rest)
    )
    return seen


def test_a_file_is_transformed_once(tmp_path, computed):
    write_pdb(tmp_path / "m.pdb")
    first = without_memory(tmp_path / "m.pdb")
    (tmp_path / "m.pdb").rename(tmp_path / "same.pdb")
    np.testing.assert_array_equal(without_memory(tmp_path / "same.pdb").values, first.values)
    assert len(computed) == 1


def test_another_content_column_or_detector_is_transformed_anew(tmp_path, computed):
    path = write_mtz(tmp_path / "f.mtz", ("FP", "FC"))
    values = [without_memory(f"{path}#{column}").at(1, 2, 3) for column in ("FP", "FC")]
    assert values == [49.0, 196.0]
    without_memory(f"{path}#FC", distance=0.1)
    (tmp_path / "f.hkl").write_text("1 2 3 7.0\n")
    assert without_memory(tmp_path / "f.hkl").at(1, 2, 3) == 49.0
    (tmp_path / "f.hkl").write_text("1 2 3 8.0\n")
    assert without_memory(tmp_path / "f.hkl").at(1, 2, 3) == 64.0
    assert len(computed) == 5


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 cut short", b"\x80\x04pickle"])
def test_a_damaged_cache_is_made_anew(tmp_path, computed, damage):
    path = tmp_path / "f.hkl"
    path.write_text("1 2 3 7.0\n")
    without_memory(path)
    (stored,) = (tmp_path / "cache").rglob("structure-*.npz")
    stored.write_bytes(damage)
    assert without_memory(path).at(1, 2, 3) == 49.0
    assert without_memory(path).at(1, 2, 3) == 49.0
    assert len(computed) == 2


def test_a_cache_that_cannot_be_written_costs_no_result(tmp_path, computed, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "file"))
    (tmp_path / "f.hkl").write_text("1 2 3 7.0\n")
    assert without_memory(tmp_path / "f.hkl").at(1, 2, 3) == 49.0
