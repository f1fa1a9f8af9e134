"""The reader of runs of the European XFEL: a detector's modules write files of their own."""

import hashlib
import os
from collections.abc import Sequence

from featcls.data.base import Frames, Reader, decoding, hash_file
from featcls.data.euxfel_run import ABSENT, Shots, open_run, run_files
from featcls.data.flags import flagged, mask_of
from featcls.data.hdf5.links import signature
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1


class EuxfelReader(Reader):
    """Shots of one detector or camera in a run folder, or in one file of a run.

    A shot of a detector of several modules is one image, its modules one below the other by
    their numbers, those that did not write masked; a file alone gives the modules in it.
    Corrected data is taken where it is there, else raw data, of AGIPD the signal without its
    gain. Train and pulse of a frame stand in its `meta`.

    Parameters
    ----------
    source : str
        Detector (`SPB_DET_AGIPD1M-1`) or camera (`SPB_IRU_CAM/CAM/SIDEMIC:daqOutput`) where
        the run has several; a detector goes before cameras.
    flags : bool
        Mask what the correction marks as bad, and flag values; False gives the stored values.
    """

    in_time = True
    takes_folders = True

    def __init__(self, source: str = "", flags: bool = True) -> None:
        self.source = source
        self.flags = flags

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the index of trains in a file, or in the first HDF5 file of a folder."""
        if os.path.isdir(path):
            return any(is_euxfel(one) for one in run_files(path)[:1])
        return signature(head) >= 0 and is_euxfel(path)

    def frames(self, path: str) -> Sequence[Frame]:
        """Return the frames; the files stay open until the sequence is closed or let go."""
        shots = open_run(path, self.source)
        return Frames(shots.n, lambda index: self._frame(path, shots, index), shots.close)

    def hash_pixels(self, path: str) -> str:
        """SHA-256 of the files that hold the shots, in order of their names."""
        shots = open_run(path, self.source)
        shots.close()
        return hashlib.sha256("".join(map(hash_file, shots.files)).encode()).hexdigest()

    def _frame(self, path: str, shots: Shots, index: int) -> Frame:
        with decoding(path, index):
            image, masks, meta = shots.read(index)
            bad = dict(masks)
            if not self.flags or not self.file_mask:
                bad = {reason: own for reason, own in bad.items() if reason == ABSENT}
            if self.flags:
                # Negative values of corrected data are noise about the dark image.
                bad.update(flagged(image, counter=False))
            mask, counts = mask_of(bad)
            if counts:
                meta["masked"] = counts
            return Frame(image, mask, f"{path}#{index}" if shots.n > 1 else path, meta=meta)


def is_euxfel(path: str) -> bool:
    """Say whether an HDF5 file is of the European XFEL, by its index of trains."""
    import h5py

    try:
        with open(path, "rb") as file:
            if signature(file.read(4096)) < 0:
                return False
        with h5py.File(path, "r", locking=False) as file:
            index = file.id.links
            return bool(index.exists(b"INDEX") and index.exists(b"METADATA"))
    except (OSError, RuntimeError):
        return False


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of European XFEL runs."""
    register("euxfel", EuxfelReader)
