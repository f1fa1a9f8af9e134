import json

import featcls.cli.doctor as doctor


def findings(result):
    document = json.loads(result.stdout)
    return document, {row["what"]: row for row in document["findings"]}


def test_a_whole_installation_exits_with_0(featcls):
    result = featcls("doctor", "--json")
    document, rows = findings(result)
    assert result.exit_code == 0
    assert document["ok"] is True
    assert rows["kernels"]["state"] == "ok"
    assert "numpy" in rows["packages"]["found"]


def test_a_cache_that_cannot_be_made_is_broken_and_exits_with_1(featcls, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FEATCLS_CACHE_DIR", str(tmp_path / "file" / "cache"))
    result = featcls("doctor", "--json")
    assert result.exit_code == 1
    assert findings(result)[1]["cache"]["remedy"] == "set FEATCLS_CACHE_DIR"


def test_an_absent_optional_package_is_missing_with_the_way_to_add_it(featcls, monkeypatch):
    monkeypatch.setattr(doctor, "OPTIONAL", {"no_such_package": "pip install it"})
    result = featcls("doctor")
    assert result.exit_code == 0
    assert "missing" in result.stdout
    assert "pip install it" in result.stdout
