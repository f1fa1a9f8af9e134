"""The options that say what a trial is worth and what model is made, of a search or of a fit."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import click

Function = Callable[..., Any]


def choice_options(function: Function) -> Function:
    """Add the options of a search, and hand it those about the model as one `choice`."""
    return _with_choice(function, OPTIONS)


def fit_options(function: Function) -> Function:
    """Add those that make sense for one config."""
    return _with_choice(function, FIT_OPTIONS)


def _with_choice(function: Function, options: Sequence[Function]) -> Function:
    @wraps(function)
    def with_choice(*args: Any, **given: Any) -> Any:
        from featcls.search.choice import ModelChoice

        own = {name: given.pop(name) for name in NAMES if name in given}
        return function(*args, choice=ModelChoice(**own), **given)

    for option in reversed(options):
        with_choice = option(with_choice)
    return with_choice


NAMES = (
    "refit",
    "ensemble",
    "vote",
    "hit_classes",
    "calibrate",
    "max_lost_hits",
    "confidence",
)

hit_option = click.option(
    "--hit-class",
    "hit_classes",
    multiple=True,
    metavar="CLASS",
    help="A class that is a hit; may be repeated.",
)
lost_option = click.option(
    "--max-lost-hits",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    metavar="SHARE",
    help="Set the threshold that loses at most this share of the hits.",
)
confidence_option = click.option(
    "--confidence",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.95,
    show_default=True,
    metavar="P",
    help="How sure that bound is to hold.",
)
size_option = click.option(
    "--calibration-size",
    type=click.FloatRange(0, 1, max_open=True),
    metavar="SHARE",
    help="Kept apart for the threshold [default: 0.2 with --max-lost-hits].",
)
calibrate_option = click.option(
    "--calibrate",
    type=click.Choice(["sigmoid", "isotonic"]),
    help="Make probabilities of the scores.",
)

OPTIONS = (
    click.option(
        "--repeats",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        metavar="N",
        help="Seeds to fit each config with; its value is their mean.",
    ),
    click.option(
        "--max-ms",
        type=click.FloatRange(min=0, min_open=True),
        metavar="MS",
        help="Pipelines that take longer for a frame, on one core here, fail.",
    ),
    size_option,
    click.option("--refit", is_flag=True, help="Fit the model on the validation split as well."),
    click.option(
        "--ensemble",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        metavar="K",
        help="Let the K best pipelines vote.",
    ),
    click.option(
        "--vote",
        type=click.Choice(["soft", "majority", "intersection"]),
        default="soft",
        show_default=True,
        help="Mean score, most voices, or a hit only where all say so.",
    ),
    calibrate_option,
    hit_option,
    lost_option,
    confidence_option,
)
FIT_OPTIONS = (size_option, calibrate_option, hit_option, lost_option, confidence_option)
