"""What featcls asks for, by its own metadata, and what of it is installed."""

from importlib.metadata import (
    PackageNotFoundError,
    metadata,
    packages_distributions,
    requires,
    version,
)

from packaging.requirements import Requirement

NOT_ASKED = ("all", "test", "docs", "bench", "gpu")  # extras that hold others, or for developers
SHARED = {  # distribution -> its module, where any other distribution of that module will do
    "opencv-contrib-python-headless": "cv2",
    "xgboost-cpu": "xgboost",
}


def extras() -> list[str]:
    """Return the extras that add something for users."""
    known = metadata("featcls").get_all("Provides-Extra") or []
    return [extra for extra in known if extra not in NOT_ASKED]


def wanted_by(extra: str) -> list[Requirement]:
    """Return what an extra asks for on this system beside the core; the core for no name."""
    found = [Requirement(text) for text in requires("featcls") or []]
    return [one for one in found if _applies(one, extra) and not (extra and _applies(one, ""))]


def _applies(wanted: Requirement, extra: str) -> bool:
    return wanted.marker is None or wanted.marker.evaluate({"extra": extra})


def installed(wanted: Requirement) -> tuple[bool, str]:
    """Return whether it is there in a version that will do, and in words what is there.

    Examples
    --------
    >>> installed(Requirement("no-such-package>=2"))
    (False, 'no-such-package is not installed')
    """
    name = wanted.name
    try:
        found = version(name)
    except PackageNotFoundError:
        others = packages_distributions().get(SHARED.get(name, ""), [])
        if not others:
            return False, f"{name} is not installed"
        name = others[0]
        found = version(name)
    if wanted.specifier.contains(found, prereleases=True):
        return True, f"{name} {found}"
    return False, f"{name} is {found}, wanted {wanted.specifier}"
