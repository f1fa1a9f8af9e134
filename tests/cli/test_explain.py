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


def test_a_report_shows_what_its_model_looks_at(featcls, searched):
    run = searched.path
    before = (run / "report.html").read_text(encoding="utf-8")
    assert "Why it says so" not in before
    result = featcls("report", run, "--explain", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)["explained"]
    drawn = [row["files"]["occlusion"] for row in told["frames"]]
    written = {path.name for path in (run / "explained").iterdir()}
    assert written == {*drawn, told["plane"]}
    page = (run / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="why"') :].split("</section>")[0]
    assert section.count("data:image/jpeg") == len(written)
    assert "How far shuffling a feature" in section
    assert all(row["frame_id"] in section for row in told["frames"])
    (run / "explained" / drawn[0]).unlink()
    assert featcls("report", run).exit_code == 0
    page = (run / "report.html").read_text(encoding="utf-8")
    assert page.count("no picture") == 1


def test_a_run_without_a_model_or_its_data_has_nothing_to_explain(featcls, searched, tmp_path):
    run = searched.path
    info = json.loads((run / "run.json").read_text(encoding="utf-8"))
    info["dataset"]["spec"]["source"] = str(tmp_path / "gone")
    (run / "run.json").write_text(json.dumps(info))
    result = featcls("report", run, "--explain")
    assert result.exit_code == 1
    assert "cannot be read any more" in result.stderr
    (run / "model.featcls").unlink()
    result = featcls("report", run, "--explain")
    assert result.exit_code == 1
    assert "has no model to explain" in result.stderr
