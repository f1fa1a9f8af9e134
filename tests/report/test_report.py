import re
from html.parser import HTMLParser

import pytest

from featcls import report
from featcls.errors import RunError

HOSTILE = "<script>alert(1)</script>\"'&"


class Page(HTMLParser):
    """Text, tags and attributes of a page; fails on a tag that is not closed in order."""

    def __init__(self, text):
        super().__init__()
        self.words, self.tags, self.attributes, self.open = "", [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "br", "hr", "col", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words += data.replace("\xa0", " ")


def page(run):
    path = report.write(run)
    assert path == run.path / "report.html"
    return Page(path.read_text(encoding="utf-8"))


def test_the_summary_names_the_winner_and_both_figures(make_run):
    run = make_run(40)
    words = page(run).words
    assert "The best of 40 pipelines is" in words
    test = run.info["test"]
    value = f"{100 * test['metrics']['balanced_accuracy']:.1f} %"
    low, high = (f"{100 * end:.1f}" for end in test["intervals"]["balanced_accuracy"])
    assert f"On 300 test frames that nobody used for choosing it gets {value}" in words
    assert f"(95 % interval {low} to {high} %)" in words
    assert f"it got {100 * run.info['best']['value']:.1f} %" in words
    assert "baselines get 20.0 % (the commonest class) and 70.0 % (four intensity" in words


def test_without_a_test_split_the_page_says_so(make_run):
    words = page(make_run(10, test=None)).words
    assert "There is no independent test figure" in words
    assert "nobody used" not in words
    assert "71.2 % (four intensity statistics with rf)" in words


def test_a_baseline_that_does_as_well_is_told(make_run):
    rival = {"name": "the mean", "value": 0.5, "metrics": {}, "test_value": 1.0}
    assert (
        "A trivial baseline does as well: the mean." in page(make_run(10, baselines=[rival])).words
    )
    assert "does as well" not in page(make_run(10)).words


def test_several_looks_at_the_test_split_are_told(make_run):
    assert "looked at 2 times" in page(make_run(10, test_looks=["a", "b"])).words


def test_failed_trials_left_out_plugins_and_bad_frames_are_listed_with_reasons(make_run):
    words = page(make_run(40)).words
    assert "Failed trials: 3" in words
    assert "timed out after 30 s; raise --trial-timeout" in words
    assert "not installed; pip install xgboost-cpu" in words
    assert "DATA/good/7.png" in words
    assert "file ends early" in words


def test_everything_that_came_from_outside_is_escaped(make_run):
    run = make_run(
        10,
        classes=(HOSTILE, "b"),
        name=HOSTILE,
        left_out=[{"plugin": HOSTILE, "reason": HOSTILE}],
        bad_frames=[{"frame_id": HOSTILE, "reason": HOSTILE}],
        command=["featcls", HOSTILE],
        space=HOSTILE,
    )
    trial = run.trials[7]
    assert trial.state == "failed"
    object.__setattr__(trial, "reason", HOSTILE)
    for row in run.trials:
        row.config["classifier"]["name"] = HOSTILE
    made = page(run)
    assert "script" not in made.tags
    assert HOSTILE in made.words
    assert not [name for name, _ in made.attributes if name.startswith("on")]


def test_the_page_loads_nothing_from_anywhere(make_run):
    made = page(make_run(10))
    assert not set(made.tags) & {"script", "link", "iframe", "object", "base"}
    links = [value for name, value in made.attributes if name in ("href", "src")]
    assert any(link.startswith("data:image/jpeg;base64,") for link in links)
    assert all(link.startswith(("#", "data:image/jpeg;base64,")) for link in links)
    style = (make_run(10).path / "report.html").read_text(encoding="utf-8")
    assert "url(" not in style
    assert "@import" not in style
    assert "http:" not in style
    assert "https:" not in style


def test_the_matrix_holds_the_best_value_of_each_pair(make_run):
    run = make_run(60)
    best = {}
    for trial in run.trials:
        if trial.state == "ok":
            names = " + ".join(item["name"] for item in trial.config["extractors"])
            pair = names, trial.config["classifier"]["name"]
            best[pair] = max(best.get(pair, 0), trial.metrics["balanced_accuracy"])
    text = report.write(run).read_text(encoding="utf-8")
    section = text[text.index('id="matrix"') : text.index('id="confusion"')]
    cells = re.findall(r'class="cell"[^>]*>([\d.]+)&nbsp;%', section)
    assert sorted(cells) == sorted(f"{100 * value:.1f}" for value in best.values())


def test_a_lower_is_better_metric_is_ranked_and_written_as_it_is(make_run):
    run = make_run(20, metric="log_loss", baselines=[])
    run.info["best"] = {**run.info["best"], "value": 0.1}
    words = page(run).words
    assert "it got 0.100" in words


def test_several_labels_a_frame_make_a_page_without_a_confusion_matrix(make_run):
    run = make_run(10, multilabel=True, metric="macro_f1")
    words = page(run).words
    assert "What is taken for what" not in words
    assert "Class by class" in words
    assert "micro precision" in words


@pytest.mark.parametrize("n", [0, 1])
def test_a_run_with_hardly_a_trial_still_makes_a_page(make_run, n):
    run = make_run(n, status="interrupted")
    words = page(run).words
    assert "can be resumed" in words


def test_many_classes_get_a_list_of_mistakes_instead_of_a_matrix(make_run):
    words = page(make_run(10, classes=[f"class{k}" for k in range(40)])).words
    assert "The most frequent of" in words
    assert "precision below" not in words


def test_a_thousand_trials_stay_small(make_run):
    assert report.write(make_run(1000)).stat().st_size < 2_000_000


def test_a_page_that_cannot_be_written_is_a_run_error(make_run):
    run = make_run(5)
    (run.path / "report.html").mkdir()
    with pytest.raises(RunError, match=r"cannot write .*report.html"):
        report.write(run)
    assert not [path.name for path in run.path.iterdir() if path.name.startswith(".")]
