import json

import pytest


@pytest.mark.parametrize("kind", ["sfx", "spi"])
def test_a_series_has_a_manifest_that_opens(featcls, tmp_path, kind):
    from featcls.dataset import open_dataset

    out = tmp_path / "frames"
    result = featcls("simulate", kind, out, "--n", 3, "--seed", 5, "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert len(open_dataset(document["manifest"])) == document["frames"] == 3


def test_an_unknown_preset_is_refused_and_nothing_is_written(featcls, tmp_path):
    out = tmp_path / "frames"
    result = featcls("simulate", "sfx", out, "--preset", "diffranet-figur")
    assert result.exit_code == 2
    assert "did you mean" in result.stderr
    assert not out.exists()


SMALL = ("--n", 8, "--set", "shape=64,96", "--set", "pixel=1e-3")


def written(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.pgm")}


def test_any_field_of_a_preset_can_be_set(featcls, tmp_path):
    result = featcls("simulate", "sfx", tmp_path / "a", *SMALL, "--set", "b_factor=20", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["changes"] == {"shape": [64, 96], "pixel": 1e-3, "b_factor": 20.0}
    settings = json.loads((tmp_path / "a" / "series.json").read_text())["settings"]
    assert settings["shape"] == [64, 96]
    assert settings["b_factor"] == 20.0


@pytest.mark.parametrize(
    ("words", "fields"),
    [
        (("--domains", 3), {"domains": 3}),
        (("--noise-order", "nanobragg"), {"noise_order": "nanobragg"}),
        (("--bandwidth", 0.01), {"bandwidth": 0.01, "wavelengths": 7}),
        (("--hot-pixels", 40), {"hot_pixels": 40}),
        (("--ice", 1.0), {"ice_share": 1.0}),
        (("--labels", "volume"), {"labels": "volume"}),
    ],
)
def test_a_named_option_sets_its_field_and_changes_the_files(featcls, tmp_path, words, fields):
    for folder, more in ((tmp_path / "plain", ()), (tmp_path / "changed", words)):
        result = featcls("simulate", "sfx", folder, *SMALL, *more)
        assert result.exit_code == 0, result.stderr
    settings = json.loads((tmp_path / "changed" / "series.json").read_text())["settings"]
    assert {name: settings[name] for name in fields} == fields
    same = written(tmp_path / "plain") == written(tmp_path / "changed")
    assert same == ("labels" in fields)


@pytest.mark.parametrize(("kind", "preset"), [("sfx", "diffranet-text"), ("spi", "spi-four")])
def test_what_makes_a_series_stands_in_its_folder(featcls, tmp_path, kind, preset):
    words = ("--n", 2, "--seed", 7, "--preset", preset, "--format", "tiff", *SMALL[2:])
    result = featcls("simulate", kind, tmp_path / "out", *words)
    assert result.exit_code == 0, result.stderr
    stated = json.loads((tmp_path / "out" / "series.json").read_text())
    assert (stated["n"], stated["seed"], stated["format"]) == (2, 7, "tiff")
    assert stated["settings"]["name"] == f"{preset}@1+"
    assert len(list((tmp_path / "out").glob("*.tif"))) == 2


@pytest.mark.parametrize(("words", "threads"), [(("-j", 3), 3), (("--jobs", 1), 1)])
def test_jobs_are_threads(featcls, tmp_path, monkeypatch, words, threads):
    from featcls.simulate import sfx

    seen, write = [], sfx.write_series
    monkeypatch.setattr(sfx, "write_series", lambda *given: seen.append(given[3]) or write(*given))
    result = featcls("simulate", "sfx", tmp_path / "out", *SMALL, *words)
    assert result.exit_code == 0, result.stderr
    assert seen == [threads]


@pytest.mark.parametrize("kind", ["sfx", "spi"])
def test_a_named_detector_gives_its_shape_and_gaps(featcls, tmp_path, kind):
    import numpy as np
    from PIL import Image

    words = ("--n", 1, "--format", "png", "--detector", "pilatus-300k", "--set", "offset=30")
    result = featcls("simulate", kind, tmp_path / "out", *words)
    assert result.exit_code == 0, result.stderr
    image = np.asarray(Image.open(tmp_path / "out" / "shot_000000.png"))
    assert image.shape == (619, 487)
    assert image[195:212].max() == 0 < image[:195].min()


def test_the_help_lists_every_detector(featcls):
    from featcls.simulate.detectors import DETECTORS

    shown = "".join(featcls("simulate", "sfx", "--help").stdout.split())
    assert [name for name in DETECTORS if name not in shown] == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--detector", "cspat"), "did you mean 'cspad'"),
        (("--set", "distanse=0.1"), "did you mean 'distance'"),
        (("--set", "distance"), "give FIELD=VALUE"),
        (("--set", "distance=near"), "distance is 'near'; give a number"),
        (("--set", "shape=64"), "shape is '64'; give 2 whole numbers"),
        (("--set", "beam_center=1"), "beam_center is '1'; give 2 numbers"),
        (("--set", "distance=-0.1"), "give a number above 0"),
        (("--set", "wavelength=0"), "give a number above 0"),
        (("--set", "cell=0,1,1,90,90,90"), "no unit cell"),
        (("--noise-order", "papr"), "did you mean 'paper'"),
        (("--preset", "spi-hits"), "single particles"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_is_written(featcls, tmp_path, words, message):
    result = featcls("simulate", "sfx", tmp_path / "out", *words)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", "")
    assert not (tmp_path / "out").exists()


def test_the_sheet_shows_frames_of_the_series(featcls, tmp_path):
    import numpy as np
    from PIL import Image

    from featcls.simulate import labels, shot
    from featcls.simulate.sheet import GAP

    sheet = tmp_path / "sheet.png"
    result = featcls("simulate", "sfx", tmp_path / "a", *SMALL, "--sheet", sheet)
    assert result.exit_code == 0, result.stderr
    picture = np.asarray(Image.open(sheet))
    assert picture.shape == (5 * (64 + GAP), 6 * (96 + GAP))
    index = labels("diffranet-figure", 8).index("weak")
    image, _ = shot("diffranet-figure", 0, index, shape=(64, 96), pixel=1e-3)
    top, left = 2 * (64 + GAP) + GAP // 2, GAP // 2
    np.testing.assert_array_equal(picture[top : top + 64, left : left + 96], image)


def test_a_sheet_that_cannot_be_written_is_an_error(featcls, tmp_path):
    sheet = tmp_path / "none" / "sheet.png"
    result = featcls("simulate", "sfx", tmp_path / "a", *SMALL, "--sheet", sheet)
    assert result.exit_code == 1
    assert "cannot write" in result.stderr


def test_a_bar_with_the_time_left_stands_on_a_terminal_only(featcls, tmp_path, monkeypatch):
    import io

    from rich.console import Console

    from featcls.cli import output

    for terminal in (True, False):
        screen = io.StringIO()
        console = Console(file=screen, force_terminal=terminal, width=100)
        monkeypatch.setattr(output, "stderr", lambda console=console: console)
        result = featcls("simulate", "sfx", tmp_path / str(terminal), *SMALL)
        assert result.exit_code == 0
        assert ("8/8" in screen.getvalue()) == terminal
        assert (" left" in screen.getvalue()) == terminal


def test_a_repeated_call_goes_on(featcls, tmp_path):
    for _ in range(2):
        result = featcls("simulate", "sfx", tmp_path / "a", *SMALL)
        assert result.exit_code == 0
    refused = featcls("simulate", "sfx", tmp_path / "a", *SMALL, "--seed", 2)
    assert refused.exit_code == 1
    assert "holds another series" in refused.stderr
