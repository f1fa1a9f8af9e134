"""The options of every command that takes DATA."""

import json
import shlex

import click
import numpy as np
import pytest

from featcls.cli.data_options import data_options

ALL = """
--reader npy --option a=[1,2] --option b=text --mask m.npy --replace-mask --mask-edge 2
--mask-value 65535 --mask-value -1 --polygon '0,0 5,0 5,9' --geometry g.poni --no-assemble
--beam-center 10.5,20 --pixel-size 1e-4 --distance 0.1 --wavelength 1e-10 --allow-external
"""


@pytest.fixture
def spec_of():
    """Return the spec that a command gets."""

    def run(*words):
        found = []

        @click.command()
        @click.argument("data", required=False)
        @data_options
        def show(data):
            found.append(data)

        show.main(words, standalone_mode=False)
        return found[0]

    return run


def test_every_option_reaches_the_spec_and_pairs_turn_to_row_and_column(spec_of):
    assert spec_of("DATA", *shlex.split(ALL)) == {
        "source": "DATA",
        "reader": "npy",
        "options": {"a": [1, 2], "b": "text", "allow_external": True},
        "detector": {
            "mask": ["m.npy"],
            "replace_mask": True,
            "mask_edge": 2,
            "mask_values": [65535.0, -1.0],
            "polygons": [[[0.0, 0.0], [0.0, 5.0], [9.0, 5.0]]],
            "geometry": "g.poni",
            "assemble": False,
            "beam_center": [20.0, 10.5],
            "pixel_size": 1e-4,
            "distance": 0.1,
            "wavelength": 1e-10,
        },
    }


def test_without_data_there_is_no_spec_unless_a_reader_makes_some(spec_of):
    assert spec_of() is None
    assert spec_of("--reader", "simulate", "--option", "n=9")["options"] == {"n": 9}
    with pytest.raises(click.UsageError, match="need DATA"):
        spec_of("--mask-edge", "1")


@pytest.mark.parametrize(
    "word",
    ["--beam-center=5", "--polygon=1,2 3", "--option=novalue", "--mask-edge=-1"],
)
def test_what_cannot_be_read_is_a_usage_error(spec_of, word):
    with pytest.raises(click.BadParameter):
        spec_of("DATA", word)


@pytest.fixture
def stack(tmp_path):
    images = np.full((4, 16, 16), 10, np.uint16)
    images[:, 3, 3] = 65535
    np.savez(tmp_path / "stack.npz", images=images)
    (tmp_path / "config.json").write_text('{"extractors": [{"name": "intensity"}]}')
    return tmp_path / "stack.npz"


def test_a_masked_flag_no_longer_reaches_the_features(featcls, stack):
    table = stack.with_name("out.npz")
    for words, largest in ([], 65535), (["--mask-value", 65535], 10):
        done = featcls(
            "extract", stack.with_name("config.json"), stack, "--no-labels", "--out", table, *words
        )
        assert done.exit_code == 0, done.output
        with np.load(table) as file:
            found = file["features"].max()
        assert found >= largest
        assert (found > 60000) == (largest > 60000)


def test_a_search_remembers_the_mask_it_was_given(featcls, tmp_path):
    rng = np.random.default_rng(0)
    images = rng.poisson(np.repeat([4, 9], 15)[:, None, None], (30, 16, 16)).astype(np.uint8)
    np.savez(tmp_path / "d.npz", images=images, labels=np.repeat(["a", "b"], 15))
    words = ["--max-evals", 1, "--backend", "serial", "--space", "quick", "--out", tmp_path / "r"]
    done = featcls("search", tmp_path / "d.npz", "--mask-edge", 2, *words)
    assert done.exit_code == 0, done.output
    info = json.loads((tmp_path / "r" / "run.json").read_text())
    assert info["dataset"]["spec"]["detector"] == {"mask_edge": 2}
    other = featcls("search", tmp_path / "d.npz", *words, "--resume")
    assert other.exit_code == 1
    assert "dataset" in other.stderr or "data" in other.stderr


def test_an_option_that_no_reader_knows_is_named(featcls, stack):
    done = featcls(
        "extract", stack.with_name("config.json"), stack, "--no-labels", "--out", "o.npz",
        "--option", "flagz=1",
    )  # fmt: skip
    assert done.exit_code == 2
    assert "flagz" in done.stderr


def test_an_empty_word_is_not_the_working_directory(featcls, searched):
    """As a variable of the shell gives that was never set."""
    result = featcls("predict", searched.model, "")
    assert result.exit_code == 2
    assert "DATA is an empty word" in result.stderr
