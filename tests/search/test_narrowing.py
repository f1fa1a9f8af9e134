import pytest

from featcls.errors import UsageError
from featcls.plugins import registry
from featcls.search.document import load_space, resolve
from featcls.spaces import LogUniform


def space(text_or_document, tmp_path=None):
    if tmp_path is None:
        return resolve(text_or_document, "test", registry(), (), strict=True)
    path = tmp_path / "narrow.toml"
    path.write_text(text_or_document)
    return load_space(str(path), registry())


def test_a_shipped_space_is_narrowed_in_a_few_lines(tmp_path):
    chosen = space(
        """
base = "default@1"
union = 1
drop = ["histgb"]

[keep]
extractors = ["glcm", "lbp", "spots"]
classifiers = ["svm", "rf", "histgb"]

[narrow.svm]
C = { loguniform = [1.0, 100.0] }
gamma = "scale"

[narrow.glcm]
distances = [[1], [1, 2]]
""",
        tmp_path,
    )
    assert [a.label for a in chosen.alternatives] == ["glcm", "lbp", "spots"]
    assert [c.name for c in chosen.classifiers] == ["svm", "rf"]
    assert chosen.union == 1
    svm = chosen.classifiers[0].params
    assert svm["C"] == LogUniform(1.0, 100.0)
    assert svm["gamma"].options() == ["scale"]
    assert svm["class_weight"].options() == [None, "balanced"]
    glcm = chosen.alternatives[0].members[0]
    assert glcm.step.params["distances"].options() == [(1,), (1, 2)]
    assert [step.name for step in glcm.chain] == ["quantise"]
    firsts = [("+".join(labels), classifier) for labels, classifier in chosen.first]
    assert firsts == [("glcm", "svm"), ("spots", "rf"), ("lbp", "rf")]


def test_a_base_may_have_a_base():
    labels = {a.label for a in space({"base": "all@1"}).alternatives}
    assert {a.label for a in load_space("all", registry()).alternatives} == labels


def test_what_is_not_installed_may_be_dropped():
    without = type(registry())()
    without.entries = dict(registry().entries)
    del without.entries["classifier", "xgboost"]
    without.why_absent = lambda name: "not installed" if name == "xgboost" else ""
    chosen = resolve({"base": "default@1", "drop": ["xgboost"]}, "test", without, (), strict=True)
    assert "xgboost" not in {c.name for c in chosen.classifiers}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"drop": ["svm", "rf"]},
            "empty after keep and drop: no classifier is left of svm, rf",
        ),
        (
            {"keep": {"extractors": ["lbp"]}, "drop": ["lbp"]},
            "no extractor is left of glcm, lbp, intensity",
        ),
        ({"drop": ["svn"]}, "no part named 'svn', did you mean 'svm'"),
        ({"drop": "svm"}, "drop is 'svm'; give a list"),
        ({"keep": ["svm"]}, r"keep is \['svm'\]; give a table"),
        ({"keep": {"extractor": ["lbp"]}}, "did you mean 'extractors'"),
        ({"keep": {"classifiers": ["lbp"]}}, "no classifier named 'lbp'"),
        ({"narrow": {"svn": {}}}, "did you mean 'svm'"),
        ({"narrow": {"svm": {"c": 1.0}}}, "did you mean 'C'"),
        ({"narrow": {"svm": {"C": "big"}}}, "narrow.svm.C"),
        ({"narrow": {"svm": {"C": {"loguniform": [1.0, 2000.0]}}}}, "not inside of LogUniform"),
        ({"narrow": {"svm": {"C": [1.0, 5000.0]}}}, "not inside of"),
        ({"narrow": {"rf": {"max_features": ["sqrt", 0.25]}}}, "not inside of Choice"),
        ({"narrow": {"glcm": {"levels": 128}}}, "narrow.glcm.levels is 128"),
    ],
)
def test_a_wrong_narrowing_names_the_entry(changes, text):
    with pytest.raises(UsageError, match=text):
        space({"base": "quick@1"} | changes)


def test_an_extractor_of_several_members_is_not_narrowed():
    with pytest.raises(UsageError, match="lbp-multiscale joins several"):
        space({"base": "default@1", "narrow": {"lbp-multiscale": {"P": 8}}})
