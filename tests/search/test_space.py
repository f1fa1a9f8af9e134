import numpy as np
import pytest

from featcls.config import canonical, config_id
from featcls.errors import UsageError
from featcls.plugins import registry
from featcls.search.document import load_space, resolve
from featcls.search.sampler import Sampler
from featcls.search.store import Trial

FIVE = ("blank", "no-crystal", "weak", "good", "strong")


def space(document, classes=(), strict=True):
    return resolve(document, "test", registry(), classes, strict)


def draw(chosen, n, seed=0):
    """Ask for n configs, telling losses that do not depend on anything else."""
    sampler, history, configs = Sampler(chosen, seed), [], []
    for tid in range(n):
        first = sampler.first[tid : tid + 1]
        point = first[0] if first else sampler.ask(tid, history)
        configs.append(canonical(sampler.config(point), registry().space_of))
        loss = int(config_id(configs[-1]), 16) % 97 / 97
        history.append(Trial(tid, indices=point, state="ok", loss=loss, told=tid))
    return configs


SMALL = {
    "union": 2,
    "extractor": [{"name": "intensity"}, {"name": "lbp", "P": [8, 16], "R": 1.0}],
    "classifier": [{"name": "knn", "n_neighbors": {"integer": [1, 9]}}],
}


def test_plain_values_fix_lists_offer_and_tables_range():
    steps = space(SMALL)
    (lbp,) = steps.alternatives[1].members
    assert lbp.step.params["R"].options() == [1.0]
    assert lbp.step.params["P"].options() == [8, 16]
    assert (steps.classifiers[0].params["n_neighbors"].high) == 9
    own = registry().space_of("extractor", "lbp")["method"]
    assert lbp.step.params["method"] is own  # not mentioned: the plugin's own range


def test_unions_hold_each_extractor_at_most_once():
    configs = draw(space(SMALL), 30)
    seen = {tuple(item["name"] for item in config["extractors"]) for config in configs}
    assert seen == {("intensity",), ("lbp",), ("intensity", "lbp")}


def test_the_same_seed_and_history_give_the_same_proposals():
    chosen = space(SMALL)
    assert draw(chosen, 25) == draw(chosen, 25)
    assert draw(chosen, 25) != draw(chosen, 25, seed=1)


def test_optional_steps_are_sometimes_left_out():
    chosen = space(SMALL | {"preprocess": [{"name": "mask", "optional": True, "edge": [1, 2]}]})
    edges = {tuple(step["params"]["edge"] for step in c["preprocess"]) for c in draw(chosen, 30)}
    assert edges == {(), (1,), (2,)}


def test_an_extractor_joins_those_it_names_only():
    choosy = {"name": "spots", "joins": ["lbp"]}
    chosen = space(SMALL | {"union": 3, "extractor": [*SMALL["extractor"], choosy]})
    sampler = Sampler(chosen, 0)
    configs = [sampler.config(sampler.ask(tid, ())) for tid in range(60)]
    assert {tuple(item["name"] for item in config["extractors"]) for config in configs} == {
        ("intensity",),
        ("lbp",),
        ("spots",),
        ("intensity", "lbp"),
        ("lbp", "spots"),
    }
    assert chosen.space_id != space(SMALL | {"union": 3}).space_id
    choosy["joins"] = []
    alone = space(SMALL | {"union": 3, "extractor": [*SMALL["extractor"], choosy]})
    assert not any(alone.alternatives[-1].may_join(other) for other in alone.alternatives)


def test_ccf_joins_spots_alone_in_the_default_space():
    alternatives = load_space("default", registry(), FIVE).alternatives
    ccf = next(a for a in alternatives if a.label == "ccf")
    assert [a.label for a in alternatives if a.may_join(ccf)] == ["spots"]
    optional = {a.label: [s.name for s in a.members[0].chain if s.optional] for a in alternatives}
    assert optional["ccf"] == optional["intensity"] == ["lcn"]


def test_members_come_together_and_none_means_none():
    chosen = space(
        {
            "extractor": [
                {"label": "two", "members": [{"name": "lbp", "R": 1.0}, {"name": "lbp", "R": 2.0}]}
            ],
            "classifier": [{"name": "rf", "max_depth": ["none", 4]}],
        }
    )
    configs = draw(chosen, 12)
    assert {len(config["extractors"]) for config in configs} == {2}
    depths = {config["classifier"]["params"]["max_depth"] for config in configs}
    assert depths == {None, 4}


def test_the_diffranet_space_is_table_8_of_the_paper():
    chosen = load_space("diffranet", registry(), FIVE)
    svm, rf = chosen.classifiers
    assert svm.params["C"].options() == [1.0, *(2.0**x for x in range(-5, 16, 2))]
    assert svm.params["gamma"].options() == ["auto", *(2.0**x for x in range(-15, 4, 2))]
    assert rf.params["n_estimators"].options() == [10, 100, 1000]
    assert rf.params["max_features"].options() == ["sqrt", 0.25, 0.5, 0.75]
    assert rf.params["max_depth"].options() == [None, 2, 4, 6, 8, 10, 20]
    weights = [
        None,
        "balanced",
        dict(zip(FIVE, [0.35, 0.35, 0.1, 0.1, 0.1], strict=True)),
        dict(zip(FIVE, [0.3, 0.3, 0.133, 0.133, 0.133], strict=True)),
        dict(zip(FIVE, [0.25, 0.25, 0.166, 0.166, 0.166], strict=True)),
    ]
    assert svm.params["class_weight"].options() == rf.params["class_weight"].options() == weights
    sizes = {}
    for alternative in chosen.alternatives:
        (member,) = alternative.members
        options = [len(param.options()) for param in member.step.params.values()]
        sizes[alternative.label] = int(np.prod(options))
    assert sizes == {"glcm": 31 * 15, "lbp": 4 * 3, "sift_bovw": 8}
    assert chosen.scale == ("standard",)


def test_five_class_weights_are_summed_for_two_classes_and_dropped_otherwise():
    two = load_space("diffranet", registry(), ("no", "yes")).classifiers[0]
    options = two.params["class_weight"].options()
    assert options[:2] == [None, "balanced"]
    assert [list(option) for option in options[2:]] == [["no", "yes"]] * 3
    assert options[2]["no"] == pytest.approx(0.7)
    assert options[2]["yes"] == pytest.approx(0.3)
    three = load_space("diffranet", registry(), ("a", "b", "c"))
    assert three.classifiers[0].params["class_weight"].options() == [None, "balanced"]
    assert {"plugin": "svm", "reason": "class weights name other classes"} in three.left_out


def test_the_default_space_starts_with_one_fixed_config_an_extractor():
    chosen = load_space("default", registry(), FIVE)
    names = sorted(alternative.label for alternative in chosen.alternatives)
    assert names == ["ccf", "glcm", "intensity", "lbp", "lbp-multiscale", "sift_bovw", "spots"]
    assert sorted(labels[0] for labels, _ in chosen.first if len(labels) == 1) == names
    assert sorted(c.name for c in chosen.classifiers) == [
        *("histgb", "knn", "logreg", "rf", "svm", "xgboost")
    ]  # fmt: skip
    assert chosen.union == 3
    firsts = draw(chosen, len(chosen.first))
    assert len({config_id(config) for config in firsts}) == len(chosen.first) == len(names) + 1
    assert firsts[0]["extractors"][0]["params"]["distances"] == [1, 2, 4, 8]


@pytest.mark.parametrize("name", ["default", "diffranet", "quick", "all"])
def test_every_shipped_space_draws_valid_configs(name):
    chosen = load_space(name, registry(), FIVE)
    assert not chosen.left_out
    assert len({config_id(config) for config in draw(chosen, 12)}) > 8  # before TPE repeats itself


def test_all_takes_in_what_the_default_space_does_not_name():
    names = {a.members[0].step.name for a in load_space("all", registry(), FIVE).alternatives}
    assert set(registry().names("extractor")) <= names


def test_an_absent_plugin_is_left_out_of_a_shipped_space_and_refused_in_a_users_own():
    document = {
        "extractor": [{"name": "intensity"}],
        "classifier": [{"name": "ghost"}, {"name": "rf"}],
    }
    result = type(registry())()
    result.entries, result.rows = dict(registry().entries), list(registry().rows)
    result.why_absent = lambda name: "ghost needs a castle"
    chosen = resolve(document, "test", result, (), strict=False)
    assert chosen.left_out == ({"plugin": "ghost", "reason": "ghost needs a castle"},)
    with pytest.raises(UsageError, match="no classifier named 'ghost'"):
        resolve(document, "test", result, (), strict=True)


def test_the_space_id_follows_the_choices():
    assert space(SMALL).space_id == space(dict(SMALL)).space_id
    assert space(SMALL).space_id != space(SMALL | {"union": 1}).space_id
    other = [{"name": "knn", "n_neighbors": {"integer": [1, 8]}}]
    assert space(SMALL).space_id != space(SMALL | {"classifier": other}).space_id


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"classifier": [{"name": "knn", "neighbours": 3}]}, "did you mean 'n_neighbors'"),
        ({"classifier": [{"name": "knn", "n_neighbors": "three"}]}, "knn.n_neighbors is 'three'"),
        ({"classifier": [{"name": "svn"}]}, "did you mean 'svm'"),
        ({"classifier": []}, "is empty"),
        ({"extractors": []}, "unknown entries extractors"),
        ({"extractor": {"name": "lbp"}}, "two brackets"),
        (
            {"extractor": [{"name": "lbp", "joins": "spots"}]},
            "joins of lbp is 'spots'; give a list",
        ),
        (
            {"extractor": [{"name": "lbp", "joins": ["spot"]}, {"name": "spots"}]},
            "no extractor .*spots",
        ),
        ({"classifier": [{"name": "svm", "C": {"loguniform": [0, 1]}}]}, "starts above 0"),
    ],
)
def test_a_wrong_document_names_the_key(changes, text):
    with pytest.raises(UsageError, match=text):
        space(SMALL | changes)


def test_a_users_file_is_read_and_its_faults_are_named(tmp_path):
    path = tmp_path / "my.toml"
    path.write_text('[[extractor]]\nname = "lbp"\n[[classifier]]\nname = "rf"\n')
    assert load_space(str(path), registry()).name == "my"
    path.write_text("[[extractor]\n")
    with pytest.raises(UsageError, match="is not TOML"):
        load_space(str(path), registry())
    with pytest.raises(UsageError, match="cannot read space"):
        load_space(str(tmp_path / "none.toml"), registry())
    with pytest.raises(UsageError, match="did you mean 'default@1'"):
        load_space("defaults", registry())


def test_tpe_prefers_what_did_well():
    chosen = space(SMALL | {"classifier": [{"name": "svm", "C": {"loguniform": [0.01, 100.0]}}]})
    sampler, history = Sampler(chosen, 0), []
    for tid in range(60):
        point = sampler.ask(tid, history)
        loss = abs(np.log10(point["classifier.svm.C"])) + point["extractors"]
        history.append(Trial(tid, indices=point, state="ok", loss=loss, told=tid))
    losses = [trial.loss for trial in history]
    assert np.mean(losses[40:]) < np.mean(losses[:20]) * 0.75


def test_a_failed_trial_is_avoided_not_forgotten():
    chosen = space(SMALL | {"classifier": [{"name": "knn"}, {"name": "rf"}]})
    sampler, history = Sampler(chosen, 0), []
    for tid in range(60):
        point = sampler.ask(tid, history)
        bad = point["classifier"] == 0
        loss = None if bad else 0.5
        history.append(Trial(tid, indices=point, state="failed" if bad else "ok", loss=loss))
    late = [t for t in history[30:] if t.state == "failed"]
    assert len(late) < 10


def test_what_is_drawn_is_drawn_as_from_the_whole_expression():
    """The sampler asks of the labels alone; nothing that is fixed may change the draw."""
    from hyperopt.base import Domain

    steps = {"preprocess": [{"name": "mask", "optional": True, "edge": [1, 2]}]}
    more = {"name": "svm", "C": {"loguniform": [0.01, 100.0]}}
    chosen = space(SMALL | steps | {"classifier": [*SMALL["classifier"], more]})
    slim, whole = Sampler(chosen, 0), Sampler(chosen, 0)
    whole.domain = Domain(lambda config: 0.0, whole.expression, pass_expr_memo_ctrl=False)
    assert slim.labels == sorted(whole.domain.params)
    history = []
    for tid in range(30):
        point = slim.ask(tid, history)
        assert point == whole.ask(tid, history)
        loss = (7 * tid % 30) / 30
        history.append(Trial(tid, indices=point, state="ok", loss=loss, told=tid))
