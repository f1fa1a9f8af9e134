import json

import numpy as np
import pytest

from featcls.config import canonical, config_id
from featcls.errors import UsageError
from featcls.plugins import registry
from featcls.search import Run, search, warm_start
from featcls.search.document import load_space
from featcls.search.sampler import Sampler

FIVE = ("blank", "no-crystal", "weak", "good", "strong")
OUTSIDE = {"extractors": ["intensity"], "classifier": {"name": "rf", "params": {"max_depth": 3}}}
INSIDE = {
    "extractors": ["intensity"],
    "classifier": {"name": "knn", "params": {"n_neighbors": 7}},
}


def load(sources, classes=FIVE):
    return warm_start.load(sources, registry(), classes)


def test_the_papers_best_lie_in_the_papers_space_and_are_drawn_back_from_their_points():
    configs, left_out = load("diffranet")
    assert (len(configs), left_out) == (6, [])
    sampler = Sampler(load_space("diffranet", registry(), FIVE), 0)
    for config in configs:
        point = sampler.point_of(config)
        again = canonical(sampler.config(point), registry().space_of)
        assert config_id(again) == config_id(config)


def test_the_papers_best_are_those_of_its_tables():
    table_3_rf, table_3_svm, _, table_14_svm, table_16_rf, table_16_svm = load("diffranet")[0]
    assert table_3_rf["extractors"][0]["params"]["distances"] == [1, 2, 5, 8]
    assert table_3_rf["extractors"][0]["params"]["angles"] == [45.0, 135.0]
    forest = table_3_rf["classifier"]["params"]
    assert (forest["max_depth"], forest["n_estimators"], forest["class_weight"]) == (20, 100, None)
    assert table_3_svm["classifier"]["params"]["class_weight"]["weak"] == 0.166
    assert table_14_svm["classifier"]["params"]["gamma"] == 2.0**-9
    circles = [c["extractors"][0]["params"] for c in (table_16_rf, table_16_svm)]
    assert [(c["P"], c["R"]) for c in circles] == [(24, 2.0), (24, 1.0)]  # printed swapped
    svm = table_16_svm["classifier"]["params"]
    assert (svm["C"], svm["gamma"]) == (2.0**15, 2.0**-7)


def test_weights_of_the_paper_are_summed_for_two_classes_and_left_out_for_others():
    two, left_out = load("diffranet", ("no", "yes"))
    assert (len(two), left_out) == (6, [])
    assert two[1]["classifier"]["params"]["class_weight"] == pytest.approx(
        {"no": 0.5, "yes": 0.498}
    )
    three, left_out = load("diffranet", ("a", "b", "c"))
    assert len(three) == 4
    assert len(left_out) == 2
    assert "config 1 is left out: its class weights name other classes" in left_out[0]


def test_every_point_of_the_shipped_spaces_is_found_again():
    for name in ("default", "quick", "diffranet"):
        sampler = Sampler(load_space(name, registry(), FIVE), 3)
        points = [*sampler.first, *(sampler.ask(tid, [], True) for tid in range(15))]
        for point in points:
            config = canonical(sampler.config(point), registry().space_of)
            found = sampler.point_of(config)
            if found is None:  # two members of the union turned out the same
                members = [a for a in config["extractors"] if a["name"] == "lbp"]
                assert len(members) == 3
                continue
            assert canonical(sampler.config(found), registry().space_of) == config


def test_a_config_outside_of_the_space_has_no_point(small_space):
    sampler = Sampler(load_space(small_space, registry()), 0)
    assert sampler.point_of(canonical(OUTSIDE, registry().space_of)) is None
    inside = canonical(INSIDE, registry().space_of)
    assert sampler.point_of({**inside, "scale": "none"}) is None
    several = {**inside, "classifier": {"name": "knn", "params": {"n_neighbors": 10}}}
    assert sampler.point_of(canonical(several, registry().space_of)) is None
    mask = {**inside, "preprocess": ["mask"]}
    assert sampler.point_of(canonical(mask, registry().space_of)) is None


def test_warm_configs_come_first_inside_of_the_space_or_not(arrays, small_space, tmp_path):
    path = tmp_path / "configs.json"
    path.write_text(json.dumps([OUTSIDE, INSIDE, OUTSIDE]))
    options = {"space": small_space, "out": tmp_path / "run", "backend": "serial"}
    run = search(arrays, **options, max_evals=3, warm_start=path)
    outside, inside, drawn = (t for t in run.trials if t.tid >= 0)
    assert outside.config["classifier"]["params"]["max_depth"] == 3
    assert outside.indices == {}
    assert inside.indices["classifier.knn.n_neighbors"] == 7
    assert drawn.indices
    assert [t.state for t in (outside, inside, drawn)] == ["ok"] * 3
    assert [config_id(c) for c in run.info["start"]] == [outside.config_id, inside.config_id]
    assert "classifier.rf" in run.info["identity"]["plugins"]


def test_a_resumed_run_keeps_what_it_was_started_with(arrays, small_space, tmp_path, history):
    options = {"space": small_space, "backend": "serial", "warm_start": [OUTSIDE, INSIDE]}
    search(arrays, **options, out=tmp_path / "one", max_evals=1)
    options_later = options | {"warm_start": tmp_path / "gone.json"}
    one = search(arrays, **options_later, out=tmp_path / "one", max_evals=16, resume=True)
    two = search(arrays, **options, out=tmp_path / "two", max_evals=16)
    assert history(one) == history(two)


def test_the_best_of_an_earlier_run_come_first(arrays, small_space, tmp_path):
    options = {"space": small_space, "backend": "serial"}
    before = search(arrays, **options, out=tmp_path / "before", max_evals=8)
    run = search(arrays, **options, out=tmp_path / "run", max_evals=5, warm_start=str(before.path))
    best = [t.config_id for t in before.leaderboard() if t.tid >= 0]
    tried = [t.config_id for t in run.trials if t.tid >= 0]
    assert tried == list(dict.fromkeys(best))[:5]
    assert len(run.info["start"]) == min(len(set(best)), warm_start.BEST)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "cannot read warm start"),
        ("[", "is not JSON"),
        ("[]", "holds no list of configs"),
        ('[{"classifier": "rf"}, {"classifier": "svn"}]', "config 1: .*did you mean 'svm'"),
        ('[{"classifier": {"name": "rf", "params": {"depth": 3}}}]', "config 0: .*depth"),
    ],
)
def test_a_wrong_file_is_refused_by_name(tmp_path, content, text):
    path = tmp_path / "configs.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UsageError, match=text):
        load(path)


def test_an_unknown_source_is_refused_before_anything_is_written(arrays, tmp_path):
    with pytest.raises(UsageError, match="did you mean 'diffranet'"):
        search(arrays, space="quick", out=tmp_path / "run", warm_start="difranet")
    assert not (tmp_path / "run").exists()


def test_weights_for_some_of_the_classes_are_kept():
    config = {"extractors": ["intensity"], "classifier": {"name": "rf", "params": {}}}
    config["classifier"]["params"]["class_weight"] = {"weak": 5.0}
    (kept,), left_out = load([config])
    assert kept["classifier"]["params"]["class_weight"] == {"weak": 5.0}
    assert not left_out


def test_what_is_left_out_is_told(tmp_path):
    images = np.random.default_rng(0).integers(0, 200, (30, 12, 12)).astype(np.uint8)
    np.savez(tmp_path / "d.npz", images=images, labels=np.repeat(["a", "b", "c"], 10))
    config = json.loads(json.dumps(OUTSIDE))
    config["classifier"]["params"]["class_weight"] = {"cat": 1.0}
    events = []
    search(
        tmp_path / "d.npz",
        space="quick",
        out=tmp_path / "run",
        backend="serial",
        max_evals=1,
        test_size=0.0,
        warm_start=config,
        observer=events.append,
    )
    texts = [event["text"] for event in events if event["event"] == "warning"]
    assert any("class weights name other classes than a, b, c" in text for text in texts)
    assert Run.open(tmp_path / "run").info["start"] == []
