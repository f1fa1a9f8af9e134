import numpy as np
import pytest
from numpy.testing import assert_allclose

from featcls.config import canonical
from featcls.errors import DataError, UsageError
from featcls.frame import Frame
from featcls.pipeline import fit_chain, steps
from featcls.plugins import registry
from featcls.preprocess.correct import Correct

SHAPE = (16, 24)


@pytest.fixture
def readout(tmp_path):
    """Counts as a detector reads them out, with files that undo it."""
    rng = np.random.default_rng(0)
    counts = rng.poisson(0.3, SHAPE).astype(np.float64)
    counts[3, 4] = 50
    dark, gain = rng.normal(100, 5, SHAPE), rng.uniform(5, 9, SHAPE)
    np.save(tmp_path / "dark.npy", dark)
    np.save(tmp_path / "gain.npy", gain)
    drift = np.repeat(np.repeat([[3.0, -2.0], [7.0, 1.0]], 8, 0), 12, 1)
    return tmp_path, counts, dark + counts * gain + drift


def fitted(**params):
    return Correct(**Correct(**params).fitted_params([]))


def test_dark_common_mode_and_gain_are_undone_in_that_order(readout):
    folder, counts, image = readout
    correct = fitted(
        dark=str(folder / "dark.npy"), gain=str(folder / "gain.npy"), common_mode=(8, 12)
    )
    assert_allclose(correct.apply(Frame(image)).image, counts, atol=1e-10)


def test_rows_and_columns_drift_together():
    image = np.zeros((4, 6))
    image[1] += 5
    assert not Correct(common_mode="rows").apply(Frame(image)).image.any()
    assert not Correct(common_mode="columns").apply(Frame(image.T)).image.any()
    assert not Correct(common_mode="frame").apply(Frame(np.full((3, 3), 7))).image.any()


def test_masked_pixels_have_no_part_in_the_common_mode():
    image = np.array([[1.0, 1, 9, 9, 9, 2]])
    mask = image == 9
    assert Correct(common_mode="rows").apply(Frame(image, mask)).values.tolist() == [0, 0, 1]


def test_negative_values_are_kept_set_to_zero_or_masked():
    frame = Frame(np.array([[-2, 3]], np.int16))
    assert Correct().apply(frame).image.tolist() == [[-2, 3]]
    assert Correct(negative="zero").apply(frame).image.tolist() == [[0, 3]]
    assert Correct(negative="mask").apply(frame).mask.tolist() == [[True, False]]


def test_pixels_without_a_dark_value_or_a_gain_are_masked(tmp_path):
    dark, gain = np.zeros((1, 4)), np.ones((1, 4))
    dark[0, 0], gain[0, 1], gain[0, 2] = np.nan, 0, -3
    np.save(tmp_path / "d.npy", dark)
    np.save(tmp_path / "g.npy", gain)
    correct = fitted(dark=str(tmp_path / "d.npy"), gain=str(tmp_path / "g.npy"))
    assert correct.apply(Frame(np.ones((1, 4)))).mask.tolist() == [[True, True, True, False]]


def test_the_files_are_part_of_the_fitted_config(readout):
    folder, _, image = readout
    params = {"dark": str(folder / "dark.npy")}
    config = canonical(
        {"preprocess": [{"name": "correct", "params": params}], "classifier": "knn"},
        registry().space_of,
    )
    frame = Frame(image)
    first = fit_chain(config["preprocess"], [frame], registry())
    assert len(first[0]["params"]["digests"]) == 65
    np.save(folder / "dark.npy", np.ones(SHAPE))
    second = fit_chain(config["preprocess"], [frame], registry())
    assert first != second
    with pytest.raises(DataError, match="not the file that was learned"):
        steps(first, registry())[0].apply(frame)


def test_what_cannot_be_meant_or_read_is_named(readout, tmp_path):
    frame = Frame(readout[2])
    with pytest.raises(UsageError, match="not learned yet"):
        Correct(dark="d.npy").apply(frame)
    with pytest.raises(UsageError, match="common_mode is 'tiles'"):
        Correct(common_mode="tiles").apply(frame)
    with pytest.raises(UsageError, match="negative is 'drop'"):
        Correct(negative="drop").apply(frame)
    with pytest.raises(DataError, match="cannot read"):
        fitted(dark=str(tmp_path / "none.npy"))
    (tmp_path / "text.npy").write_text("hello")
    with pytest.raises(DataError, match=r"cannot read .*text\.npy"):
        fitted(dark=str(tmp_path / "text.npy")).apply(frame)
    np.save(tmp_path / "small.npy", np.ones((2, 2)))
    with pytest.raises(DataError, match=r"shape \(2, 2\), the frame \(16, 24\)"):
        fitted(dark=str(tmp_path / "small.npy")).apply(frame)
