"""Models of classifiers that third parties bring: by skops, or by hooks of their own."""

import io
import json
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.classifiers import npy
from featcls.errors import ModelError, PluginError
from featcls.hookspecs import hookimpl
from featcls.model import Model
from featcls.plugins import Registry, registry
from featcls.spaces import Integer
from small_models import contents, forge, make_config, make_fitted, make_frames

TREE = "sklearn.tree._tree.Tree"


def extra_trees(**params):
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(random_state=0, **params)


def bayes(**params):
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB(**params)


class Brightness:
    """Takes frames; its state is one number a class."""

    def fit(self, X, y):
        levels = [frame.image.mean() for frame in X]
        self.levels = np.array([np.mean(np.array(levels)[y == k]) for k in np.unique(y)])
        return self

    def predict_proba(self, X):
        far = np.abs([[frame.image.mean()] for frame in X] - self.levels)
        near = np.exp(-far)
        return near / near.sum(axis=1, keepdims=True)


def brightness_load(members, params):
    classifier = Brightness()
    classifier.levels = npy.unpack(members, {"levels": ("<f8", 1)})["levels"]
    return classifier


OFFERS = {
    "bayes": (bayes, {}, {}),
    "extra": (extra_trees, {"n_estimators": Integer(1, 9, default=3)}, {"trusted_types": (TREE,)}),
    "careless": (extra_trees, {"n_estimators": Integer(1, 9, default=3)}, {}),
    "brightness": (
        Brightness,
        {},
        {
            "takes": "frame",
            "save": lambda classifier: npy.pack({"levels": classifier.levels}),
            "load": brightness_load,
        },
    ),
}


def plugins_with(name, version=1, **changes):
    """All built-ins and a classifier offered here."""

    @hookimpl
    def register_classifiers(register):
        factory, space, options = OFFERS[name]
        register(name, factory, space, version=version, **{**options, **changes})

    result = Registry()
    result.entries.update(registry().entries)
    plugin = SimpleNamespace(featcls_api=1, register_classifiers=register_classifiers)
    result.load("offers", "offers 1.0", lambda: plugin)
    return result


def saved(name, path):
    plugins = plugins_with(name)
    extractors = [] if OFFERS[name][2].get("takes") == "frame" else ["intensity"]
    config = make_config(name, extractors=extractors)
    model = Model(make_fitted(config, plugins=plugins), {}, plugins)
    model.save(path)
    return model, plugins


@pytest.mark.parametrize("name", ["bayes", "extra", "brightness"])
def test_a_plugins_model_comes_back_to_the_last_bit(tmp_path, name):
    before, plugins = saved(name, tmp_path / "m.featcls")
    after = Model.load(tmp_path / "m.featcls", plugins)
    frames = make_frames(9, seed=4)
    assert_array_equal(after.predict_scores(frames), before.predict_scores(frames))
    assert (
        np.mean(after.predict(make_frames()) == np.array(before.classes)[np.arange(24) % 3]) > 0.9
    )


def test_as_a_pipeline_frames_go_through_the_chain_alone_where_a_classifier_takes_them(tmp_path):
    model, _ = saved("brightness", tmp_path / "m.featcls")
    pipeline, frames = model.pipeline(), make_frames(9, seed=4)
    assert [name for name, _ in pipeline.steps] == ["frames", "classifier"]
    assert_array_equal(pipeline.predict_proba(frames), model.predict_scores(frames))


def test_types_that_a_plugin_does_not_trust_cannot_be_saved(tmp_path):
    with pytest.raises(PluginError, match="Tree"):
        saved("careless", tmp_path / "m.featcls")
    assert not list(tmp_path.iterdir())


def test_what_a_file_asks_for_is_not_trusted(tmp_path):
    saved("extra", tmp_path / "m.featcls")
    with pytest.raises(ModelError, match="Untrusted types"):
        Model.load(tmp_path / "m.featcls", plugins_with("extra", trusted_types=()))


def reskops(path, target, change):
    """Change the files inside the skops archive of a model."""

    def into(manifest, members):
        inner = io.BytesIO(members["classifier/0/estimator.skops"])
        with zipfile.ZipFile(inner) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        schema = json.loads(files["schema.json"])
        change(schema, files)
        files["schema.json"] = json.dumps(schema).encode()
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        members["classifier/0/estimator.skops"] = out.getvalue()

    return forge(path, target, into)


def foreign(schema, files):
    schema["__module__"], schema["__class__"] = "os", "system"


def another_class(schema, files):
    schema["__module__"], schema["__class__"] = "sklearn.tree._classes", "ExtraTreeClassifier"


def circle(schema, files):
    for name, data in files.items():
        if name.endswith(".npy"):
            array = np.load(io.BytesIO(data))
            if array.dtype.names and "left_child" in array.dtype.names:
                array["left_child"][0] = 0
                out = io.BytesIO()
                np.save(out, array)
                files[name] = out.getvalue()


def climbing(schema, files):
    files["../evil"] = b"x"


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (foreign, "cannot be loaded"),
        (another_class, "holds a ExtraTreeClassifier, not a ExtraTreesClassifier"),
        (circle, "not tree-shaped"),
        (climbing, "has a member"),
        (lambda schema, files: schema.clear(), "cannot be loaded"),
    ],
)
def test_a_forged_skops_archive_is_refused(tmp_path, change, match):
    _, plugins = saved("extra", tmp_path / "m.featcls")
    path = reskops(tmp_path / "m.featcls", tmp_path / "forged.featcls", change)
    with pytest.raises(ModelError, match=match):
        Model.load(path, plugins)


def test_a_bomb_inside_a_skops_archive_is_refused_before_it_is_unpacked(tmp_path):
    _, plugins = saved("extra", tmp_path / "m.featcls")
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", b"0" * (17 << 20))

    def put(manifest, members):
        members["classifier/0/estimator.skops"] = bomb.getvalue()

    path = forge(tmp_path / "m.featcls", tmp_path / "forged.featcls", put)
    with pytest.raises(ModelError, match="would unpack to"):
        Model.load(path, plugins)


def test_an_unchanged_skops_archive_passes_the_forger(tmp_path):
    _, plugins = saved("extra", tmp_path / "m.featcls")
    Model.load(reskops(tmp_path / "m.featcls", tmp_path / "n.featcls", lambda s, f: None), plugins)


def test_a_model_whose_plugin_is_gone_names_its_distribution(tmp_path):
    saved("bayes", tmp_path / "m.featcls")
    with pytest.raises(ModelError, match=r"needs classifier 'bayes' of offers 1\.0") as caught:
        Model.load(tmp_path / "m.featcls")
    assert "install that plugin" in caught.value.remedy


def test_a_model_of_another_version_of_a_plugin_is_refused(tmp_path):
    saved("bayes", tmp_path / "m.featcls")
    with pytest.raises(
        ModelError, match="version 1 of classifier 'bayes'; installed is version 2"
    ):
        Model.load(tmp_path / "m.featcls", plugins_with("bayes", version=2))


def test_built_in_models_hold_no_skops_archive(model_file):
    assert all(name.endswith((".npy", ".json")) for name in contents(model_file))
