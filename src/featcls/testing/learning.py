"""What a classifier has to learn: classes, labels, weights, and to go on where it was left."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.testing import assert_allclose

from featcls.classifiers.base import scores
from featcls.testing.report import NotApplicable
from featcls.testing.subject import NAMES, UNITS, Subject

ACCURACY = 0.9  # wanted where the classes lie ten standard deviations apart


def it_tells_classes_apart(subject: Subject) -> None:
    for n_classes in (2, 3):
        X, y = subject.data(n_classes)
        found = scores(subject.fit(X, y), X, n_classes).argmax(axis=1)
        share = float(np.mean(found == y))
        assert share >= ACCURACY, f"{share:.0%} of {n_classes} plain classes are right"


def it_learns_without_a_row_of_some_class(subject: Subject) -> None:
    X, y = subject.data(3)
    kept = np.flatnonzero(y != 1)
    rows = [X[k] for k in kept] if isinstance(X, list) else X[kept]
    values = scores(subject.fit(rows, y[kept]), rows, 3)
    assert (values[:, 1] == 0).all(), "an unseen class scores above 0"
    assert np.mean(values.argmax(axis=1) == y[kept]) >= ACCURACY, "the seen classes are mixed up"


def its_class_weights_weigh(subject: Subject) -> None:
    road = subject.entry.options["class_weight"]
    if road is None:
        raise NotApplicable("it has no class weights")
    assert road in ("param", "sample"), f"class_weight is {road!r}; state param, sample or None"
    assert "class_weight" in subject.params, "its space has no parameter class_weight"
    rows, _ = subject.data(1)
    # The same rows under both labels: nothing but the weights can tell which is likelier.
    X = [*rows, *rows] if isinstance(rows, list) else np.concatenate([rows, rows])
    y = np.repeat([0, 1], len(rows))
    shares = []
    for weight in ({"low": 1.0, "middle": 20.0}, "balanced", {"low": 20.0, "middle": 1.0}):
        trained = subject.fit(X, y, {**subject.params, "class_weight": weight})
        shares.append(scores(trained, rows, 2)[:, 1].mean())
    assert shares[0] > shares[2], f"the mean score falls from {shares[2]:.3f} to {shares[0]:.3f}"


def it_learns_several_labels(subject: Subject) -> None:
    X, y = subject.data(3)
    indicators = np.stack([y == 0, y >= 1], axis=1).astype(np.uint8)
    values = scores(subject.fit(X, indicators, classes=NAMES[:2]), X, 2, multilabel=True)
    assert values.shape == indicators.shape, f"scores have shape {values.shape}"
    share = float(np.mean((values > 0.5) == indicators))
    assert share >= ACCURACY, f"{share:.0%} of plain labels are right"


def its_budget_is_a_parameter(subject: Subject) -> None:
    budget = subject.entry.options["budget"]
    if budget is None:
        raise NotApplicable("it has no budget")
    assert budget in subject.params, f"budget {budget!r} is no parameter of its space"
    X, y = subject.data(2)
    scores(subject.fit(X, y, {**subject.params, budget: 2}), X, 2)


def it_goes_on_where_it_was_left(subject: Subject) -> None:
    if subject.entry.options["fit_more"] is None:
        raise NotApplicable("it cannot go on")
    X, y = subject.data(3, apart=1.0)
    whole = subject.fit(X, y, subject.quick)
    with TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        for units in (1, UNITS):
            params = subject.brief(subject.params, units)
            part = subject.fit(X, y, params, checkpoint=state)
    told = f"1 unit and then {UNITS - 1} more score otherwise than {UNITS} in one go"
    assert_allclose(scores(part, X, 3), scores(whole, X, 3), rtol=1e-5, atol=1e-8, err_msg=told)
