"""The contract of classifiers, as the engine uses them: through `featcls.classifiers.base`."""

import io
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from numpy.typing import NDArray

from featcls.classifiers.base import Trained, fit, scores
from featcls.frame import Frame
from featcls.plugins import Entry, Registry
from featcls.spaces import defaults
from featcls.testing.imports import IMPORT
from featcls.testing.process import digest, same_elsewhere
from featcls.testing.report import NotApplicable, Report, run_checks
from featcls.testing.step import Step, sampled_params, untouched_generators

NAMES = ("low", "middle", "high")
ROWS = 20  # of each class
ACCURACY = 0.9  # wanted where the classes lie ten standard deviations apart


def check_classifier(
    entry: Entry, *, samples: int = 5, seed: int = 0, skip: Collection[str] = ()
) -> Report:
    """Check that a classifier keeps its contract.

    Parameters
    ----------
    entry : Entry
        As `registry().get("classifier", name)` gives it.
    samples : int
        Configurations drawn from the space and fitted.
    seed : int
        Of the data and the samples.
    skip : collection of str
        Names of checks to leave out.

    Raises
    ------
    BrokenContract
        Names every check that failed.
    """
    return run_checks(entry.name, Subject(entry, samples, seed), CHECKS, skip)


@dataclass(frozen=True)
class Subject:
    """A classifier with data that suits it: vectors, or frames of different brightness."""

    entry: Entry
    samples: int
    seed: int

    @property
    def module(self) -> str:
        """The plugin that registered it, or an empty text."""
        return self.entry.module

    @property
    def params(self) -> dict[str, Any]:
        """Default parameters."""
        return defaults(self.entry.params)

    def data(self, n_classes: int, apart: float = 10.0) -> tuple[Any, NDArray[np.int64]]:
        """Rows of each class, and codes."""
        rng = np.random.default_rng(self.seed)
        y = np.repeat(np.arange(n_classes), ROWS)
        X = rng.normal(size=(len(y), 6)) + apart * np.eye(6)[y]
        if self.entry.options["takes"] == "vector":
            return X, y
        level = 100 + 4 * rng.normal(size=(len(y), 32, 32)) + apart * 4 * y[:, None, None]
        return [Frame(image) for image in level], y

    def fit(self, X: Any, y: Any, params: Mapping[str, Any] | None = None, **more: Any) -> Trained:
        """Fit with default parameters, or others."""
        params = self.params if params is None else params
        classes = NAMES[: max(int(np.max(y)) + 1, 2)] if np.ndim(y) == 1 else NAMES
        more = {"classes": classes, "random_state": self.seed, **more}
        return fit(self.entry, params, X, y, **more)


def it_tells_classes_apart(subject: Subject) -> None:
    for n_classes in (2, 3):
        X, y = subject.data(n_classes)
        found = scores(subject.fit(X, y), X, n_classes).argmax(axis=1)
        share = float(np.mean(found == y))
        assert share >= ACCURACY, f"{share:.0%} of {n_classes} plain classes are right"


def its_scores_are_probabilities(subject: Subject) -> None:
    for n_classes in (2, 3):
        X, y = subject.data(n_classes, apart=1.0)
        values = scores(subject.fit(X, y), X, n_classes)
        assert values.shape == (len(y), n_classes), f"scores have shape {values.shape}"
        assert values.dtype == np.float64, f"scores have dtype {values.dtype}"
        assert (values >= 0).all(), "scores are negative"
        assert_allclose(values.sum(axis=1), 1.0, atol=1e-5, err_msg="scores do not sum to 1")


def it_gives_the_same_twice(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    first, second = (scores(subject.fit(X, y), X, 3) for _ in range(2))
    assert_array_equal(first, second, "one seed gives two results")


def it_gives_the_same_at_any_number_of_threads(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    first, second = (scores(subject.fit(X, y, n_threads=n), X, 3) for n in (1, 2))
    assert_array_equal(first, second, "threads change the result")


def it_gives_the_same_in_another_process(subject: Subject) -> None:
    if not subject.module:
        raise NotApplicable("no plugin registered it")
    place = {"module": subject.module, "name": subject.entry.name}
    same_elsewhere(scored, {**place, "seed": subject.seed})


def scored(document: dict[str, Any]) -> list[str]:
    """Return the digest of the scores that the classifier of a document gives."""
    found, module = Registry(), document["module"]
    found.load(module, module, lambda: import_module(module))
    subject = Subject(found.get("classifier", document["name"]), 0, document["seed"])
    X, y = subject.data(3, apart=1.0)
    return [digest(scores(subject.fit(X, y), X, 3))]


def it_scores_a_row_as_in_company(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    trained = subject.fit(X, y)
    together = scores(trained, X, 3)
    alone = np.concatenate([scores(trained, X[k : k + 1], 3) for k in range(0, len(y), 7)])
    assert_allclose(alone, together[::7], rtol=1e-5, atol=1e-8, err_msg="a row alone differs")


def it_leaves_its_input_as_it_is(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    if subject.entry.options["takes"] != "vector":
        raise NotApplicable("frames are read-only")
    before = X.copy(), y.copy()
    scores(subject.fit(X, y), X, 3)
    assert_array_equal(X, before[0], "it writes into X")
    assert_array_equal(y, before[1], "it writes into y")


def it_draws_from_no_global_generator(subject: Subject) -> None:
    X, y = subject.data(3)
    with untouched_generators():
        scores(subject.fit(X, y), X, 3)


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


def it_survives_storage(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    trained = subject.fit(X, y)
    again = Trained([_stored(subject, part) for part in trained.parts], trained.codes)
    assert_array_equal(scores(again, X, 3), scores(trained, X, 3), "a restored one differs")


def every_configuration_of_its_space_runs(subject: Subject) -> None:
    X, y = subject.data(3)
    entry = subject.entry
    step = Step(entry.name, entry.factory, {}, entry.params, (), subject.samples, subject.seed)
    for params in sampled_params(step):
        try:
            scores(subject.fit(X, y, params), X, 3)
        except Exception as error:
            raise AssertionError(f"{params}: {error}") from error


def _stored(subject: Subject, estimator: Any) -> Any:
    """Send an estimator through its own `save` and `load`, or through skops."""
    options = subject.entry.options
    assert (options["save"] is None) == (options["load"] is None), "save and load go together"
    if options["save"] is not None:
        members = options["save"](estimator)
        wrong = [name for name, data in members.items() if not isinstance(data, bytes)]
        assert not wrong, f"save gave no bytes for {wrong}"
        return options["load"](members, subject.params)
    from skops.io import dump, load

    buffer = io.BytesIO()
    dump(estimator, buffer)
    buffer.seek(0)
    return load(buffer, trusted=list(options["trusted_types"]))


CHECKS = (
    *IMPORT,
    it_tells_classes_apart,
    its_scores_are_probabilities,
    it_gives_the_same_twice,
    it_gives_the_same_at_any_number_of_threads,
    it_gives_the_same_in_another_process,
    it_scores_a_row_as_in_company,
    it_leaves_its_input_as_it_is,
    it_draws_from_no_global_generator,
    it_learns_without_a_row_of_some_class,
    its_class_weights_weigh,
    it_learns_several_labels,
    its_budget_is_a_parameter,
    it_survives_storage,
    every_configuration_of_its_space_runs,
)
