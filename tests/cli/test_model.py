import json


def test_show_says_what_it_computes_and_for_which_classes(featcls, searched):
    result = featcls("model", "show", searched.model)
    assert result.exit_code == 0
    assert "3 classes: bright, dark, stripes" in result.stdout
    document = json.loads(featcls("model", "show", searched.model, "--json").stdout)
    assert document["classes"] == ["bright", "dark", "stripes"]
    assert document["n_features"] == len(document["feature_names"])


def test_verify_accepts_a_whole_file_and_refuses_a_changed_one(featcls, searched, tmp_path):
    assert featcls("model", "verify", searched.model).exit_code == 0
    data = bytearray(searched.model.read_bytes())
    data[len(data) // 2] ^= 1
    changed = tmp_path / "changed.featcls"
    changed.write_bytes(data)
    result = featcls("model", "verify", changed, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["error"]["type"] == "ModelError"


def test_without_a_command_it_shows_its_help(featcls):
    assert "verify" in featcls("model").stdout
