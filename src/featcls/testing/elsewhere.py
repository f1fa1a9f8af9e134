"""Call a function in a process that knows nothing of this one but where modules lie."""

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from typing import Any


class Failed(Exception):
    """The function raised, or ended its process; the text says which."""


def elsewhere(function: str, *arguments: Any) -> Any:
    """Return `function(*arguments)` as a process of its own gives it; all of it JSON.

    The process is forked from one that holds NumPy and the base classes of featcls, and hashes
    texts in another order than this one. So it is new and costs milliseconds.

    Parameters
    ----------
    function : str
        `module:name`.

    Raises
    ------
    Failed
        What the function raised, as text.

    Examples
    --------
    >>> elsewhere("math:sqrt", 9)
    3.0
    >>> elsewhere("math:sqrt", -1)
    Traceback (most recent call last):
    featcls.testing.elsewhere.Failed: ValueError: ...
    """
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    server.stdin.write(json.dumps([sys.path, function, arguments]) + "\n")
    server.stdin.flush()
    answer = json.loads(server.stdout.readline())
    if "failed" in answer:
        raise Failed(answer["failed"])
    return answer["result"]


@cache
def _server() -> "subprocess.Popen[str]":
    # At Ctrl-C it ends without a word: what happened is for the command line to tell.
    quiet = "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    start = f"import sys; sys.path[:] = {sys.path!r}; from featcls.testing import stranger; "
    server = subprocess.Popen(
        [sys.executable, "-c", quiet + start + "stranger.serve()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "20090"},
    )
    atexit.register(server.communicate)  # its input ends, and so does it
    return server
