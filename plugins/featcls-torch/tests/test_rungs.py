"""A search by rungs with a network: longer fits go on from shorter ones, also after a kill."""

import json
import re
import signal
import sqlite3
import subprocess
import time
import zipfile
from collections import Counter
from importlib.resources import files

import pytest
from processes import command_line, featcls, write_stack

TOY = {
    "[3, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]": "[8]",
    "{ loguniform = [1e-4, 10.0], default = 0.0015 }": "[0.0015, 0.0005]",
    "epochs = 50": "epochs = 27\nfilters = 2",
}
OPTIONS = ("--max-evals", 9, "--folds", FOLDS := 2, "--backend", "serial")
SEARCH = ("search", "data.npz", "--space", "toy.toml", *OPTIONS)
ROWS = "select tid, parent, budget, config, state, loss from trials where tid >= 0 order by tid"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Frames, and the shipped space of DeepFreak, its network and budget cut down."""
    folder = tmp_path_factory.mktemp("rungs")
    write_stack(folder / "data.npz", 30, side=32)
    text = files("featcls_torch.spaces").joinpath("deepfreak.toml").read_text()
    for own, small in TOY.items():
        assert own in text
        text = text.replace(own, small)
    (folder / "toy.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def whole(folder):
    """The run of a search that nobody stopped."""
    featcls(folder, *SEARCH, "--out", "whole")
    return folder / "whole"


def rows(run):
    with sqlite3.connect(run / "trials.sqlite") as store:
        return store.execute(ROWS).fetchall()


def trained(run):
    """Return how often each epoch of each budget was gone through, as the log has it."""
    found = re.findall(r"epoch (\d+) of (\d+):", (run / "log.txt").read_text())
    return Counter((int(epoch), int(budget)) for epoch, budget in found)


def needed(run):
    """Return the same for fits that go on: each row from its parent's budget, then the winner."""
    budgets = {tid: budget for tid, _, budget, *_ in rows(run)}
    wanted = Counter()
    for _, parent, budget, *_ in rows(run):
        for epoch in range(budgets.get(parent, 0), budget):
            wanted[epoch + 1, budget] += FOLDS
    best = budgets[json.loads((run / "run.json").read_text())["best"]["tid"]]
    return wanted + Counter((epoch + 1, best) for epoch in range(best))


def weights(run):
    with zipfile.ZipFile(run / "model.featcls") as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("network.safetensors"))
        return archive.read(name)


def test_a_promoted_network_goes_on_from_its_last_epoch(whole):
    found = rows(whole)
    assert {state for *_, state, _ in found} == {"ok"}
    assert {budget for _, _, budget, *_ in found} >= {1, 3, 9}
    assert trained(whole) == needed(whole)


def test_a_search_killed_in_an_epoch_ends_with_the_rows_and_weights_of_one_that_was_not(
    folder, whole
):
    run = folder / "killed"
    process = subprocess.Popen(command_line(*SEARCH, "--out", "killed"), cwd=folder)
    while process.poll() is None:
        if (run / "log.txt").exists() and trained(run)[4, 9]:
            process.send_signal(signal.SIGKILL)
        time.sleep(0.01)
    assert process.returncode == -signal.SIGKILL
    assert json.loads((run / "run.json").read_text())["status"] == "running"
    featcls(folder, *SEARCH, "--out", "killed", "--resume")
    assert rows(run) == rows(whole)
    assert weights(run) == weights(whole)
    again = trained(run) - needed(run)
    assert again.total() <= 1  # told, and killed before it was kept
