"""The contract suite against plugins with one defect each: which does it find?"""

import importlib
import inspect

import pytest

import defects
from featcls import testing
from featcls.plugins import CLASSIFIER_OPTIONS, Entry

SOUND = ("Share", "Clip", "Lines", "Nearest")


def seeded(sound):
    """Names of the defective classes of a kind, by its sound one."""
    base = getattr(defects, sound)
    return [n for n, c in inspect.getmembers(defects, inspect.isclass) if base in c.__mro__[1:]]


DEFECTS = [(sound, name) for sound in SOUND for name in seeded(sound)]
DEFECTS += [("module", name) for name in defects.AT_IMPORT]
MISSED: set[str] = set()  # names; a defect found after all fails its test


@pytest.fixture
def check(tmp_path, monkeypatch):
    def run(sound, name):
        if sound == "module":
            source = defects.MODULE.replace("{name}", name)
            source = source.replace("{defect}", defects.AT_IMPORT.get(name, ""))
            (tmp_path / f"defect_{name}.py").write_text(source)
            monkeypatch.syspath_prepend(tmp_path)
            return testing.check_plugin(harmlessly(f"defect_{name}", tmp_path))
        made = getattr(defects, name)
        if sound == "Share":
            return testing.check_extractor(made, defects.LEVEL, samples=5)
        if sound == "Clip":
            return testing.check_preprocessor(made, defects.LEVEL, samples=5)
        if sound == "Lines":
            good = tmp_path / "good.defect"
            good.write_bytes(b"DEFECT\x04\0\x05\0" + bytes(range(20)))
            return testing.check_reader(made, [good])
        entry = Entry("classifier", name, made, {}, 1, "test", {**CLASSIFIER_OPTIONS})
        return testing.check_classifier(entry, skip=["it survives storage"])

    return run


def harmlessly(name, folder):
    """Import a module as if its defect were not there: only other processes meet that."""
    path = folder / f"{name}.py"
    whole = path.read_text()
    defect = defects.AT_IMPORT.get(name.removeprefix("defect_"))
    path.write_text(whole.replace(defect, "pass") if defect else whole)
    module = importlib.import_module(name)
    path.write_text(whole)
    return module


@pytest.mark.parametrize("sound", [*SOUND, "module"])
def test_without_a_defect_nothing_is_found(sound, check):
    check(sound, sound)


@pytest.mark.parametrize(("sound", "name"), DEFECTS)
def test_a_seeded_defect_is_found(sound, name, check):
    try:
        check(sound, name)
    except testing.BrokenContract:
        assert name not in MISSED, "it is found: take it from the list of the missed"
    else:
        assert name in MISSED


def test_at_least_95_of_100_seeded_defects_are_found():
    assert len(DEFECTS) >= 40
    assert len(MISSED) <= 0.05 * len(DEFECTS)
