import pytest

from featcls.errors import cannot_write


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("no/such/rows.csv", "make the folder"),
        ("folder", "name a file, not a folder"),
        ("rows.csv", "free the disk"),
    ],
)
def test_what_cannot_be_written_is_told_with_what_helps(path, remedy, tmp_path):
    (tmp_path / "folder").mkdir()
    error = cannot_write(tmp_path / path, OSError(28, "No space left on device"))
    assert error.message == f"cannot write {tmp_path / path}: No space left on device"
    assert remedy in error.remedy
