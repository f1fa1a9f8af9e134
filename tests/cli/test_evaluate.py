import json
import shutil


def test_evaluate_measures_the_split_that_the_search_drew_and_remembers_the_look(
    featcls, searched, images
):
    def run_json():
        return json.loads((searched.path / "run.json").read_text(encoding="utf-8"))

    before = run_json()
    document = json.loads(featcls("evaluate", searched.model, images, "--json").stdout)
    assert document["split"] == "test"
    assert document["n"] == before["dataset"]["roles"]["test"]
    assert document["confusion"] == before["test"]["confusion"]
    assert len(run_json()["test_looks"]) == len(before["test_looks"]) + 1


def test_evaluate_prints_metrics_classes_and_the_confusion_matrix(featcls, searched, images):
    result = featcls("evaluate", searched.model, images, "--split", "all")
    assert result.exit_code == 0
    assert "36 frames, split all" in result.stdout
    assert "balanced accuracy" in result.stdout
    assert "columns: what the model says" in result.stdout
    assert "fitted on some of these frames" in result.stderr


def test_evaluate_says_what_is_left_where_the_model_may_abstain(featcls, searched, images):
    words = ("evaluate", searched.model, images, "--split", "all", "--abstain")
    document = json.loads(featcls(*words, "0", "--json").stdout)
    found = document["abstain"]
    assert found["covered"] == 1.0
    assert [row["n"] for row in found["per_class"]] == [12, 12, 12]
    assert found["accuracy"] == document["metrics"]["accuracy"]
    assert "best score of 0.5 or more" in featcls(*words, "0.5").stdout


def test_evaluate_of_data_without_that_split_says_what_to_do(featcls, searched, damaged):
    result = featcls("evaluate", searched.model, damaged)
    assert result.exit_code == 1
    assert "--split all" in result.stderr
    measured = featcls("evaluate", searched.model, damaged, "--split", "all", "--json")
    assert measured.exit_code == 3
    assert json.loads(measured.stdout)["bad_frames"] == ["dark/03.png"]


def test_evaluate_of_other_classes_names_them(featcls, searched, tmp_path, images):
    shutil.copytree(images / "dark", tmp_path / "other" / "night")
    shutil.copytree(images / "bright", tmp_path / "other" / "bright")
    result = featcls("evaluate", searched.model, tmp_path / "other", "--split", "all")
    assert result.exit_code == 1
    assert "'night'" in result.stderr


def test_a_confusion_matrix_wider_than_the_screen_is_a_list_of_mistakes(capsys):
    from featcls.cli.evaluate import show

    n = 12
    counts = [[5 if i == k else 0 for k in range(n)] for i in range(n)]
    counts[3][7] = 4
    classes = [f"class{k}" for k in range(n)]
    show({"metrics": {}, "intervals": {}, "per_class": [], "classes": classes,
          "confusion": counts}, "title")  # fmt: skip
    told = capsys.readouterr().out
    assert "most frequent mistakes" in told
    assert ["class3", "class7", "4"] in [line.split() for line in told.splitlines()]
