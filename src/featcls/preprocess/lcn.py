"""Local contrast normalisation: how far a pixel stands out of the window about it."""

from featcls.errors import UsageError
from featcls.frame import Frame
from featcls.hookspecs import RegisterStep, hookimpl
from featcls.kernels.contrast import BORDERS, local_contrast_normalize
from featcls.preprocess.base import Preprocessor
from featcls.spaces import Choice

featcls_api = 1


class LCN(Preprocessor):
    """Each pixel less the mean of the window about it, over the standard deviation there.

    The result is float32 and does not change with brightness or contrast. Masked pixels enter
    no mean and are 0, as is a pixel with fewer than 2 valid ones in its window.

    Parameters
    ----------
    window : int
        Odd side of the window in pixels; in an image with a smaller side, the largest odd
        number that fits.
    min_std : float
        Least standard deviation divided by, in units of the frame's own; 0 for none. Without
        it the noise of a quiet window is scaled up to the size of spots: no pixel can exceed
        the root of the number of pixels in its window.
    border : {"reflect", "truncate"}
        Mirror the image at its border, or cut the window there.

    Raises
    ------
    UsageError
        A parameter that cannot be meant.

    References
    ----------
    Ke et al. (2018), doi:10.1107/S1600577518004873, equations 6 to 9.

    Examples
    --------
    A pixel of 9 in a flat image: the window holds 8 zeros and the 9, so mean 1, std sqrt(8).

    >>> import numpy as np
    >>> image = np.zeros((5, 5)); image[2, 2] = 9
    >>> LCN(window=3, min_std=0.0).apply(Frame(image)).image[2].round(2).tolist()
    [0.0, -0.3499999940395355, 2.8299999237060547, -0.3499999940395355, 0.0]
    """

    releases_gil = True

    def __init__(self, window: int = 5, min_std: float = 1.0, border: str = "reflect") -> None:
        self.window = window
        self.min_std = min_std
        self.border = border

    def apply(self, frame: Frame) -> Frame:
        """Return the normalised frame."""
        side = min(frame.shape)
        window = min(self.window, side - 1 + side % 2)
        try:
            image = local_contrast_normalize(
                frame.image, window, min_std=self.min_std, border=self.border, mask=frame.mask
            )
        except ValueError as error:
            raise UsageError(f"lcn: {error}") from error
        return frame.replace(image=image)


SPACE = {
    "window": Choice(5, 9, 15, 31),
    "min_std": Choice(1.0, 0.0),
    "border": Choice(*BORDERS),
}


@hookimpl
def register_preprocessors(register: RegisterStep) -> None:
    register("lcn", LCN, SPACE)
