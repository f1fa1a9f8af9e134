"""Frames through real ZMQ sockets."""

import json
import threading
import time

import hdf5plugin
import numpy as np
import pytest

from featcls.plugins import registry
from featcls.screen.sources.numpy_frames import NumpyFrames
from featcls.screen.sources.zmq import Messages
from live_frames import WANTED, labels

zmq = pytest.importorskip("zmq", reason="needs pyzmq: pip install 'featcls[stream]'")
msgpack = pytest.importorskip("msgpack", reason="needs msgpack: pip install 'featcls[stream]'")


@pytest.fixture
def bound():
    """Return a function that binds a socket of a kind on loopback."""
    sockets = []

    def bind(kind):
        socket = zmq.Context.instance().socket(kind)
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        sockets.append(socket)
        return socket, f"tcp://127.0.0.1:{port}"

    yield bind
    for socket in sockets:
        socket.close(linger=0)


def plain(k, image, **more):
    header = {"htype": "frame-1.0", "frame_id": f"{k:02d}", "dtype": image.dtype.str}
    return [json.dumps({**header, "shape": image.shape, **more}).encode(), image.tobytes()]


def test_plain_frames_are_pulled_with_their_masks(screen, images, bound):
    socket, address = bound(zmq.PUSH)
    running = screen(address)
    for k, image in enumerate(images):
        bad = np.zeros(image.shape, np.uint8)
        bad[0, :4] = k % 2  # what lies under a mask cannot matter
        socket.send_multipart(
            [*plain(k, np.where(bad, 60_000, image).astype("u2")), bad.tobytes()]
        )
    rows = running.wait_for(12)
    code, totals, _ = running.end()
    assert code == 0
    assert totals["frames"] == 12
    assert labels(rows) == WANTED


def test_a_frame_that_waits_says_what_it_holds(images, bound):
    socket, address = bound(zmq.PUSH)
    source, stop = Messages(address, NumpyFrames(), None, {}, registry()), threading.Event()
    came, parts = source.arrivals(stop), plain(0, images[0])
    sending = threading.Thread(target=socket.send_multipart, args=(parts,))  # waits for us
    sending.start()
    assert next(came).nbytes == len(parts[0]) + images[0].nbytes
    sending.join()
    stop.set()
    assert list(came) == []


def test_damaged_messages_are_rows_and_the_rest_goes_on(screen, images, bound):
    socket, address = bound(zmq.PUSH)
    running = screen(address)
    good = plain(0, images[0])
    for parts in (
        [b"no json"],
        [b"{}"],
        [good[0]],
        [good[0], good[1][:-1]],
        plain(1, images[0], shape=[10**9, 10**9]),
        plain(2, images[0], dtype="|O8"),
        [b"[" * 100_000],
    ):
        socket.send_multipart(parts)
    socket.send_multipart(good)
    running.wait_for(8)
    code, totals, said = running.end()
    assert code == 3
    assert totals["status"]["unreadable"] == 7
    assert totals["status"]["ok"] == 1
    assert "htype" in said
    assert "claims" in said


def test_frames_of_om_are_taken_from_its_publisher(screen, images, bound):
    socket, address = bound(zmq.PUB)
    running = screen(address, "--stream", "om", "--subscribe", "omframedata")
    names = set()
    for k in range(2000):  # a publisher does not wait for those who come late
        image = images[k % 12].astype("i4")
        array = {b"nd": True, b"type": "<i4", b"shape": image.shape, b"data": image.tobytes()}
        message = {"event_id": f"{k % 12:02d}", "detector_data": array, "timestamp": 1.5}
        body = msgpack.packb([message] if k % 2 else message, use_bin_type=True)
        socket.send_multipart([b"omframedata", body])
        time.sleep(0.01)
        names = {row["frame_id"] for row in running.rows()}
        if len(names) == 12:
            break
    assert len(names) == 12
    running.end()
    found = {row["frame_id"]: row["label"] for row in running.rows()}
    assert [found[f"{k:02d}"] for k in range(12)] == WANTED


def packed(image, encoding):
    """Pack an image as the detector does, by the HDF5 filter of the same form."""
    import h5py

    if encoding == "<":
        return image.tobytes()
    made = hdf5plugin.Bitshuffle(cname="lz4") if encoding.startswith("bs") else hdf5plugin.LZ4()
    with h5py.File("packed", "w", driver="core", backing_store=False) as file:
        data = file.create_dataset("x", data=image, chunks=image.shape, **made)
        chunk = data.id.read_direct_chunk((0, 0))[1]
    return chunk if encoding.startswith("bs") else chunk[16:]  # behind its one block's size


def eiger(k, image, encoding, hurt=False):
    blob = packed(image, encoding)
    rows, cols = image.shape
    return [
        json.dumps({"htype": "dimage-1.0", "series": 4, "frame": k, "hash": ""}).encode(),
        json.dumps(
            {
                "htype": "dimage_d-1.0",
                "shape": [cols, rows],
                "type": image.dtype.name,
                "encoding": encoding,
                "size": len(blob),
            }
        ).encode(),
        blob[: len(blob) // 2] if hurt else blob,
        json.dumps({"htype": "dconfig-1.0", "start_time": 0}).encode(),
    ]


def test_an_eiger_stream_is_unpacked_and_its_pixel_mask_honoured(screen, images, bound):
    socket, address = bound(zmq.PUSH)
    running = screen(address, "--stream", "eiger")
    mask = np.zeros((16, 16), np.uint32)
    mask[3, 5] = 2  # dead
    header = [
        {"htype": "dheader-1.0", "series": 4, "header_detail": "all"},
        {"beam_center_x": 8.0, "beam_center_y": 8.0, "wavelength": 1.0},
        {"htype": "dpixelmask-1.0", "shape": [16, 16], "type": "uint32"},
    ]
    socket.send_multipart([*(json.dumps(part).encode() for part in header), mask.tobytes()])
    encodings = [("u4", "bs32-lz4<"), ("u2", "bs16-lz4<"), ("u4", "lz4<"), ("u2", "<")]
    for k, image in enumerate(images):
        dtype, encoding = encodings[k % 4]
        hurt = image.astype(dtype)
        hurt[3, 5] = np.iinfo(dtype).max
        hurt[7, 7] = np.iinfo(dtype).max  # flagged in the image itself
        socket.send_multipart(eiger(k, hurt, encoding))
    socket.send_multipart(eiger(99, images[0].astype("u4"), "bs32-lz4<", hurt=True))
    socket.send_multipart([json.dumps({"htype": "dseries_end-1.0", "series": 4}).encode()])
    rows = running.wait_for(13)
    code, totals, said = running.end()
    assert code == 3, said
    found = {row["frame_id"]: row for row in rows}
    assert [found[f"series 4 #{k}"]["label"] for k in range(12)] == WANTED
    assert found["series 4 #99"]["status"] == "unreadable"
    assert totals["frames"] == 13
