"""The file `model.featcls`: a zip of a manifest and members, checked before it is believed.

Nothing is unpacked to disk and nothing in it is run: a member is bytes until a loader that is
installed here has checked them.
"""

import hashlib
import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from featcls import atomic
from featcls.errors import ModelError, cannot_write

FORMAT = 3  # 1: no ensembles, calibration, operating points; 2: no drift reference
READABLE = (1, 2, 3)
MANIFEST = "manifest.json"

MAX_MEMBERS = 10_000
MAX_BYTES = 4 << 30  # of all members, unpacked
MAX_RATIO = 100  # of unpacked to packed bytes, above the first
FREE_BYTES = 16 << 20  # that any file may unpack to

_NAME = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*", re.ASCII)
_BROKEN = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,  # a compression or zip version that is not known
    RecursionError,  # JSON nested too deep
    RuntimeError,  # encrypted
    ValueError,  # JSON, UTF-8, negative offsets
    LookupError,
    OSError,
    zlib.error,
)


def write(path: Path, manifest: Mapping[str, Any], members: Mapping[str, bytes]) -> None:
    """Write a model file, whole or not at all.

    Raises
    ------
    ModelError
        The file cannot be written.
    """
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    document = {**manifest, "format": FORMAT, "members": hashes}
    text = json.dumps(document, indent=1, sort_keys=True, allow_nan=False)
    packed = io.BytesIO()
    _pack(packed, {MANIFEST: text.encode(), **members})
    try:
        atomic.write(path, packed.getvalue())
    except OSError as error:
        told = cannot_write(path, error)
        raise ModelError(told.message, told.remedy) from error


def read(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return the manifest and the members of a model file.

    Raises
    ------
    ModelError
        There is no such file; it is no zip, damaged, or larger than it may be; it holds names
        that leave the folder, members the manifest does not list, or other bytes than listed.
    """
    if not path.is_file():
        remedy = f"give {path / 'model.featcls'}" if path.is_dir() else "check the path"
        raise ModelError(f"there is no model file {path}", remedy)
    with open(path, "rb") as file:
        contents = unpack(file, str(path))
    try:
        manifest = json.loads(contents.pop(MANIFEST).decode())
        version, hashes = manifest["format"], manifest["members"]
    except (*_BROKEN, TypeError) as error:
        raise ModelError(f"{path} has no manifest that can be read: {error!r}") from error
    if version not in READABLE:
        raise ModelError(
            f"{path} has format {version!r}, this featcls reads up to {FORMAT}", "update featcls"
        )
    found = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    if found != hashes:
        wrong = sorted(set(found.items()) ^ set(dict(hashes).items()))
        raise ModelError(f"{path} was changed: {wrong[0][0]} is not what the manifest lists")
    return manifest, contents


def unpack(file: IO[bytes], place: str) -> dict[str, bytes]:
    """Return the members of a zip by name, after a look at their names and sizes."""
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
            _check(infos, file.seek(0, io.SEEK_END))
            return {info.filename: _member(archive, info) for info in infos}
    except _BROKEN as error:
        remedy = "give the model.featcls of a run, or copy it anew"
        raise ModelError(f"{place} is not a whole model file: {error}", remedy) from error


def _check(infos: list[zipfile.ZipInfo], packed: int) -> None:
    names = [info.filename for info in infos]
    if len(names) > MAX_MEMBERS or len(set(names)) < len(names):
        raise ValueError(f"it has {len(names)} members, too many or some twice")
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"it has a member {name!r}")
    size = sum(info.file_size for info in infos)
    if size > min(MAX_BYTES, max(FREE_BYTES, MAX_RATIO * packed)):
        raise ValueError(f"its {packed} bytes would unpack to {size}")


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member; never unpacks more than the size that was checked."""
    with archive.open(info) as member:
        data = member.read(info.file_size)
    if len(data) != info.file_size:
        raise ValueError(f"{info.filename} has {len(data)} bytes, not {info.file_size}")
    return data


def _pack(file: IO[bytes], members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)  # dated 1980, so equal models are equal files
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data, compresslevel=3)
