"""Whatever else fabio reads; taken only where it is asked for by name."""

from collections.abc import Sequence

import numpy as np

from featcls.data.base import Frames, Reader, check_size, decoding
from featcls.data.cbf_codecs import INSTALL
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1


class FabioReader(Reader):
    """Frames of any file that fabio opens (Bruker, GE, R-AXIS, Esperanto, dm3, ...).

    Nothing vouches for these files: fabio reads many formats past their end without a word.
    So this reader never offers itself; name it (`--reader fabio`).
    """

    def understands(self, path: str, head: bytes) -> bool:
        """Never: it has to be named."""
        return False

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames, each read when it is asked for."""
        with decoding(path, None, f"replace the file, or {INSTALL}"):
            import fabio

            series = fabio.open(path)
            n = int(series.nframes)

        def read(index: int) -> Frame:
            frame = index if n > 1 else None
            with decoding(path, frame):
                one = series if n == 1 else series.get_frame(index)
                image = np.asarray(one.data)
                check_size(path, frame, image.shape, image.dtype.itemsize)
                return Frame(image, None, path if frame is None else f"{path}#{index}")

        return Frames(n, read, series.close)


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of the rest."""
    register("fabio", FabioReader)
