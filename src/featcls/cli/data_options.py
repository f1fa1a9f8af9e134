"""The options of every command that takes DATA: its reader, masks and geometry."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import wraps
from typing import Any

import click

Function = Callable[..., Any]


def data_options(function: Function) -> Function:
    """Add the options, and hand the command a data set spec in place of `data`.

    Without DATA it gets None, or what the named reader makes without a file.
    """

    @wraps(function)
    def with_spec(*args: Any, **given: Any) -> Any:
        options = {name: given.pop(name) for name in NAMES}
        return function(*args, data=_spec(given.pop("data"), options), **given)

    for option in reversed(OPTIONS):
        with_spec = option(with_spec)
    return with_spec


def finite(text: str) -> float:
    """Read a number that JSON can hold."""
    with suppress(ValueError):
        if math.isfinite(value := float(text)):
            return value
    raise click.BadParameter(f"{text!r} is not a finite number")


def _pair(ctx: click.Context, param: click.Parameter, text: str | None) -> list[float] | None:
    """Read `x,y` and give (row, col)."""
    return None if text is None else _point(text)


def _point(text: str) -> list[float]:
    try:
        x, y = (finite(part) for part in text.split(","))
    except (ValueError, click.BadParameter):
        raise click.BadParameter(f"{text!r} is not x,y (column,row), such as 512.5,490") from None
    return [y, x]


def _polygons(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> list[list[list[float]]]:
    found = [[_point(part) for part in text.split()] for text in texts]
    for text, corners in zip(texts, found, strict=True):
        if len(corners) < 3:
            raise click.BadParameter(f"{text!r} is not three corners or more, as '0,0 9,0 9,9'")
    return found


def _reader_options(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> dict[str, Any]:
    """Read KEY=VALUE; a value that is no JSON is text."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise click.BadParameter(f"{text!r} is not KEY=VALUE, such as flags=false")
        try:
            found[key] = json.loads(value)
        except json.JSONDecodeError:
            found[key] = value
    return found


def _spec(data: str | None, options: Mapping[str, Any]) -> dict[str, Any] | None:
    if data == "":
        raise click.UsageError("DATA is an empty word: name a folder or file")
    known = {name: value for name, value in options.items() if _is_given(value)}
    reader = known.pop("reader", None)
    if data is None and reader is None:
        if known:
            raise click.UsageError("options of the data need DATA: name a folder or file")
        return None
    own = dict(known.pop("option", {}))
    if known.pop("allow_external", False):
        own["allow_external"] = True
    if known.pop("no_assemble", False):
        known["assemble"] = False
    if "mask" in known:
        known["mask"] = list(known["mask"])
    if "mask_values" in known:
        known["mask_values"] = list(known["mask_values"])
    return {"source": data, "reader": reader, "options": own, "detector": known}


def _is_given(value: Any) -> bool:
    if isinstance(value, tuple | list | dict):
        return bool(value)
    return value is not None and value is not False


OPTIONS = (
    click.option("--reader", metavar="NAME", help="Read every file with this reader."),
    click.option(
        "--option",
        multiple=True,
        callback=_reader_options,
        metavar="KEY=VALUE",
        help="An option of the readers, such as flags=false; may be repeated.",
    ),
    click.option(
        "--mask",
        multiple=True,
        type=click.Path(),
        metavar="FILE",
        help="An image of the pixels to ignore (not 0), joined to what the data says.",
    ),
    click.option("--replace-mask", is_flag=True, help="Leave out masks that data files hold."),
    click.option(
        "--mask-edge",
        type=click.IntRange(0, 100),
        metavar="N",
        help="Ignore N pixels along the border, gaps and panels.",
    ),
    click.option(
        "--mask-value",
        "mask_values",
        type=finite,
        multiple=True,
        metavar="V",
        help="Ignore pixels of this value; may be repeated.",
    ),
    click.option(
        "--polygon",
        "polygons",
        multiple=True,
        callback=_polygons,
        metavar="'X,Y X,Y X,Y'",
        help="Ignore what lies within (x = column, y = row); may be repeated.",
    ),
    click.option(
        "--geometry",
        type=click.Path(),
        metavar="FILE",
        help="CrystFEL .geom (panels are laid out as it says) or pyFAI .poni.",
    ),
    click.option("--no-assemble", is_flag=True, help="Leave panels as they are stored."),
    click.option(
        "--beam-center",
        callback=_pair,
        metavar="X,Y",
        help="Column and row of the beam; 0 is the centre of the first pixel.",
    ),
    click.option("--pixel-size", type=finite, metavar="M", help="In metres."),
    click.option("--distance", type=finite, metavar="M", help="Sample to detector, in metres."),
    click.option("--wavelength", type=finite, metavar="M", help="In metres."),
    click.option(
        "--allow-external",
        is_flag=True,
        help="Let HDF5 files read from files outside their own folder.",
    ),
)
NAMES = (
    "reader",
    "option",
    "mask",
    "replace_mask",
    "mask_edge",
    "mask_values",
    "polygons",
    "geometry",
    "no_assemble",
    "beam_center",
    "pixel_size",
    "distance",
    "wavelength",
    "allow_external",
)
