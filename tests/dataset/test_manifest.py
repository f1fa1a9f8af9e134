import pytest

from featcls.dataset.manifest import read_manifest
from featcls.errors import DataError


@pytest.fixture
def manifest(put, tmp_path):
    put("a.png", "b.png", "sub/c.png", "odd#1")

    def write(text):
        path = tmp_path / "data" / "manifest.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def test_all_columns_are_read(manifest):
    text = "path,label,split,group,weight,scale\na.png, hit ,val,run 1,0.5,3\nsub/c.png,miss,,,,\n"
    (a, c), classes = read_manifest(manifest(text), labelled=True)
    assert (a.path, a.label, a.split, a.group, a.weight) == (
        *("a.png", "hit", "validation", "run 1"),
        0.5,
    )
    assert a.extra == {"scale": "3"}
    assert (c.path, c.label, c.split, c.group, c.weight) == ("sub/c.png", "miss", "train", "", 1)
    assert classes is None


def test_the_first_line_may_fix_the_classes(manifest):
    text = "# classes: weak; strong;blank\npath,label\na.png,weak\n"
    assert read_manifest(manifest(text), labelled=True)[1] == ["weak", "strong", "blank"]


def test_several_labels_stand_between_semicolons(manifest):
    text = "path,label\na.png,ring;halo\nb.png,\nsub/c.png,ring;\n"
    records, _ = read_manifest(manifest(text), labelled=True)
    assert [record.label for record in records] == [("ring", "halo"), None, ("ring",)]


def test_one_frame_of_a_file_is_addressed_by_its_index(manifest):
    text = "path,label\na.png#3,x\nodd#1,y\n"
    records, _ = read_manifest(manifest(text), labelled=True)
    assert [(record.path, record.index) for record in records] == [("a.png", 3), ("odd#1", None)]


def test_what_a_spreadsheet_writes_is_read(manifest):
    text = b'\xef\xbb\xbfpath,label\r\n"a.png","x, or y"\r\n,\r\n'
    records, _ = read_manifest(manifest(text), labelled=True)
    assert [record.label for record in records] == ["x, or y"]


def test_without_labels_only_the_path_is_needed(manifest):
    assert len(read_manifest(manifest("path\na.png\nb.png\n"), labelled=False)[0]) == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; the columns are path, label"),
        ("path,label\n", "has no row"),
        ("file,label\na.png,x\n", "no column path, only file, label"),
        ("path\na.png\n", "no column label, only path"),
        ("path,label,label\na.png,x,y\n", "has a column twice"),
        ("path,label\na.png\n", "line 2 has 1 cells, the first line 2"),
        ("path,label\n,x\n", "line 2 has no path"),
        ("path,label\na.png,x\na.png,y\n", "line 3 repeats 'a.png' of line 2"),
        ("path,label\na.png,x\n./a.png,y\n", "line 3 repeats './a.png' of line 2"),
        ("path,label\na.png#1,x\na.png#1,x\n", "line 3 repeats"),
        ("path,label\na.png#1,x\na.png,x\n", "line 3 repeats"),
        ("path,label\na.png,x\na.png#1,x\n", "line 3 repeats"),
        ("path,label\na.png,x\nz.png,x\n", "files that are not there: z.png; paths are relative"),
        ("path,label\n.,x\n", r"not there: \."),
        ("path,label,split\na.png,x,tset\n", "line 2: no split named 'tset', did you mean 'test'"),
        ("path,label,weight\na.png,x,heavy\n", "line 2: weight is 'heavy'"),
        ("path,label,weight\na.png,x,-1\n", "line 2: weight is '-1'"),
        ("path,label,weight\na.png,x,nan\n", "line 2: weight is 'nan'"),
        ('path,label\n"a.png,x\n', "is not CSV"),
        (b"path,label\n\xff.png,x\n", "not text in UTF-8"),
        (b"\x00\x01\x02", "no column|not CSV"),
    ],
)
def test_each_fault_is_named_with_its_line(manifest, text, message):
    with pytest.raises(DataError, match=message):
        read_manifest(manifest(text), labelled=True)


def test_many_missing_files_are_counted(manifest):
    text = "path,label\n" + "".join(f"{i}.png,x\n" for i in range(10))
    with pytest.raises(DataError, match=r"0\.png, 1\.png, 2\.png and 7 more"):
        read_manifest(manifest(text), labelled=True)
