"""The contract of classifiers, as the engine uses them: through `featcls.classifiers.base`."""

import io
from collections.abc import Collection
from importlib import import_module
from typing import Any

import numpy as np
from numpy.testing import assert_allclose, assert_array_equal

from featcls.classifiers.base import Trained, scores
from featcls.plugins import Entry, Registry
from featcls.testing.imports import IMPORT
from featcls.testing.learning import (
    it_goes_on_where_it_was_left,
    it_learns_several_labels,
    it_learns_without_a_row_of_some_class,
    it_tells_classes_apart,
    its_budget_is_a_parameter,
    its_class_weights_weigh,
)
from featcls.testing.process import digest, same_elsewhere
from featcls.testing.report import NotApplicable, Report, run_checks
from featcls.testing.step import Step, sampled_params, untouched_generators
from featcls.testing.subject import Subject


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


def its_scores_are_probabilities(subject: Subject) -> None:
    for n_classes in (2, 3):
        X, y = subject.data(n_classes, apart=1.0)
        values = scores(subject.fit(X, y, subject.quick), X, n_classes)
        assert values.shape == (len(y), n_classes), f"scores have shape {values.shape}"
        assert values.dtype == np.float64, f"scores have dtype {values.dtype}"
        assert (values >= 0).all(), "scores are negative"
        assert_allclose(values.sum(axis=1), 1.0, atol=1e-5, err_msg="scores do not sum to 1")


def it_gives_the_same_twice(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    first, second = (scores(subject.fit(X, y, subject.quick), X, 3) for _ in range(2))
    assert_array_equal(first, second, "one seed gives two results")


def it_gives_the_same_at_any_number_of_threads(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    fitted = (subject.fit(X, y, subject.quick, n_threads=n) for n in (1, 2))
    first, second = (scores(trained, X, 3) for trained in fitted)
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
    return [digest(scores(subject.fit(X, y, subject.quick), X, 3))]


def it_scores_a_row_as_in_company(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    trained = subject.fit(X, y, subject.quick)
    together = scores(trained, X, 3)
    alone = np.concatenate([scores(trained, X[k : k + 1], 3) for k in range(0, len(y), 7)])
    assert_allclose(alone, together[::7], rtol=1e-5, atol=1e-8, err_msg="a row alone differs")


def it_leaves_its_input_as_it_is(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    if subject.entry.options["takes"] != "vector":
        raise NotApplicable("frames are read-only")
    before = X.copy(), y.copy()
    scores(subject.fit(X, y, subject.quick), X, 3)
    assert_array_equal(X, before[0], "it writes into X")
    assert_array_equal(y, before[1], "it writes into y")


def it_draws_from_no_global_generator(subject: Subject) -> None:
    X, y = subject.data(3)
    with untouched_generators():
        scores(subject.fit(X, y, subject.quick), X, 3)


def it_survives_storage(subject: Subject) -> None:
    X, y = subject.data(3, apart=1.0)
    trained = subject.fit(X, y, subject.quick)
    again = Trained([_stored(subject, part) for part in trained.parts], trained.codes)
    assert_array_equal(scores(again, X, 3), scores(trained, X, 3), "a restored one differs")


def every_configuration_of_its_space_runs(subject: Subject) -> None:
    X, y = subject.data(3)
    entry = subject.entry
    step = Step(entry.name, entry.factory, {}, entry.params, (), subject.samples, subject.seed)
    for params in sampled_params(step):
        try:
            scores(subject.fit(X, y, subject.brief(params)), X, 3)
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
        return options["load"](members, subject.quick)
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
    it_goes_on_where_it_was_left,
    it_survives_storage,
    every_configuration_of_its_space_runs,
)
