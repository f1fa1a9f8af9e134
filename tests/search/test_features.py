"""The two roads to a feature vector: cached atoms of a data set, and frame by frame."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.cache import Cache, blocks
from featcls.config import canonical
from featcls.dataset import open_dataset
from featcls.extractors.base import Extractor
from featcls.pipeline import Fitted, assemble, branches, feature_names, fit_chain
from featcls.plugins import registry
from featcls.search import features
from featcls.search.document import resolve
from featcls.search.problem import Task, open_problem
from featcls.search.worker import Worker

GLCM = {
    "name": "glcm",
    "params": {"distances": [1, 2]},
    "preprocess": [{"name": "quantise", "params": {"levels": 16, "method": "sqrt"}}],
}
UNION = {
    "preprocess": [{"name": "mask", "params": {"edge": 1}}],
    "extractors": [GLCM, "intensity", {"name": "lbp", "params": {"R": 2.0}}],
    "classifier": "knn",
}


@pytest.fixture
def problem(arrays):
    return open_problem(Task(open_dataset(arrays).spec, 0.2, 5, 0).document())


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "rows")


def union(problem, cache):
    config = canonical(UNION, registry().space_of)
    wanted = features.requests(config, problem, registry())
    features.compute_missing(wanted, problem, cache, registry())
    return config, wanted


def test_cached_rows_and_single_frames_give_the_same_vectors(problem, cache):
    config, wanted = union(problem, cache)
    extractors = [branch.extractor for branch in branches(config, registry())]
    rows = features.take(features.load(wanted, cache), np.arange(len(problem.dataset)))
    cached = assemble(extractors, rows)
    learned = features.fitted_config(config, problem, cache, registry())
    names = feature_names(learned, extractors)
    fitted = Fitted(learned, ("a", "b"), extractors, None, None, False, names)
    assert_array_equal(fitted.features(list(problem.dataset.frames()), registry()), cached)
    assert len(set(names)) == cached.shape[1]


def test_ranges_are_learned_from_training_frames_alone(problem, cache):
    config, _ = union(problem, cache)
    learned = features.fitted_config(config, problem, cache, registry())
    glcm = next(item for item in learned["extractors"] if item["name"] == "glcm")
    low, high = glcm["preprocess"][0]["params"]["range"]
    train = [problem.dataset.frame(int(i)).image[1:-1, 1:-1] for i in problem.train]
    assert low == min(image.min() for image in train)
    assert high >= max(image.max() for image in train)


def test_learning_a_chain_again_gives_the_same_chain(problem):
    frames = list(problem.dataset.frames(problem.train))
    chain = canonical(UNION, registry().space_of)["extractors"][0]["preprocess"]
    assert fit_chain(chain, frames, registry()) == fit_chain(chain, frames, registry())


class Counting(Extractor):
    """Counts how often each atom of each frame is computed."""

    shared_pass = True
    calls: list = []  # noqa: RUF012

    def __init__(self, size=1):
        self.size = size

    def feature_names(self):
        return [f"f{i}" for i in range(self.size)]

    def atoms(self):
        return [{"i": i} for i in range(self.size)]

    @classmethod
    def compute(cls, frame, atoms):
        cls.calls += [(frame.frame_id, atom["i"]) for atom in atoms]
        return [np.array([float(frame.image[0, 0]) + atom["i"]]) for atom in atoms]

    def assemble(self, rows):
        return np.hstack([rows[f'{{"i":{i}}}'] for i in range(self.size)])


def counting():
    from featcls.hookspecs import hookimpl
    from featcls.spaces import Choice

    class Plugin:
        featcls_api = 1

        @hookimpl
        def register_extractors(self, register):
            register("counting", Counting, {"size": Choice(1, 2, 3)})

    result = type(registry())()
    result.entries = dict(registry().entries)
    result.load("counting", "test", Plugin)
    return result


def test_every_atom_of_every_frame_is_computed_once(problem, cache):
    installed = counting()
    Counting.calls = []
    for size in (1, 3, 2, 3):
        config = {
            "extractors": [{"name": "counting", "params": {"size": size}}],
            "classifier": "knn",
        }
        wanted = features.requests(canonical(config, installed.space_of), problem, installed)
        features.compute_missing(wanted, problem, cache, installed)
    frames = {frame_id for frame_id, _ in Counting.calls}
    assert len(frames) == len(problem.dataset)
    assert len(Counting.calls) == len(set(Counting.calls)) == 3 * len(frames)


def test_one_pass_computes_all_that_a_space_may_ask_for(problem, cache):
    installed = counting()
    document = {"extractor": [{"name": "counting"}], "classifier": [{"name": "knn"}]}
    space = resolve(document, "test", installed, (), strict=True)
    config = {"extractors": [{"name": "counting"}], "classifier": "knn"}
    (wide,) = features.widened(canonical(config, installed.space_of), space, problem, installed)
    assert sorted(atom["i"] for atom in wide.atoms.values()) == [0, 1, 2]


def test_frames_that_cannot_be_read_leave_the_rows_of_others_in_place(arrays, cache):
    task = Task(open_dataset(arrays).spec, 0.2, 5, 0, exclude=(0, 7))
    problem = open_problem(task.document())
    _, wanted = union(problem, cache)
    assert not {0, 7} & {*problem.train, *problem.test}
    (whole,) = features.load([r for r in wanted if r.name == "intensity"], cache)
    (rows,) = whole.values()
    assert len(rows) == len(problem.dataset)
    assert rows[1, 0] == problem.dataset.frame(1).image[1:-1, 1:-1].mean()


def test_a_half_finished_extraction_is_completed_not_repeated(problem, cache):
    installed = counting()
    config = {"extractors": ["counting"], "classifier": "knn"}
    wanted = features.requests(canonical(config, installed.space_of), problem, installed)
    features.compute_block(wanted, 0, problem, cache, installed)
    Counting.calls = []
    features.compute_missing(wanted, problem, cache, installed)
    first = len(blocks(len(problem.dataset))[0])
    assert len(Counting.calls) == len(problem.dataset) - first


def test_a_test_split_that_the_data_brings_is_left_alone_until_it_is_asked_for(arrays, cache):
    with np.load(arrays) as data:
        held = dict(data) | {"split": np.resize(["train", "train", "test"], len(data["labels"]))}
    np.savez(arrays, **held)
    problem = open_problem(Task(open_dataset(arrays).spec, 0.2, 3, 0).document())
    installed = counting()
    config = canonical({"extractors": ["counting"], "classifier": "knn"}, installed.space_of)
    worker = Worker(config, problem, installed, cache)
    Counting.calls = []
    fitted = worker.fit(problem.train, 0)
    names = np.array(problem.dataset.frame_ids)
    assert {name for name, _ in Counting.calls} == set(names[problem.train])
    first = [float(problem.dataset.frame(int(i)).image[0, 0]) for i in problem.test]
    assert worker.features(fitted, problem.test)[:, 0].tolist() == first
    assert {name for name, _ in Counting.calls} == set(names)
    with pytest.raises(ValueError, match="test split among others"):
        worker.rows(np.arange(len(names)))
