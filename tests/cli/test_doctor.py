import json

from packaging.requirements import Requirement

from featcls import __version__
from featcls._ext.built import has_openmp, vector_bytes
from featcls.classifiers.boosting import count_gpus
from featcls.cli import requirements


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
    row = findings(result)[1]["cache"]
    assert row["state"] == "broken"
    assert "FEATCLS_CACHE_DIR" in row["remedy"]


def test_an_absent_extra_is_missing_with_the_way_to_add_it(featcls, monkeypatch):
    absent = [Requirement("no-such-package>=2")]
    monkeypatch.setattr(requirements, "extras", lambda: ["sift"])
    monkeypatch.setattr(requirements, "wanted_by", lambda extra: absent if extra else [])
    result = featcls("doctor", "--json")
    row = findings(result)[1]["[sift]"]
    assert result.exit_code == 0
    assert row["state"] == "missing"
    assert row["found"] == "no-such-package is not installed"
    assert row["remedy"] == "pip install 'featcls[sift]'"


def test_every_extra_for_users_asks_for_something_beside_the_core():
    core = {wanted.name for wanted in requirements.wanted_by("")}
    assert {"sift", "xgboost", "stream"} <= set(requirements.extras())
    for extra in requirements.extras():
        own = {wanted.name for wanted in requirements.wanted_by(extra)}
        assert own
        assert not own & core


def test_a_package_that_is_too_old_is_broken(featcls, monkeypatch):
    too_new = Requirement("numpy>=999")
    monkeypatch.setattr(requirements, "wanted_by", lambda extra: [] if extra else [too_new])
    result = featcls("doctor", "--json")
    row = findings(result)[1]["numpy"]
    assert result.exit_code == 1
    assert row["found"].endswith("wanted >=999")
    assert row["remedy"] == "pip install 'numpy>=999'"


def test_the_distributions_of_one_module_stand_in_for_each_other(monkeypatch):
    monkeypatch.setitem(requirements.SHARED, "numpy-of-another-name", "numpy")
    fits, words = requirements.installed(Requirement("numpy-of-another-name"))
    assert fits
    assert words.startswith("numpy ")


def test_it_says_how_the_kernels_were_built_and_what_the_machine_has(featcls):
    rows = findings(featcls("doctor", "--json"))[1]
    assert rows["OpenMP"]["state"] == ("ok" if has_openmp() else "missing")
    assert str(vector_bytes()) in rows["SIMD"]["found"]
    assert rows["CUDA"]["found"].split()[0] == (str(count_gpus()) if count_gpus() else "no")
    assert rows["featcls"]["found"].startswith(f"{__version__},")


def test_it_fits_into_80_columns_of_a_pipe(featcls, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    told = featcls("doctor")
    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= 80
