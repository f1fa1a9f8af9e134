"""The section of a report that shows why the model says what it says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from featcls.report.gallery import jpeg
from featcls.report.html import Html, join, tag
from featcls.report.importance import bars
from featcls.report.reasons import FOLDER
from featcls.report.story import Story

WIDTH, PLANE = 340, 760  # pixels of a picture in the page
WORDS = {
    "gradcam": "Grad-CAM++: where the network's last maps raise the score",
    "saliency": "Pixels that the loss is most sensitive to",
    "occlusion": "How far the score falls where a patch is masked",
}


def section(story: Story) -> Html | None:
    """Show what `draw` drew, if it did."""
    told = story.info.get("explained")
    if not told:
        return None
    drawn = [_drawn(story, told["frames"], kind) for kind in told["frames"][0]["files"]]
    return join(
        tag(
            "p",
            f"Frames of {told['role']}, worst errors first, each beside its map: orange speaks "
            "for the label that the model gives, blue against it. A map is a hint, not a proof.",
            class_="soft",
        ),
        drawn,
        _weighed(told.get("importance")),
        _plane(story, told.get("plane")),
    )


def _drawn(story: Story, frames: Sequence[Mapping[str, Any]], kind: str) -> Html:
    figures = [
        tag(
            "figure",
            _picture(story, row["files"][kind], WIDTH, f"{kind} of frame {row['frame_id']}"),
            tag(
                "figcaption",
                tag("span", row["frame_id"], class_="mono"),
                tag("span", row["words"]),
            ),
            class_="pair",
        )
        for row in frames
    ]
    return join(tag("h3", WORDS.get(kind, kind)), tag("div", figures, class_="plots"))


def _weighed(found: Sequence[tuple[str, float]] | None) -> Html | None:
    """Show how far each feature counts, of a model of features."""
    if found is None:
        return None
    head = tag("h3", "How far shuffling a feature over the frames lowers the scores")
    if found[0][1] > 0:
        return join(head, bars([(name, fall) for name, fall in found if fall > 0]))
    return join(head, tag("p", "Not at all for any one of them: others stand in for it."))


def _plane(story: Story, name: str | None) -> Html | None:
    if not name:
        return None
    head = tag("h3", "Frames side by side that look alike to the model (t-SNE)")
    return join(head, tag("figure", _picture(story, name, PLANE, "t-SNE of frames")))


def _picture(story: Story, name: str, side: int, words: str) -> Html:
    """Return a drawn picture at most so wide, or say that its file is gone."""
    from PIL import Image

    try:
        with Image.open(story.path / FOLDER / Path(name).name) as image:
            return tag("img", src=jpeg(image, side), alt=words, loading="lazy")
    except OSError:
        return tag("span", "no picture", class_="blank")
