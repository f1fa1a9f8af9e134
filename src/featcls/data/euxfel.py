"""Files and runs of the European XFEL."""

from featcls.data.hdf5.links import signature


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
