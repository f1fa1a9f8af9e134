"""The reader of HDF5: NeXus (NXmx, EIGER), CXI, and plain stacks."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from featcls.data.base import Frames, Reader, decoding, hash_file
from featcls.data.euxfel import is_euxfel
from featcls.data.hdf5.images import Images
from featcls.data.hdf5.labels import labels_of
from featcls.data.hdf5.links import LinkedFiles, signature
from featcls.data.hdf5.sources import linked_paths
from featcls.frame import Frame
from featcls.hookspecs import RegisterReader, hookimpl

featcls_api = 1


class Hdf5Reader(Reader):
    """Frames of a data set of (..., rows, cols), found by the conventions of the file's kind.

    Parameters
    ----------
    dataset : str
        Path of the data set (or of a group with a `signal`) where the file holds several; an
        address `file::/path` goes before it.
    panels : {"auto", "slab", "each"}
        Dimensions between the first and the last two: `slab` lays them one below the other,
        `each` makes a frame of each. `auto` is `slab` in CXI files, where they are panels of
        a detector, else `each`.
    flags : bool
        Mask flag values, what is beyond the detector's limits, and what the file's own mask
        says; False gives the stored values.
    mask_bits : int, optional
        Bits of the file's mask that make a pixel unusable, if not the usual ones of NXmx or
        CXI; 0 leaves the file's mask out.
    allow_external : bool
        Also read from linked files outside the folder of the file, and from raw files.
    """

    takes_dataset = True
    in_time = True

    def __init__(
        self,
        dataset: str = "",
        panels: str = "auto",
        flags: bool = True,
        mask_bits: int | None = None,
        allow_external: bool = False,
    ) -> None:
        self.dataset = dataset
        self.panels = panels
        self.flags = flags
        self.mask_bits = mask_bits
        self.allow_external = allow_external

    def understands(self, path: str, head: bytes) -> bool:
        """Look for the signature of HDF5 in a file that is not of the European XFEL."""
        return signature(head) >= 0 and not is_euxfel(path)

    def frames(self, path: str, dataset: str = "") -> Sequence[Frame]:
        """Return the frames; the file stays open until the sequence is closed or let go."""
        files, images = self._open(path, dataset)
        name = f"{path}::{dataset}" if dataset else path
        n = len(images.stack)
        return Frames(n, lambda k: images.read(k, name if n == 1 else f"{name}#{k}"), files.close)

    def rows(self, path: str, dataset: str = "") -> list[Mapping[str, Any]]:
        """Return the labels that stand beside the images, or nothing."""
        files, images = self._open(path, dataset)
        with decoding(path, None):
            try:
                return labels_of(images)
            finally:
                files.close()

    def hash_pixels(self, path: str) -> str:
        """SHA-256 of the file and of all files that it links to."""
        own = hash_file(path)
        with decoding(path, None):
            files = LinkedFiles(path, self.allow_external)
            try:
                linked = linked_paths(files)
            finally:
                files.close()
            hashes = [own, *map(hash_file, linked)]
        return hashlib.sha256("".join(hashes).encode()).hexdigest() if linked else own

    def _open(self, path: str, dataset: str) -> tuple[LinkedFiles, Images]:
        files = LinkedFiles(path, self.allow_external)
        try:
            with decoding(path, None):
                bits = self.mask_bits if self.file_mask else 0
                images = Images(files, dataset or self.dataset, self.panels, self.flags, bits)
                return files, images
        except BaseException:
            files.close()
            raise


@hookimpl
def register_readers(register: RegisterReader) -> None:
    """Register the reader of HDF5."""
    register("hdf5", Hdf5Reader, extensions=(".h5", ".hdf5", ".nxs", ".cxi", ".hdf"))
