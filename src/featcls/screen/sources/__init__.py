"""Where frames come from: the words on the command line and what they stand for."""

import os
from collections.abc import Mapping
from typing import Any

from featcls.dataset.files import Files
from featcls.errors import UsageError
from featcls.plugins import Registry
from featcls.screen.arrivals import Source

SCHEMES = ("tcp://", "ipc://")


def open_source(
    name: str,
    spec: Mapping[str, Any],
    plugins: Registry,
    *,
    stream: str = "numpy",
    subscribe: str | None = None,
    settle: float = 1.0,
) -> Source:
    """Return the source that a name stands for.

    Parameters
    ----------
    name : str
        A folder, an HDF5 file that grows, the address of a ZMQ socket (`tcp://host:port`), or
        `-` for paths on standard input, one a line.
    spec : mapping
        What a data set spec says of readers and detector: `reader`, `options`, `detector`.
    plugins : Registry
    stream : {"numpy", "om", "eiger"}
        What a socket sends.
    subscribe : str, optional
        Take messages of this topic from a publisher instead of pulling.
    settle : float
        Seconds after which a file that nobody writes to is taken for complete.
    """
    if name.startswith(SCHEMES):
        from featcls.screen.sources.zmq import Messages

        return Messages(name, _parser(stream), subscribe, spec.get("detector") or {}, plugins)
    files = Files(plugins, spec.get("reader"), spec.get("options") or {}, spec.get("detector"))
    if name == "-":
        from featcls.screen.sources.paths import Paths

        return Paths(files, settle)
    if os.path.isdir(name):
        from featcls.screen.sources.folder import Folder

        return Folder(name, files, settle)
    if os.path.isfile(name.partition("::")[0]):
        from featcls.screen.sources.growing import Growing

        return Growing(name, files, settle)
    raise UsageError(
        f"there is no {name}", "give a folder, a file, an address such as tcp://host:port, or -"
    )


def _parser(stream: str) -> Any:
    from featcls.screen.sources.eiger import EigerFrames
    from featcls.screen.sources.numpy_frames import NumpyFrames
    from featcls.screen.sources.om import OmFrames

    return {"numpy": NumpyFrames, "om": OmFrames, "eiger": EigerFrames}[stream]()
