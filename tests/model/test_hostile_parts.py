"""Forged and damaged parts that stand beside the classifiers: all refused."""

import json
import math

import pytest

from featcls.classifiers import npy
from featcls.errors import ModelError
from featcls.model import Model
from small_models import contents, forge


def point(**changes):
    """Change the operating point; its fingerprint stays right."""

    def change(manifest, members):
        manifest["operating_point"] |= changes

    return change


def without(key):
    def change(manifest, members):
        del manifest["operating_point"][key]

    return change


def scaled(name, factor):
    def change(manifest, members):
        members[name] = npy.dump(npy.load(members[name], name) * factor)

    return change


def cut(name):
    def change(manifest, members):
        members[name] = npy.dump(npy.load(members[name], name)[1:])

    return change


def reference(**changes):
    def change(manifest, members):
        manifest["drift"] |= changes

    return change


def drop(*keys):
    def change(manifest, members):
        for key in keys:
            del manifest[key]

    return change


FORGED = {
    "a threshold that is no number": (point(threshold="0.4"), "TypeError"),
    "a threshold that is not finite": (point(threshold=math.nan), "operating point is"),
    "a bound above 1": (point(bound=1.5), "operating point is"),
    "more lost hits than hits": (point(n_lost=301), "operating point is"),
    "no hits": (point(n_hits=0), "operating point is"),
    "kept misses below 0": (point(n_kept_misses=-1), "operating point is"),
    "hits of a class that is not there": (point(hit_classes=["evil"]), "no class named"),
    "hits of all classes": (point(hit_classes=["blank", "weak", "good"]), "3 of 3 classes"),
    "a key nobody knows": (point(evil=1), "unexpected keyword"),
    "a point that lacks a key": (without("bound"), "TypeError"),
    "a point of another fit": (point(fingerprint="0" * 16), "set for another fit"),
    "another calibration under the point": (scaled("calibration/y.npy", 0.5), "another fit"),
    "no calibration under the point": (drop("calibration"), "calibration, which nothing"),
    "a reference nobody asks for": (drop("drift"), "drift, which nothing"),
    "a reference without a version": (
        lambda manifest, members: manifest["drift"].pop("version"),
        "KeyError",
    ),
    "counts of no frames": (scaled("drift/counts.npy", -1), "drift reference"),
    "quantiles that fall": (scaled("drift/quantiles.npy", -1), "drift reference"),
    "quantiles that are not finite": (scaled("drift/quantiles.npy", math.inf), "drift reference"),
    "means of other classes": (cut("drift/means.npy"), "drift reference"),
    "a tree of the first member cut off": (
        cut("models/0/classifier/0/node_feature.npy"),
        "differ in length",
    ),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_a_forged_part_is_refused(complete_file, tmp_path, name):
    change, match = FORGED[name]
    path = forge(complete_file, tmp_path / "m.featcls", change)
    with pytest.raises(ModelError, match=match):
        Model.load(path)


def test_the_forger_changes_nothing_unless_told(complete_file, tmp_path):
    names = {name.split("/")[0] for name in contents(complete_file)}
    assert names == {"manifest.json", "models", "calibration", "drift"}
    assert "operating_point" in json.loads(contents(complete_file)["manifest.json"])
    Model.load(forge(complete_file, tmp_path / "same.featcls", lambda manifest, members: None))


def test_a_file_cut_at_any_kilobyte_is_refused(complete_file, tmp_path):
    data = complete_file.read_bytes()
    path = tmp_path / "cut.featcls"
    for length in range(0, len(data), 1024):
        path.write_bytes(data[:length])
        with pytest.raises(ModelError, match="not a whole model file"):
            Model.load(path)
