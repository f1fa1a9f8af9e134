"""All files that the pixels of an HDF5 file may come from."""

from featcls.data.hdf5.find import walk
from featcls.data.hdf5.links import LinkedFiles
from featcls.errors import UnreadableFrameError


def linked_paths(files: LinkedFiles) -> list[str]:
    """Real paths of the files that a file links to, anywhere in it, in order.

    Links that may not be followed are left out: nothing is read through them.
    """
    import h5py

    for _, node in walk(files, []):
        if not isinstance(node, h5py.Dataset):
            continue
        named = [one[0] for one in node.external or ()]
        if node.is_virtual:
            named += [source.file_name for source in node.virtual_sources()]
        for name in dict.fromkeys(named):
            if name != ".":
                _note(files, name, node.file.filename)
    return [path for path in files.seen if path != files.first.filename]


def _note(files: LinkedFiles, name: str, parent: str) -> None:
    try:
        files.place(name, parent)
    except UnreadableFrameError:
        return
