"""Why the model says what it says of some of the frames that it was judged on, drawn on demand."""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from featcls.errors import FeatclsError, RunError, UsageError
from featcls.report.gallery import Case, worst
from featcls.report.story import Story
from featcls.report.words import figure
from featcls.search.judged import Judged

if TYPE_CHECKING:
    from featcls.frame import Frame
    from featcls.model import Model
    from featcls.search import Run

FOLDER = "explained"  # in the run directory
SHOWN = 8  # frames with maps, at most half of them errors
ASKED = 200  # frames that weigh features and lie on the plane, as far as they fit into ROOM
ROOM = 128 << 20  # bytes of them
FEATURES = 10


def draw(run: "Run") -> dict[str, Any]:
    """Draw why the model says what it says, into the run's folder `explained`.

    Returns
    -------
    dict
        What `run.json` keeps of it: `role` of the frames; `frames`, for each of a few its
        `frame_id`, `words` and `files` by kind of map; where the model has them, `plane`, the
        file of a t-SNE of more frames, and `importance`, pairs of a feature and how far shuffling
        it lowers the scores.

    Raises
    ------
    RunError
        There is no model yet, nothing it was judged on, or the data cannot be read any more.
    """
    from featcls.model import Model
    from featcls.model.explain import importance
    from featcls.plugins import registry
    from featcls.report.pictures import write_plane

    story = Story(run)
    seen, path = story.judged, run.path / "model.featcls"
    if seen is None or not path.exists():
        raise RunError(f"{run.path} has no model to explain", "finish the search with --resume")
    model = Model.load(path, registry(tuple(run.info["task"]["plugins"])))
    (run.path / FOLDER).mkdir(exist_ok=True)
    told: dict[str, Any] = {"role": seen.role, "frames": _maps(story, seen, model)}
    asked = _asked(story, seen)
    with suppress(UsageError):  # too few frames, or a model that shows no vector
        told["plane"] = write_plane(model, asked, run.path / FOLDER).name
    with suppress(UsageError):  # too few, or a model without features
        told["importance"] = importance(model, asked)[:FEATURES]
    run.save(explained=told)
    return told


def _maps(story: Story, seen: Judged, model: "Model") -> list[dict[str, Any]]:
    from featcls.model.explain import kinds
    from featcls.report.pictures import write_maps

    words = {case.place: case.words for case in chosen(seen, story.classes)}
    found = _readable(story, seen, words, SHOWN)
    frames = [frame for _, frame in found]
    codes = [int(seen.scores[place].argmax()) for place, _ in found]
    rows: list[dict[str, Any]] = [
        {"frame_id": seen.frame_ids[place], "words": words[place], "files": {}}
        for place, _ in found
    ]
    for kind in kinds(model):
        written = write_maps(model, frames, kind, codes, story.path / FOLDER)
        for row, path in zip(rows, written, strict=True):
            row["files"][kind] = path.name
    return rows


def chosen(seen: Judged, classes: list[str]) -> list[Case]:
    """Return the worst errors, and then what is said right, each class in turn, surest first."""
    wrong = worst(seen, classes)[: SHOWN // 2]
    said = seen.scores.argmax(axis=1)
    score = seen.scores.max(axis=1)
    right = seen.y[np.arange(len(said)), said] == 1 if seen.y.ndim == 2 else seen.y == said
    right[[case.place for case in wrong]] = False
    turns = []
    for code in range(len(classes)):
        own = np.flatnonzero(right & (said == code))
        own = own[np.argsort(-score[own], kind="stable")]
        turns += [(turn, code, int(place)) for turn, place in enumerate(own)]
    sure = [Case(k, f"{classes[code]} ({figure('', score[k])})") for _, code, k in sorted(turns)]
    return [*wrong, *sure][:SHOWN]


def _asked(story: Story, seen: Judged) -> "list[Frame]":
    """Return frames evenly spaced over those judged, as many as there is room for."""
    (_, first), *_ = _readable(story, seen, range(len(seen.y)), 1)
    n = max(min(ASKED, ROOM // first.image.nbytes), SHOWN)
    places = np.unique(np.linspace(0, len(seen.y) - 1, n).astype(int))
    return [frame for _, frame in _readable(story, seen, places, n)]


def _readable(
    story: Story, seen: Judged, places: Iterable[int], most: int
) -> "list[tuple[int, Frame]]":
    """Return at most so many judged frames, by their place, that can be read.

    Raises
    ------
    RunError
        There is none.
    """
    found: list[tuple[int, Frame]] = []
    for place in places:
        index = story.places.get(seen.frame_ids[place])
        if story.dataset is None or index is None or len(found) == most:
            continue
        with suppress(FeatclsError):
            found.append((place, story.dataset.frame(index)))
    if not found:
        raise RunError(f"the frames of {story.path} cannot be read any more", "bring them back")
    return found
