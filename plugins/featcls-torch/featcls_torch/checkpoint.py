"""The state of training in one file: tensors as safetensors, the rest as JSON in its header."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from featcls import atomic

Document = dict[str, Any]
Tensors = dict[str, Tensor]


def dumps(tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> bytes:
    """Return tensors by name, and JSON values, as bytes."""
    import safetensors.torch
    import torch

    # Copies: safetensors refuses tensors that share memory, as stages do.
    whole = {
        name: tensor.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, tensor in tensors.items()
    }
    return safetensors.torch.save(whole, {"document": json.dumps(document, allow_nan=False)})


def loads(data: bytes) -> tuple[Tensors, Document]:
    """Return what `dumps` packed.

    Raises
    ------
    ValueError
        The bytes are no such file.
    """
    import safetensors.torch
    from safetensors import SafetensorError

    try:
        size = int.from_bytes(data[:8], "little")
        document = json.loads(json.loads(data[8 : 8 + size])["__metadata__"]["document"])
        return safetensors.torch.load(data), document
    except (SafetensorError, LookupError, TypeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(f"no state of a network: {error}") from error


def write(path: Path, tensors: Mapping[str, Tensor], document: Mapping[str, Any]) -> None:
    """Replace a checkpoint, whole or not at all."""
    atomic.write(path, dumps(tensors, document))


def read(path: Path | None) -> tuple[Tensors, Document] | None:
    """Return a checkpoint, or None where there is none that can be read."""
    if path is None:
        return None
    try:
        return loads(path.read_bytes())
    except (OSError, ValueError):
        return None


def under(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """Return tensors with a prefix before each name."""
    return {f"{prefix}/{name}": tensor for name, tensor in tensors.items()}


def below(prefix: str, tensors: Mapping[str, Tensor]) -> Tensors:
    """Return the tensors of a prefix without it."""
    start = f"{prefix}/"
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
