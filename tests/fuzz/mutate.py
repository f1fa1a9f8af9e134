"""Damage: what a copy that broke off, a bad disk or a forger does to a file."""

import bz2
import gzip
import hashlib
import io
import re
import zipfile
import zlib
from base64 import b64encode
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from featcls.data.cbf import BOUNDARY, START

HEAD = 600  # bytes in which most headers lie
DIGITS = (b"0", b"1", b"-1", b"255", b"70000", b"99999999", b"9" * 19, b"1e999", b"nan", b"")

Rng = np.random.Generator


def _one(rng: Rng, options: Sequence[Any]) -> Any:
    return options[int(rng.integers(len(options)))]


def cut(rng: Rng, data: bytes) -> bytes:
    """Leave the end out: anywhere, or within the last few bytes."""
    last = 24 if rng.random() < 0.25 else len(data)
    return data[: len(data) - int(rng.integers(1, min(last, len(data)) + 1))]


def _flip(rng: Rng, data: bytes, end: int) -> bytes:
    out = bytearray(data)
    for at in rng.integers(0, min(end, len(data)), rng.integers(1, 5)):
        out[at] = _one(rng, [out[at] ^ 1 << int(rng.integers(8)), 0, 255, int(rng.integers(256))])
    return bytes(out)


def flip_head(rng: Rng, data: bytes) -> bytes:
    """Change up to four bytes of the header."""
    return _flip(rng, data, HEAD)


def flip(rng: Rng, data: bytes) -> bytes:
    """Change up to four bytes anywhere."""
    return _flip(rng, data, len(data))


def extreme(rng: Rng, data: bytes) -> bytes:
    """Write an integer such as 0, 1, 2^31 - 1, -1 somewhere, in either byte order."""
    width = _one(rng, (2, 4, 8))
    top = 2 ** (8 * width)
    value = _one(rng, (0, 1, 2, 40000, 65535, top // 2 - 1, top // 2, top - 2, top - 1))
    end = HEAD if rng.random() < 0.5 else len(data)
    at = int(rng.integers(0, min(end, len(data))))
    number = value.to_bytes(width, "little" if rng.random() < 0.5 else "big")
    return data[:at] + number + data[at + width :]


def digits(rng: Rng, data: bytes) -> bytes:
    """Put another number where a text states one."""
    numbers = list(re.finditer(rb"\d+", data[:8192]))
    if not numbers:
        return flip(rng, data)
    number = _one(rng, numbers)
    return data[: number.start()] + _one(rng, DIGITS) + data[number.end() :]


def insert(rng: Rng, data: bytes) -> bytes:
    """Put random bytes in between."""
    at = int(rng.integers(0, len(data) + 1))
    return data[:at] + rng.bytes(int(rng.integers(1, 65))) + data[at:]


def delete(rng: Rng, data: bytes) -> bytes:
    """Leave some bytes out."""
    at = int(rng.integers(0, len(data)))
    return data[:at] + data[at + int(rng.integers(1, 65)) :]


def blank(rng: Rng, data: bytes) -> bytes:
    """Zero a block, as a lost sector is."""
    at = int(rng.integers(0, len(data)))
    size = min(_one(rng, (16, 64, 512)), len(data) - at)
    return data[:at] + bytes(size) + data[at + size :]


DAMAGE: tuple[Callable[[Rng, bytes], bytes], ...] = (
    flip_head, flip, extreme, digits, insert, delete, blank
)  # fmt: skip
CUTS = 0.35  # share of the files


def mutate(rng: Rng, name: str, data: bytes) -> tuple[bytes, bool]:
    """Damage a file of a format; say whether it was merely cut.

    Formats with checksums are also forged: damaged within, the checksum as it should be.
    """
    if rng.random() < CUTS:
        return cut(rng, data), True
    open_up, close = SEALS[name] if name in SEALS and rng.random() < 0.5 else (bytes, bytes)
    data = open_up(data)
    for _ in range(rng.integers(1, 4)):
        data = _one(rng, DAMAGE)(rng, data or b"\0")
    return close(data), False


def sealed_png(data: bytes) -> bytes:
    """Make the checksums of chunks right."""
    out, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        out[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)


def sealed_cbf(data: bytes) -> bytes:
    """Make the MD5 of the pixels right."""
    start, end = data.find(START) + len(START), data.rfind(BOUNDARY) - 2
    md5 = b64encode(hashlib.md5(data[start:end], usedforsecurity=False).digest())
    return re.sub(rb"(Content-MD5: )\S+", lambda found: found[1] + md5, data)


def images_of(archive: bytes) -> bytes:
    """Take the images out of an .npz."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        return file.read("images.npy")


def sealed_npz(data: bytes) -> bytes:
    """Put images into an .npz."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("images.npy", data)
    return out.getvalue()


SEALS: dict[str, tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]] = {
    "png": (bytes, sealed_png),
    "png palette": (bytes, sealed_png),
    "cbf": (bytes, sealed_cbf),
    "cbf packed": (bytes, sealed_cbf),
    "npz": (images_of, sealed_npz),
    "npz deflate": (images_of, sealed_npz),
    "npy.gz": (gzip.decompress, gzip.compress),
    "edf.bz2": (bz2.decompress, bz2.compress),
}
