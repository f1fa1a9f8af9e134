"""Any bytes give our parsers a frame or our error; what is written validly comes back."""

import json
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from featcls.data.idx import IdxReader
from featcls.data.mib import MibReader
from featcls.data.pnm import PnmReader
from featcls.dataset.manifest import read_manifest
from featcls.errors import DataError, UnreadableFrameError
from featcls.frame import Frame

often = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
sizes = st.one_of(st.integers(0, 9), st.sampled_from([65535, 2**24, 2**31, 2**32 - 1]))
idx_files = st.builds(
    lambda kind, dims, rest: bytes([0, 0, kind, len(dims)]) + struct.pack(f">{len(dims)}I", *dims)
    + rest,
    st.sampled_from([8, 9, 11, 12, 13, 14, 0, 255]),
    st.lists(sizes, max_size=4),
    st.binary(max_size=400),
)  # fmt: skip
gaps = st.sampled_from([" ", "\n", "\t ", " # a comment\n", "#\r", "", "\f"])
pnm_files = st.builds(
    lambda magic, fields, rest: (magic + "".join(g + str(n) for g, n in fields)).encode() + rest,
    st.sampled_from(["P2", "P3", "P5", "P6", "P7"]),
    st.lists(st.tuples(gaps, st.one_of(sizes, st.sampled_from([255, 4095, -1]))), max_size=12),
    st.binary(max_size=200),
)
mib_files = st.builds(
    lambda size, cols, rows, kind, pad, rest: b"MQ1,000001,%05d,01,%04d,%04d,%b,1x1,"
    % (size, cols, rows, kind) + bytes(pad) + rest,
    st.sampled_from([0, 63, 64, 100, 384, 99999]),
    sizes,
    sizes,
    st.sampled_from([b"U08", b"U16", b"U32", b"U64", b"R64", b"X"]),
    st.sampled_from([0, 20, 350]),
    st.binary(max_size=300),
)  # fmt: skip
cells = st.text(alphabet='ab.png,;:"#01-\n\r\x00/ é', max_size=12)
csv_files = st.builds(
    lambda head, rows: "\n".join([head, *(",".join(row) for row in rows)]).encode(),
    st.sampled_from(["path,label", "source,frame,label,weight", "path,label,roi,mask,split", ""]),
    st.lists(st.lists(st.one_of(cells, st.just("a.png")), max_size=6), max_size=5),
)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
score_files = st.builds(
    lambda classes, frames, more: json.dumps({"classes": classes, "frames": frames, **more}),
    st.one_of(st.lists(st.text(max_size=3), max_size=3), values),
    st.one_of(st.dictionaries(st.sampled_from(["a.png", "a.png#0", ""]), values), values),
    st.dictionaries(st.sampled_from(["threshold", "x"]), values, max_size=2),
).map(str.encode)


def frames_or_error(reader, path, data):
    """All frames of a file of these bytes; nothing where it is refused."""
    path.write_bytes(data)
    reader.understands(str(path), data[:4096])
    try:
        frames = list(reader.frames(str(path)))
    except UnreadableFrameError as error:
        frames, said = [], str(error)
    else:
        said = f"{len(frames)} frames of {path}"
    assert str(path) in said
    assert not said.startswith("0 frames")
    assert all(isinstance(frame, Frame) for frame in frames)
    return frames


@often
@given(data=st.one_of(st.binary(max_size=300), idx_files))
@example(data=bytes([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6]))
def test_any_bytes_are_idx_frames_or_refused(tmp_path, data):
    frames = frames_or_error(IdxReader(), tmp_path / "a.idx", data)
    itemsize = {8: 1, 9: 1, 11: 2, 12: 4, 13: 4, 14: 8}
    if frames:  # every byte is accounted for
        pixels = sum(frame.image.size for frame in frames) * itemsize[data[2]]
        assert len(data) == 4 + 4 * data[3] + pixels


@often
@given(data=st.one_of(st.binary(max_size=300), pnm_files))
@example(data=b"P2 2 1 9\n 1 9")
def test_any_bytes_are_a_portable_map_or_refused(tmp_path, data):
    frames_or_error(PnmReader(), tmp_path / "a.pgm", data)


@often
@given(data=st.one_of(st.binary(max_size=300), mib_files))
@example(data=b"MQ1,000001,00064,01,0002,0001,U16,".ljust(64) + b"\0\1\0\2")
def test_any_bytes_are_merlin_frames_or_refused(tmp_path, data):
    frames = frames_or_error(MibReader(), tmp_path / "a.mib", data)
    assert all(frame.image.dtype.kind == "u" for frame in frames)


stacks = hnp.arrays(
    st.sampled_from([np.uint8, np.uint16, np.uint32, np.uint64]),
    hnp.array_shapes(min_dims=3, max_dims=3, max_side=6),
)


@often
@given(stack=stacks)
def test_merlin_frames_come_back(tmp_path, stack):
    path = tmp_path / "a.mib"
    n, rows, cols = stack.shape
    bits = 8 * stack.itemsize
    data = b""
    for k in range(n):
        head = f"MQ1,{k + 1:06d},00128,01,{cols:04d},{rows:04d},U{bits:02d},   1x1,01,"
        data += head.encode().ljust(128, b"\0") + stack[k].astype(f">u{stack.itemsize}").tobytes()
    path.write_bytes(data)
    frames = list(MibReader().frames(str(path)))
    assert_array_equal([frame.image for frame in frames], stack)


@often
@given(
    stack=hnp.arrays(
        st.sampled_from([np.uint8, np.int8, np.int16, np.int32]),
        hnp.array_shapes(min_dims=2, max_dims=3, max_side=6),
    )
)
def test_idx_frames_come_back(tmp_path, stack):
    path = tmp_path / "a.idx"
    kind = {"u1": 8, "i1": 9, "i2": 11, "i4": 12}[stack.dtype.str[1:]]
    head = bytes([0, 0, kind, stack.ndim]) + struct.pack(f">{stack.ndim}I", *stack.shape)
    path.write_bytes(head + stack.astype(stack.dtype.newbyteorder(">")).tobytes())
    frames = list(IdxReader().frames(str(path)))
    assert_array_equal([frame.image for frame in frames], np.atleast_3d(stack.T).T)


@often
@given(
    image=hnp.arrays(np.uint16, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)),
    gap=st.sampled_from([" ", "\n", "\r\n", " # 7\n", "\t\t"]),
    binary=st.booleans(),
)
def test_portable_maps_come_back(tmp_path, image, gap, binary):
    top = max(int(image.max()), 1)
    head = gap.join(["P5" if binary else "P2", str(image.shape[1]), str(image.shape[0]), str(top)])
    text = gap.join(map(str, image.ravel())).encode()
    body = image.astype(">u2" if top > 255 else "u1").tobytes() if binary else text
    path = tmp_path / "a.pgm"
    path.write_bytes(head.encode() + b"\n" + body)
    assert_array_equal(PnmReader().frames(str(path))[0].image, image)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("manifest.csv", csv_files),
        ("manifest.json", score_files),
        ("manifest.parquet", st.builds(lambda data: b"PAR1" + data + b"PAR1", st.binary())),
    ],
    ids=["csv", "json", "parquet"],
)
@pytest.mark.parametrize("labelled", [True, False])
def test_any_bytes_are_a_manifest_or_refused(tmp_path, name, files, labelled):
    path = tmp_path / name
    (tmp_path / "a.png").touch()

    @often
    @given(data=st.one_of(st.binary(max_size=200), files))
    def check(data):
        path.write_bytes(data)
        try:
            records, _ = read_manifest(str(path), labelled)
        except DataError as error:
            records, said = [], str(error)
        else:
            said = f"{len(records)} rows of {path}"
        assert str(path) in said
        assert not said.startswith("0 rows")
        assert all((tmp_path / record.path).exists() for record in records)

    check()


names = st.text(alphabet="abc é,\"'", min_size=1, max_size=8).filter(lambda text: text.strip())


@often
@given(
    rows=st.lists(
        st.tuples(
            st.lists(names.map(str.strip), max_size=3),
            st.sampled_from(["train", "validation", "test"]),
            st.floats(0, 1e6),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_a_manifest_comes_back(tmp_path, rows):
    import csv

    (tmp_path / "a.npy").touch()
    with open(tmp_path / "m.csv", "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["path", "label", "split", "weight"])
        for k, (labels, split, weight) in enumerate(rows):
            out.writerow([f"a.npy#{k}", ";".join([*labels, ""]) if labels else "", split, weight])
    records, _ = read_manifest(str(tmp_path / "m.csv"), labelled=True)
    wanted = [(tuple(labels) or None, split, weight) for labels, split, weight in rows]
    assert [(one.label, one.split, one.weight) for one in records] == wanted
