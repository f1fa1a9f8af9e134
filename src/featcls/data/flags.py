"""Pixels that do not count, each with its reason: flag values in the image, and all masks."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featcls.frame import Frame, Mask

Reasons = Mapping[str, Mask]


def mask_of(reasons: Reasons, mask: Mask | None = None) -> tuple[Mask | None, dict[str, int]]:
    """Join masks and count the pixels that each of them adds.

    Parameters
    ----------
    reasons : mapping of str to (rows, cols) bool array
        True where a pixel does not count for this reason.
    mask : (rows, cols) bool array, optional
        What is masked already; it is not written to.

    Returns
    -------
    mask : (rows, cols) bool array or None
        Of all reasons, perhaps the array given for the only one; None where there is none.
    counts : dict of str to int
        Pixels by reason. A pixel counts once, for the first reason that masks it; reasons
        without a pixel are left out.

    Examples
    --------
    >>> reasons = {"dead": np.array([[True, False]]), "hot": np.array([[True, True]])}
    >>> mask_of(reasons)
    (array([[ True,  True]]), {'dead': 1, 'hot': 1})
    """
    counts: dict[str, int] = {}
    for reason, bad in reasons.items():
        new = bad if mask is None else bad & ~mask
        if n := int(np.count_nonzero(new)):
            counts[reason] = n
            mask = new if mask is None else mask | new
    return mask, counts


def masked(frame: Frame, reasons: Reasons) -> Frame:
    """Mask more pixels of a frame and say why in ``meta["masked"]``.

    Examples
    --------
    >>> frame = masked(Frame(np.array([[5, 6]])), {"edge": np.array([[True, False]])})
    >>> frame.image.tolist(), frame.meta
    ([[0, 6]], {'masked': {'edge': 1}})
    """
    mask, counts = mask_of(reasons, frame.mask)
    if not counts:
        return frame
    known = {**frame.meta.get("masked", {})}
    for reason, n in counts.items():
        known[reason] = known.get(reason, 0) + n
    return frame.replace(mask=mask, meta={**frame.meta, "masked": known})


def flagged(
    image: NDArray[Any],
    *,
    counter: bool | None = None,
    bits: int | None = None,
    low: float | None = None,
    high: float | None = None,
) -> dict[str, Mask]:
    """Find the values that detectors write where they measured nothing.

    Parameters
    ----------
    image : (rows, cols) array
    counter : bool, optional
        Whether a photon counting detector wrote it. If so all negative values are flags, and
        255 of 8 bit is one. If not, negative values are noise. If it is not known, -1 and -2
        are flags where nothing lies below them.
    bits : int, optional
        Bits of the counter where fewer than those of the dtype.
    low, high : float, optional
        The detector's own limits: values below or above are no measurement.

    Returns
    -------
    dict of str to (rows, cols) bool array
        By reason; only reasons that occur. The ends of a dtype of 16 bits or more (65535,
        -32768 and 32767, ...) are flags of every detector: a gap, a dead pixel or an
        overflow.

    Examples
    --------
    >>> list(flagged(np.array([[7, -1], [-2, 8]])))
    ['flag -2', 'flag -1']
    >>> list(flagged(np.array([[7, -1], [-2, -9]])))
    []
    >>> flagged(np.array([[65535, 3]], np.uint16))
    {'flag 65535': array([[ True, False]])}
    """
    if image.dtype.kind == "f":
        found = {"not finite": ~np.isfinite(image)}
    elif image.dtype.kind in "iu":
        found = _flags(image, counter, bits)
    else:
        return {}
    if low is not None:
        found[f"below {low:g}"] = image < low
    if high is not None and (image.dtype.kind == "f" or image.max() > high):
        found[f"saturated (> {high:.10g})"] = image > high
    return {reason: bad for reason, bad in found.items() if bad.any()}


def _flags(image: NDArray[Any], counter: bool | None, bits: int | None) -> dict[str, Mask]:
    """Flags of integers; an end of the range is looked for only where the image reaches it."""
    limits = np.iinfo(image.dtype)
    bottom = int(image.min()) if limits.min < 0 else 0
    ends = [limits.max] if counter or limits.bits > 8 else []
    if bits is not None and bits < limits.bits:
        ends.append(2**bits - 1)
    if limits.min < 0 and limits.bits > 8 and bottom == limits.min:
        ends.append(limits.min)
        above = image[image != limits.min]
        bottom = int(above.min()) if above.size else 0
    top = int(image.max())
    values = [end for end in ends if end <= top]
    if bottom in (-1, -2) and counter is not False:
        values += range(bottom, 0)
    found = {f"flag {value}": image == value for value in values}
    if counter and bottom < -2:
        found["negative"] = image < 0
    return found
