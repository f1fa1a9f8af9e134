"""What a search extracts: each atom of each frame once, whatever the trials ask for."""

from collections import Counter

import numpy as np
import pytest

from featcls.cache import Cache
from featcls.config import dumps
from featcls.extractors.glcm import GLCM
from featcls.extractors.lbp import LBP
from featcls.plugins import registry
from featcls.search import features, search


@pytest.fixture
def diffranet(tmp_path):
    """The extractors of the paper's space, small codebooks, and a classifier that is quick."""
    text = registry().get("space", "diffranet@1").factory()
    books = "[100, 10, 25, 50, 250, 500, 1000, 5000]"
    assert books in text
    path = tmp_path / "diffranet.toml"
    path.write_text(
        text.partition("[[classifier]]")[0].replace(books, "[10, 25]")
        + '[[classifier]]\nname = "knn"\nn_neighbors = { integer = [1, 15] }\n'
        'weights = ["uniform", "distance"]\n'
    )
    return str(path)


@pytest.fixture
def counted(monkeypatch):
    """Count (frame, extractor, atom) where rows for the cache are computed, and the writes."""
    counts = {"computed": Counter(), "written": Counter()}
    compute_block, put_block = features.compute_block, Cache.put_block
    inside = []

    def block(*arguments, **how):
        inside.append(True)
        try:
            compute_block(*arguments, **how)
        finally:
            inside.pop()

    def put(self, key, block, rows):
        counts["written"][key, block] += 1
        put_block(self, key, block, rows)

    def wrap(cls):
        compute = cls.compute.__func__

        def counting(own, frame, atoms):
            if inside:
                names = (f"{cls.__name__} {dumps(atom)}" for atom in atoms)
                counts["computed"].update((frame.frame_id, name) for name in names)
            return compute(own, frame, atoms)

        monkeypatch.setattr(cls, "compute", classmethod(counting))

    monkeypatch.setattr(features, "compute_block", block)
    monkeypatch.setattr(Cache, "put_block", put)
    for cls in (GLCM, LBP):
        wrap(cls)
    return counts


def test_150_trials_of_the_papers_space_extract_each_atom_of_each_frame_once(
    diffranet, counted, tmp_path
):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (30, 32, 32)).astype(np.uint8)
    images[10:] = np.sort(images[10:], axis=2)
    images[20:] //= 2
    split = np.array((["train"] * 6 + ["validation"] * 2 + ["test"] * 2) * 3)
    labels = np.repeat(["rough", "smooth", "dim"], 10)
    np.savez(tmp_path / "data.npz", images=images, labels=labels, split=split)
    run = search(
        tmp_path / "data.npz",
        space=diffranet,
        out=tmp_path / "run",
        backend="serial",
        max_evals=150,
    )
    trials = [t for t in run.trials if t.tid >= 0]
    assert len(trials) == 150
    assert {t.reason for t in trials if t.state != "ok"} == set()
    used = Counter(t.config["extractors"][0]["name"] for t in trials)
    assert used["glcm"] > 20
    assert used["lbp"] > 20
    atoms = {name for _, name in counted["computed"]}
    assert sum(name.startswith("GLCM") for name in atoms) == 5 * 4  # distances by angles
    assert sum(name.startswith("LBP") for name in atoms) == 4 * 3  # P by R
    assert set(counted["computed"].values()) == {1}
    held = {f"data.npz#{i}" for i in np.flatnonzero(split == "test")}
    winners = {name for frame, name in counted["computed"] if frame in held}
    assert 0 < len(winners) < len(atoms)  # no other looks at the test split
    searched = (len(images) - len(held)) * len(atoms)
    assert len(counted["computed"]) == searched + len(held) * len(winners)
    assert set(counted["written"].values()) == {1}
    n_keys = len({key for key, _ in counted["written"]})
    assert len(counted["written"]) == n_keys  # 30 frames are one block
