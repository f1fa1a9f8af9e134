import json

from PIL import Image


def test_a_map_is_drawn_beside_each_of_a_few_frames(featcls, searched, images, tmp_path):
    result = featcls("explain", searched.model, images, "--limit", 2, "--out", "pictures")
    assert result.exit_code == 0, result.stderr
    written = sorted((tmp_path / "pictures").glob("*.png"))
    assert [str(path.relative_to(tmp_path)) for path in written] == result.stdout.split()
    assert len(written) == 2
    assert "occlusion" in written[0].name
    width, height = Image.open(written[0]).size
    assert width > 2 * height


def test_a_label_may_be_chosen_and_must_be_one(featcls, searched, images):
    words = ["explain", searched.model, images, "--limit", 1, "--json", "--label"]
    found = json.loads(featcls(*words, "dark").stdout)
    assert [name.endswith("-dark.png") for name in found["files"]] == [True]
    result = featcls(*words, "drak")
    assert result.exit_code == 2
    assert "did you mean 'dark'" in result.stderr


def test_frames_are_laid_out_by_what_the_model_sees(featcls, searched, images, tmp_path):
    result = featcls("explain", searched.model, images, "--kind", "tsne", "--limit", 8)
    assert result.stdout.split() == ["explained/tsne.png"]
    assert (tmp_path / "explained" / "tsne.png").exists()


def test_features_are_weighed_by_shuffling(featcls, searched, images):
    words = ["explain", searched.model, images, "--kind", "importance"]
    rows = json.loads(featcls(*words, "--json").stdout)["importance"]
    assert rows[0]["fall"] >= rows[-1]["fall"]
    assert rows[0]["feature"] in featcls(*words).stdout


def test_a_map_that_the_model_does_not_draw_is_named(featcls, searched, images):
    result = featcls("explain", searched.model, images, "--kind", "gradcam", "--limit", 1)
    assert result.exit_code == 2
    assert "it draws occlusion" in result.stderr
