"""Networks in studies without the torch plugin, and the frames that they would learn from."""

import numpy as np
import pytest

from featcls.errors import DataError, UsageError
from featcls.plugins import Registry, Row, registry
from featcls.preprocess.bin import Bin
from featcls.preprocess.lcn import LCN
from featcls.studies import networks
from featcls.studies import pipelines as p
from featcls.studies.bench import Bench
from featcls.studies.pictures import masks_of, pictures, several

CHAIN = [p.step("bin", factor=2), p.step("lcn", window=3)]


def test_a_network_that_is_not_installed_is_named_with_the_commands_that_help():
    with pytest.raises(UsageError, match="featcls-torch, which brings ke, is not installed; pip"):
        networks.require(registry(), "rf", "ke")
    assert "pip install torch" in str(networks.missing(registry(), "airynet"))
    assert networks.missing(registry(), "rf") is None


def test_a_plugin_that_is_off_says_why():
    installed = Registry()
    reason = "the networks ke need torch, which is not installed; pip install torch"
    installed.rows.append(Row("torch", "featcls-torch 0.1", reason=reason))
    error = networks.missing(installed, "ke")
    assert "is off: the networks ke need torch, which is not installed" in error.message
    assert error.remedy == "pip install torch"


def test_pictures_are_the_frames_behind_the_chain_made_once(toy, tmp_path):
    images = np.random.default_rng(0).poisson(9.0, (5, 8, 12)).astype(np.float32)
    images[3, 0:2, 0:2] = np.nan
    np.savez(tmp_path / "five.npz", images=images, labels=np.array(list("ababa")))
    bench = Bench(str(tmp_path / "five.npz"), toy())
    config = p.config([], preprocess=CHAIN)
    made = pictures(bench, config)
    for index in range(5):
        frame = LCN(window=3).apply(Bin(2).apply(bench.problem.frame(index)))
        kept = made.frame(index)
        assert np.array_equal(kept.image, frame.image)
        assert np.array_equal(kept.valid, frame.valid)
    assert not made.frame(3).valid[0, 0]
    before = made.path.stat().st_mtime_ns, masks_of(made.path).stat().st_mtime_ns
    assert pictures(bench, config) == made
    assert before == (made.path.stat().st_mtime_ns, masks_of(made.path).stat().st_mtime_ns)
    assert pictures(bench, p.config([], preprocess=CHAIN[:1])) != made


def test_pictures_of_several_chains_are_those_of_each(toy, tmp_path):
    images = np.random.default_rng(0).poisson(9.0, (3, 8, 8)).astype(np.float32)
    np.savez(tmp_path / "three.npz", images=images, labels=np.array(list("aba")))
    bench = Bench(str(tmp_path / "three.npz"), toy())
    binned, plain = p.config([], preprocess=CHAIN[:1]), p.config([])
    first, again, other = several(bench, [binned, binned, plain])
    assert first == again == pictures(bench, binned)
    np.testing.assert_array_equal(first.frame(2).image, Bin(2).apply(bench.problem.frame(2)).image)
    np.testing.assert_array_equal(other.frame(2).image, images[2])
    assert not masks_of(first.path).exists()


def test_frames_of_two_sizes_are_no_pictures(toy, tmp_path):
    for name, side in (("one", 8), ("other", 9)):
        (tmp_path / "set" / name).mkdir(parents=True)
        np.save(tmp_path / "set" / name / "0.npy", np.ones((side, 8)))
    bench = Bench(str(tmp_path / "set"), toy())
    with pytest.raises(DataError, match=r"is \(9, 8\) float64 behind the chain"):
        pictures(bench, p.config([]))
    assert not list((tmp_path / "work" / "pictures").iterdir())
