"""Model files that were damaged or forged: all refused, nothing in them run."""

import importlib.util
import io
import os
import pickle
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest

from featcls.classifiers import npy
from featcls.errors import ModelError
from featcls.model import Model
from small_models import contents, forge, make_config, make_fitted


def refused(path, match="featcls"):
    with pytest.raises(ModelError, match=match) as caught:
        Model.load(path)
    assert str(path) in str(caught.value)
    return caught.value


class Evil:
    def __reduce__(self):
        return os.system, ("touch pwned",)


def put(name, data):
    def change(manifest, members):
        members[name] = data

    return change


def replace(name, array):
    return put(name, npy.dump(array))


def changed(name, function):
    def change(manifest, members):
        members[name] = npy.dump(function(npy.load(members[name], name)))

    return change


def state(**changes):
    def change(manifest, members):
        manifest.update(changes)

    return change


def config(**changes):
    def change(manifest, members):
        manifest["config"].update(changes)

    return change


PICKLE = pickle.dumps(Evil())
OBJECTS = io.BytesIO()
np.save(OBJECTS, np.array([Evil()], dtype=object), allow_pickle=True)

FORGED = {
    "a pickle among the members": (put("evil.pkl", PICKLE), "which nothing asks for"),
    "a pickle for an array": (put("classifier/0/values.npy", PICKLE), "not a plain array"),
    "an array of objects": (
        put("classifier/0/values.npy", OBJECTS.getvalue()),
        "not a plain array",
    ),
    "golden features that are objects": (
        put("golden/features.npy", OBJECTS.getvalue()),
        "not a plain array",
    ),
    "a part nobody asks for": (replace("classifier/1/values.npy", [1.0]), "nothing asks for"),
    "a scaler with more": (replace("scaler/var.npy", [1.0]), "members are"),
    "a scaler of another width": (replace("scaler/mean.npy", np.ones(3)), "14 finite numbers"),
    "a scaler of infinities": (
        replace("scaler/scale.npy", np.full(14, np.inf)),
        "14 finite numbers",
    ),
    "nodes that are no tree": (
        changed("classifier/0/node_left_child.npy", lambda a: a + 1),
        "not tree-shaped",
    ),
    "scores of another model": (
        changed("golden/scores.npy", lambda a: np.roll(a, 1)),
        "otherwise than when it was saved",
    ),
    "scores that are no numbers": (
        changed("golden/scores.npy", lambda a: a * np.nan),
        "otherwise than when it was saved",
    ),
    "no kept rows": (
        lambda *model: [
            changed(f"golden/{name}.npy", lambda a: a[:0])(*model)
            for name in ("scores", "features")
        ],
        "a row or more",
    ),
    "kept rows of another width": (changed("golden/features.npy", lambda a: a[:, 1:]), "features"),
    "kept rows that are no numbers": (
        changed("golden/features.npy", lambda a: a * np.nan),
        "kept scores",
    ),
    "another format": (state(format=4), "has format 4, this featcls reads up to 3"),
    "no config": (state(config=None), "not a model that featcls wrote"),
    "a config with another scale": (config(scale="none"), "holds scaler"),
    "an extractor that is not there": (
        config(extractors=[{"name": "evil", "preprocess": []}]),
        "KeyError",
    ),
    "a config that is not canonical": (
        config(classifier={"name": "rf", "params": {}}),
        "canonical",
    ),
    "another number of trees": (
        lambda manifest, members: manifest["config"]["classifier"]["params"].update(
            n_estimators=6
        ),
        "another number of trees",
    ),
    "no classes": (state(classes=[]), "its classes are"),
    "one class twice": (state(classes=["a", "a", "b"]), "its classes are"),
    "classes that are numbers": (state(classes=[1, 2, 3]), "its classes are"),
    "a class too many": (
        state(classes=["a", "b", "c", "d"], codes=[[0, 1, 2, 3]]),
        "kept scores",
    ),
    "codes outside the classes": (state(codes=[[0, 1, 7]]), "class codes"),
    "codes out of order": (state(codes=[[2, 1, 0]]), "class codes"),
    "codes that are no numbers": (state(codes=[["os.system"]]), "class codes"),
    "codes of two parts": (state(codes=[[0, 1, 2], [0, 1, 2]]), "class codes"),
    "several labels where there are classes": (state(multilabel=True), "class codes"),
    "feature names of another model": (state(feature_names=["evil"]), "feature names"),
    "a state for what learns nothing": (state(extractors=[{"codebook": 1}]), "learns nothing"),
    "states for other extractors": (state(extractors=[]), "not a model that featcls wrote"),
    "no plugins": (state(plugins={}), "not a model that featcls wrote"),
}


@pytest.mark.parametrize(("change", "match"), FORGED.values(), ids=FORGED)
def test_a_forged_part_is_refused(model_file, tmp_path, change, match, monkeypatch):
    monkeypatch.chdir(tmp_path)
    refused(forge(model_file, tmp_path / "forged.featcls", change), match)
    assert not (tmp_path / "pwned").exists()


def test_the_forger_changes_nothing_unless_told(model_file, tmp_path):
    Model.load(forge(model_file, tmp_path / "same.featcls", lambda manifest, members: None))


def test_a_changed_member_is_refused_by_its_hash(model_file, tmp_path):
    change = replace("golden/scores.npy", np.zeros((8, 3)))
    path = forge(model_file, tmp_path / "m.featcls", change, sign=False)
    refused(path, match=r"golden/scores\.npy is not what the manifest lists")


def test_a_lost_and_an_added_member_are_refused_by_name(model_file, tmp_path):
    path = forge(model_file, tmp_path / "m.featcls", put("new", b""), sign=False)
    refused(path, match="new is not what the manifest lists")

    def lose(manifest, members):
        del members["scaler/mean.npy"]

    path = forge(model_file, tmp_path / "m.featcls", lose, sign=False)
    refused(path, match=r"scaler/mean\.npy is not what the manifest lists")


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/evil", "a/../../evil", "..", "a\\..\\evil", "C:evil", "a//b", "é"],
)
def test_a_name_that_may_leave_the_folder_is_refused(model_file, tmp_path, name):
    refused(forge(model_file, tmp_path / "m.featcls", put(name, b"x")), match="has a member")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_is_refused(model_file, tmp_path):
    path = forge(model_file, tmp_path / "m.featcls", lambda manifest, members: None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("manifest.json", "{}")
    refused(path, match="some twice")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.featcls"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b"0" * (17 << 20))
    refused(path, match="would unpack to")


def test_a_member_larger_than_it_states_is_refused(model_file, tmp_path):
    data = model_file.read_bytes()
    with zipfile.ZipFile(model_file) as archive:
        info = archive.getinfo("golden/features.npy")
    stated = info.file_size.to_bytes(4, "little")
    lie = (info.file_size - 100).to_bytes(4, "little")
    central = data.rindex(b"golden/features.npy") - 46  # its entry in the directory at the end
    assert data[central + 24 : central + 28] == stated
    path = tmp_path / "m.featcls"
    path.write_bytes(data[: central + 24] + lie + data[central + 28 :])
    refused(path)


def test_a_file_cut_at_any_kilobyte_is_refused(model_file, tmp_path):
    data = model_file.read_bytes()
    path = tmp_path / "cut.featcls"
    for length in [*range(0, len(data), 1024), len(data) - 1]:
        path.write_bytes(data[:length])
        refused(path, match="not a whole model file")


def test_a_flipped_byte_is_refused_or_changes_nothing(model_file, tmp_path):
    data = bytearray(model_file.read_bytes())
    path = tmp_path / "flipped.featcls"
    rng = np.random.default_rng(0)
    features = np.zeros((1, 14))
    fitted = Model.load(model_file).fitted
    wanted = fitted.estimator.parts[0].predict_proba(features)
    for place in rng.integers(0, len(data), 200):
        data[place] ^= 0x10
        path.write_bytes(data)
        data[place] ^= 0x10
        try:
            after = Model.load(path)
        except ModelError:
            continue
        assert np.array_equal(after.fitted.estimator.parts[0].predict_proba(features), wanted)


@pytest.mark.parametrize("data", [b"", b"\x80\x04.", PICKLE, b"PK\x03\x04", b"not a zip" * 999])
def test_what_is_no_zip_is_refused(tmp_path, data):
    path = tmp_path / "m.featcls"
    path.write_bytes(data)
    refused(path, match="not a whole model file")


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '{"format": 1}', "\xff", "[" * 100_000, '{"format": 1e999}']
)
def test_a_manifest_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "m.featcls"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", text.encode("latin-1"))
    refused(path)


def test_no_manifest_is_refused(tmp_path):
    path = tmp_path / "m.featcls"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("classifier/0/a.npy", b"")
    refused(path, match="no manifest")


@pytest.mark.parametrize("kind", ["extractor.intensity", "classifier.rf"])
def test_another_version_of_a_plugin_is_refused_with_the_way_out(model_file, tmp_path, kind):
    def age(manifest, members):
        manifest["plugins"][kind]["version"] = 0

    error = refused(forge(model_file, tmp_path / "m.featcls", age), match="version 0 of")
    assert "featcls fit" in error.remedy


def test_scores_that_moved_name_the_remedy(model_file, tmp_path):
    def move(manifest, members):
        scores = npy.load(members["golden/scores.npy"], "")
        members["golden/scores.npy"] = npy.dump(scores + 2e-9)

    error = refused(forge(model_file, tmp_path / "m.featcls", move), match="by 2e-09")
    assert "package versions" in error.remedy


AUDIT = """
import sys
from pathlib import Path
from featcls.errors import ModelError
from featcls.model import Model

good = sorted(map(str, Path().glob("*.good")))
bad = sorted(map(str, Path().glob("*.bad")))
for path in good:
    Model.load(path)  # imports what loading needs: that runs code, but of installed packages
seen = []
WATCHED = ("exec", "compile", "pickle.", "os.system", "os.exec", "os.fork", "os.posix_spawn",
           "subprocess.", "ctypes.dl", "marshal.", "code.", "socket.", "open")


def watch(event, args):
    if event.startswith(WATCHED) and not (event == "open" and str(args[0]) in [*good, *bad]):
        seen.append((event, args))


sys.addaudithook(watch)
for path in good:
    Model.load(path)
refused = 0
for path in bad:
    try:
        Model.load(path)
    except ModelError:
        refused += 1
print(len(good), len(bad), refused, seen)
"""


def test_opening_a_model_runs_nothing(complete_file, tmp_path):
    names = ["rf", "histgb", "svm", "logreg", "knn"]
    names += ["xgboost"] if importlib.util.find_spec("xgboost") else []
    for name in names:
        Model(make_fitted(make_config(name)), {}).save(tmp_path / f"{name}.good")
    shutil.copy(complete_file, tmp_path / "complete.good")
    bad = 0
    for good in sorted(tmp_path.glob("*.good")):
        changes = [
            put(member, OBJECTS.getvalue() if k % 2 else PICKLE)
            for k, member in enumerate({*contents(good), "../evil.pkl"} - {"manifest.json"})
        ]
        if good.stem == "rf":
            changes += [change for change, _ in FORGED.values()]
        for change in changes:
            forge(good, tmp_path / f"{bad}.bad", change)
            bad += 1
    data = (tmp_path / "rf.good").read_bytes()
    for length in range(0, len(data), 1024):
        (tmp_path / f"{bad}.bad").write_bytes(data[:length])
        bad += 1
    command = [sys.executable, "-c", AUDIT]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.stdout == f"{len(names) + 1} {bad} {bad} []\n", done.stderr
    assert not (tmp_path / "pwned").exists()


def test_opening_a_forest_imports_scikit_learn_and_no_other_heavy_package(model_file):
    code = (
        "import sys; from featcls.model import Model; Model.load(sys.argv[1]); "
        "print({m.split('.')[0] for m in sys.modules} & set(sys.argv[2:]))"
    )
    others = ["skops", "xgboost", "h5py", "hyperopt", "matplotlib", "cv2", "torch", "skimage"]
    command = [sys.executable, "-c", code, str(model_file), *others, "sklearn"]
    environment = {**os.environ, "FEATCLS_NO_PLUGINS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    assert done.stdout == "{'sklearn'}\n"


def test_the_watch_sees_what_it_watches_for(tmp_path):
    code = AUDIT.replace(
        "print(", "import pickle; pickle.loads(pickle.dumps(Path)); eval('1'); print("
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert "pickle.find_class" in done.stdout
    assert "'exec'" in done.stdout
