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


def test_columns_say_where_in_a_file_a_frame_is(manifest):
    text = (
        "source,dataset,frame,label,mask,roi\n"
        "a.png,/entry/data,3,x,sub/c.png,\n"
        "a.png,,4,x,,0:2; 1:3\n"
        "b.png::/d#1,,,x,,\n"
        "b.png //2,,,x,,\n"
    ).replace(";", ",")
    text = text.replace("0:2, 1:3", '"0:2, 1:3"')
    found, _ = read_manifest(manifest(text), labelled=True)
    assert [(r.path, r.dataset, r.index, r.mask, r.roi) for r in found] == [
        ("a.png", "/entry/data", 3, "sub/c.png", None),
        ("a.png", "", 4, "", (0, 2, 1, 3)),
        ("b.png", "/d", 1, "", None),
        ("b.png", "", 2, "", None),
    ]


def test_regions_of_one_frame_are_rows_of_their_own(manifest):
    text = 'path,label,roi\na.png,x,"0:1,0:2"\na.png,y,"1:3,0:2"\n'
    assert len(read_manifest(manifest(text), labelled=True)[0]) == 2
    with pytest.raises(DataError, match="line 3 repeats"):
        read_manifest(manifest(text.replace("1:3", "0:1")), labelled=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label,frame\na.png,x,first\n", "line 2: frame is 'first'; give the index"),
        ("path,label,frame\na.png#1,x,2\n", "a column both say where in the file"),
        ("path,label,dataset\na.png::/a,x,/b\n", "a column both say where in the file"),
        ("path,label\na.png //1/2,x\n", "line 2: .* several numbers"),
        ("path,source,label\na.png,a.png,x\n", "the columns path and source"),
        ("path,label,mask\na.png,x,none.npy#1\n", r"not there: none\.npy;"),
        ('path,label,roi\na.png,x,"3:3,0:2"\n', "line 2: roi is '3:3,0:2'; give row0:row1"),
        ("path,label,roi\na.png,x,all\n", "line 2: roi is 'all'"),
    ],
)
def test_faults_of_places_are_named_with_their_line(manifest, text, message):
    with pytest.raises(DataError, match=message):
        read_manifest(manifest(text), labelled=True)


def test_a_parquet_manifest_says_the_same_as_its_csv(manifest, tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    text = "path,label,frame,weight,split,note\na.png,x;y,2,0.5,test,n\nsub/c.png,,,,,\n"
    table = pyarrow.table(
        {
            "path": ["a.png", "sub/c.png"],
            "label": [["x", "y"], None],
            "frame": [2.0, None],
            "weight": [0.5, None],
            "split": ["test", None],
            "note": ["n", None],
        }
    )
    path = tmp_path / "data" / "m.parquet"
    parquet.write_table(table, path)
    assert read_manifest(str(path), labelled=True) == read_manifest(manifest(text), labelled=True)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match=r"m\.parquet is not a Parquet table"):
        read_manifest(str(path), labelled=True)


def test_parquet_without_its_library_names_the_extra(manifest, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    path = tmp_path / "data" / "m.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"needs pyarrow.*pip install 'featcls\[parquet\]'"):
        read_manifest(str(path), labelled=True)


def test_scores_of_a_threshold_or_more_are_labels(manifest, tmp_path):
    manifest("path,label\n")
    path = tmp_path / "data" / "m.json"
    path.write_text(
        '{"classes": ["round", "bent", "streak"], "frames": {"a.png": [0.5, 0.49, 1],'
        ' "b.png": {"scores": [0, 0, 0], "split": "test", "group": "run 2"}}}'
    )
    (a, b), classes = read_manifest(str(path), labelled=True)
    assert (a.label, b.label) == (("round", "streak"), ())
    assert (b.split, b.group, classes) == ("test", "run 2", ["round", "bent", "streak"])
    path.write_text(path.read_text().replace('"classes"', '"threshold": 0.4, "classes"'))
    assert read_manifest(str(path), labelled=True)[0][0].label == ("round", "bent", "streak")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2", "not JSON of scores"),
        ("[1, 2]", "not JSON of scores"),
        ('{"frames": {}}', "KeyError 'classes'"),
        ('{"classes": ["a"], "frames": {"a.png": [1, 0]}}', "frame 'a.png' has the scores"),
        ('{"classes": ["a"], "frames": {"a.png": [NaN]}}', "give 1 numbers"),
        ('{"classes": ["a"], "frames": {"a.png": null}}', "has the scores None"),
        ('{"classes": ["a"], "frames": {}}', "has no row"),
        ("[" * 100_000, "not JSON of scores"),
    ],
)
def test_scores_that_do_not_fit_are_named(manifest, tmp_path, text, message):
    manifest("path,label\n")
    path = tmp_path / "data" / "m.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read_manifest(str(path), labelled=True)
