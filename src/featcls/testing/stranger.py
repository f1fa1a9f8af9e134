"""The process behind `elsewhere`: a fork of it for every request, which then ends."""

import importlib
import io
import json
import os
import sys
from typing import Any

PRELOADED = (
    "numpy",
    "featcls.plugins",
    "featcls.extractors.base",
    "featcls.preprocess.base",
    "featcls.data.base",
)


def serve() -> None:
    """Answer each line of standard input with one of standard output."""
    for module in PRELOADED:
        importlib.import_module(module)
    out = os.dup(1)
    os.dup2(2, 1)  # what a plugin prints is no answer
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # requests are not for the plugin
            sys.stdin = io.StringIO()
            _write(out, _answer(*json.loads(line)))
            os._exit(0)  # whatever threads are left
        _, status = os.waitpid(child, 0)
        if status:
            code = os.waitstatus_to_exitcode(status)
            _write(out, {"failed": f"the process ended with exit code {code}"})


def _answer(path: list[str], function: str, arguments: list[Any]) -> dict[str, Any]:
    sys.path[:] = path
    importlib.invalidate_caches()
    module, _, name = function.partition(":")
    try:
        return {"result": getattr(importlib.import_module(module), name)(*arguments)}
    except BaseException as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def _write(out: int, answer: dict[str, Any]) -> None:
    data = json.dumps(answer).encode() + b"\n"
    while data:
        data = data[os.write(out, data) :]
