"""Pictures of the frames that the model is most wrong and least sure about."""

import base64
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from featcls.report.html import Html, join, tag
from featcls.report.story import Story
from featcls.report.words import figure
from featcls.search.judged import Judged

if TYPE_CHECKING:
    from PIL import Image

SHOWN = 12  # frames of each kind
SIDE = 160  # pixels of the longer side of a picture
QUALITY = 75  # of JPEG


class Case(NamedTuple):
    """A judged frame: its place among them, and what there is to say of it."""

    place: int
    words: str


def errors(story: Story) -> Html | None:
    """The frames where the model is wrong with the most conviction."""
    seen = story.judged
    if seen is None:
        return None
    cases = worst(seen, story.classes)
    if not cases:
        return tag("p", f"None of {len(seen.y)} {seen.role} frames is taken for another class.")
    words = f"Of the {seen.role} frames, those scored highest for what they are not."
    return _gallery(story, seen, cases, words)


def doubts(story: Story) -> Html | None:
    """The frames that the model can hardly decide."""
    seen = story.judged
    if seen is None:
        return None
    words = (
        f"Of the {seen.role} frames, those where the two best classes score nearly alike: the "
        "ones to label with care, or to label first."
    )
    return _gallery(story, seen, uncertain(seen, story.classes), words)


def worst(seen: Judged, classes: list[str]) -> list[Case]:
    """Return the wrong frames, those first whose wrong class is furthest above the true one."""
    if seen.y.ndim == 2:
        off = np.abs(seen.scores - seen.y).max(axis=1)
        order = [i for i in np.argsort(-off, kind="stable") if off[i] > 0.5]
        return [Case(int(i), _labels(seen, int(i), classes)) for i in order[:SHOWN]]
    said, rows = seen.scores.argmax(axis=1), np.arange(len(seen.y))
    lead = seen.scores[rows, said] - seen.scores[rows, seen.y]
    order = [i for i in np.argsort(-lead, kind="stable") if said[i] != seen.y[i]]
    return [
        Case(
            int(i),
            f"{classes[seen.y[i]]}, taken for {classes[said[i]]} "
            f"({figure('', seen.scores[i, said[i]])} to {figure('', seen.scores[i, seen.y[i]])})",
        )
        for i in order[:SHOWN]
    ]


def uncertain(seen: Judged, classes: list[str]) -> list[Case]:
    """Return the frames with the smallest lead of the best class over the second."""
    if seen.y.ndim == 2:
        order = np.argsort(np.abs(seen.scores - 0.5).min(axis=1), kind="stable")
        return [Case(int(i), _labels(seen, int(i), classes)) for i in order[:SHOWN]]
    ranked = np.argsort(-seen.scores, axis=1, kind="stable")
    top = np.take_along_axis(seen.scores, ranked[:, :2], axis=1)
    order = np.argsort(top[:, 0] - top[:, -1], kind="stable")
    return [
        Case(
            int(i),
            f"{classes[ranked[i, 0]]} {figure('', top[i, 0])} or {classes[ranked[i, 1]]} "
            f"{figure('', top[i, 1])}; it is {classes[seen.y[i]]}",
        )
        for i in order[:SHOWN]
    ]


def _labels(seen: Judged, i: int, classes: list[str]) -> str:
    """Say what a frame of several labels is, and what was said of it."""
    true = [name for name, there in zip(classes, seen.y[i], strict=True) if there]
    said = [
        f"{name} {figure('', score)}"
        for name, score in zip(classes, seen.scores[i], strict=True)
        if score >= 0.5
    ]
    return f"{', '.join(true) or 'no label'}; said: {', '.join(said) or 'none'}"


def _gallery(story: Story, seen: Judged, cases: list[Case], words: str) -> Html:
    pictures = [_thumbnail(story, seen.frame_ids[case.place]) for case in cases]
    if all(pictures):
        masked = " Masked pixels are red; brightness is stretched for each frame."
    else:
        masked = " Where there is no picture, the data could not be read any more."
    figures = [
        tag(
            "figure",
            tag("img", src=source, alt=f"frame {frame_id}", loading="lazy")
            if source
            else tag("span", "no picture", class_="blank" if any(pictures) else "soft"),
            tag("figcaption", tag("span", frame_id, class_="mono"), tag("span", case.words)),
        )
        for case, source in zip(cases, pictures, strict=True)
        for frame_id in [seen.frame_ids[case.place]]
    ]
    return join(tag("p", words + masked, class_="soft"), tag("div", figures, class_="gallery"))


def _thumbnail(story: Story, frame_id: str) -> str | None:
    """Return a small JPEG as a data address, or None where the frame cannot be read."""
    from PIL import Image

    from featcls.dataset.contact_sheet import picture
    from featcls.errors import FeatclsError

    if story.dataset is None or frame_id not in story.places:
        return None
    try:
        frame = story.dataset.frame(story.places[frame_id])
    except FeatclsError:
        return None
    return jpeg(Image.fromarray(picture(frame)), SIDE)


def jpeg(image: "Image.Image", side: int) -> str:
    """Return a picture as a data address, no longer than `side`."""
    from PIL import Image

    image.thumbnail((side, side), Image.Resampling.BOX)
    content = BytesIO()
    image.save(content, "JPEG", quality=QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(content.getvalue()).decode()}"
