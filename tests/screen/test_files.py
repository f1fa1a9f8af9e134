"""Folders, growing files and paths, in processes of their own."""

import subprocess
import sys
import threading
import time

import h5py
import numpy as np

from featcls.dataset.files import Files
from featcls.errors import UnreadableFrameError
from featcls.plugins import registry
from featcls.screen.sources.growing import Growing
from live_frames import WANTED, labels, save

WRITER = """
import h5py, numpy as np, sys, time
images = np.load(sys.argv[2])
with h5py.File(sys.argv[1], "w", libver="latest") as file:
    shape = dict(maxshape=(None, 16, 16), chunks=(1, 16, 16))
    data = file.create_dataset("data", (0, 16, 16), "u2", **shape)
    file.swmr_mode = True
    print("ready", flush=True)
    for k, image in enumerate(images):
        data.resize(k + 1, axis=0)
        data[k] = image
        data.flush()
        time.sleep(0.05)
    sys.stdin.readline()
"""


def test_a_folder_gives_what_is_there_and_what_comes_each_once(screen, images, tmp_path):
    folder = tmp_path / "run"
    (folder / "deeper").mkdir(parents=True)
    for k in range(4):
        save(folder / f"{k:02d}.npy", images[k])
    running = screen(folder)
    running.wait_for(4)
    for k in range(4, 8):
        np.save(folder / f"{k:02d}.npy", images[k])  # written in place, then closed
    for k in range(8, 12):
        save(folder / "deeper" / f"{k:02d}.npy", images[k])
    (folder / ".hidden.npy").write_bytes(b"no frame")
    (folder / "99.npy.tmp").write_bytes(b"not yet")
    rows = running.wait_for(12)
    time.sleep(0.8)  # a look at the whole folder must not bring any of them again
    code, totals, said = running.end()
    rows = running.rows()
    assert code == 0, said
    assert sorted(row["frame_id"][-6:] for row in rows) == [f"{k:02d}.npy" for k in range(12)]
    by_name = {row["frame_id"][-6:]: row["label"] for row in rows}
    assert [by_name[f"{k:02d}.npy"] for k in range(12)] == WANTED
    assert totals["frames"] == totals["status"]["ok"] == 12
    assert totals["hits"] == sum(row["hit"] for row in rows) == 8


def test_a_torn_file_is_tried_again_and_one_that_stays_torn_is_a_row(screen, images, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    running = screen(folder)
    save(folder / "whole.npy", images[0])
    running.wait_for(1)
    save(folder / "mended.npy", images[1])
    data = (folder / "mended.npy").read_bytes()
    for name in ("late.npy", "never.npy"):
        (folder / name).write_bytes(data[:300])  # its writer died
    (folder / "late.npy").write_bytes(data)  # and was started again
    running.wait_for(4)
    time.sleep(0.8)
    code, totals, said = running.end()
    rows = {row["frame_id"].rpartition("/")[2]: row for row in running.rows()}
    assert len(running.rows()) == 4
    assert rows["late.npy"]["status"] == "ok"
    assert rows["never.npy"]["status"] == "unreadable"
    assert rows["never.npy"]["label"] is None
    assert code == 3
    assert totals["status"]["unreadable"] == 1
    assert totals["frames"] == 4
    assert "never.npy" in said


def test_a_growing_hdf5_file_gives_each_frame_once(screen, images, tmp_path):
    np.save(tmp_path / "images.npy", images)
    path = tmp_path / "run.h5"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(tmp_path / "images.npy")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    writer.stdout.readline()
    running = screen(path)
    running.wait_for(12)
    writer.communicate("\n", timeout=120)
    code, totals, said = running.end()
    assert code == 0, said
    rows = sorted(running.rows(), key=lambda row: int(row["frame_id"].rpartition("#")[2]))
    assert [row["label"] for row in rows] == WANTED
    assert totals["frames"] == 12


def test_paths_on_standard_input_end_where_the_input_ends(screen, images, tmp_path):
    names = []
    for k, image in enumerate(images):
        save(tmp_path / f"{k:02d}.npy", image)
        names.append(str(tmp_path / f"{k:02d}.npy"))
    with h5py.File(tmp_path / "stack.h5", "w") as file:
        file["data"] = np.array(images[:3])
    names += [f"{tmp_path / 'stack.h5'}::/data#1", str(tmp_path / "absent.npy")]
    names += [f"{tmp_path / 'stack.h5'} //1/2"]  # an event of CrystFEL that names no frame here
    running = screen("-", stdin=subprocess.PIPE)
    running.process.stdin.write("\n".join(names) + "\n")
    running.process.stdin.flush()
    running.wait_for(15)
    running.process.stdin.close()
    running.process.stdin = None
    code, totals, said = running.end(send=None)
    assert code == 3, said
    rows = {row["frame_id"]: row for row in running.rows()}
    assert [rows[name]["label"] for name in names[:12]] == WANTED
    assert rows[names[12]]["label"] == WANTED[1]
    assert {rows[name]["status"] for name in names[13:]} == {"unreadable"}
    assert totals["frames"] == 15


def test_a_full_disk_holds_rows_until_there_is_room_and_loses_no_line(screen, images, tmp_path):
    """With a limit on the size of files the last rows cannot be written: they are counted."""
    folder = tmp_path / "run"
    folder.mkdir()
    for k in range(12):
        save(folder / f"{k:02d}.npy", images[k])
    running = screen(folder, "--idle", "1", "--batch", "1", "-j", "1", limit=1)  # 1 KiB
    code, _, said = running.end(send=None)
    rows = running.rows()  # whole lines, or this fails
    assert code == 1
    assert 0 < len(rows) < 12
    assert f"{12 - len(rows)} rows could not be written" in said


def test_labels_are_those_of_predict(screen, images, tmp_path, model):
    folder = tmp_path / "run"
    folder.mkdir()
    for k, image in enumerate(images):
        save(folder / f"{k:02d}.npy", image)
    running = screen(folder, "--idle", "1")
    running.end(send=None)
    assert labels(running.rows()) == model.predict(images).tolist()


def test_a_stop_takes_no_more_of_a_long_file(images, tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["data"] = np.stack(images)
    stop = threading.Event()
    files = Files(registry(), None, {}, None)
    came = Growing(f"{tmp_path}/run.h5::/data", files, 0.1).arrivals(stop)
    assert next(came).frame_id.endswith("#0")
    stop.set()
    assert list(came) == []


def test_a_file_that_is_written_anew_is_told_and_gives_its_frames_from_the_first(
    images, tmp_path, caplog
):
    def write(n):
        with h5py.File(tmp_path / "new.h5", "w") as file:
            file["data"] = np.stack(images[:n])
        (tmp_path / "new.h5").replace(path)

    path, stop = tmp_path / "run.h5", threading.Event()
    write(12)
    growing = Growing(f"{path}::/data", Files(registry(), None, {}, None), 0.1)
    came = growing.arrivals(stop)
    old = [next(came) for _ in range(12)]
    write(3)
    new = [next(came) for _ in range(3)]
    assert [one.frame_id[-2:] for one in new] == ["#0", "#1", "#2"]
    assert "holds 3 frames, where 12 were seen" in caplog.text
    write(5)  # longer again: it has grown
    assert [next(came).frame_id[-2:] for _ in range(2)] == ["#3", "#4"]
    (gone,) = old[7].read()  # what nobody had read of the old file
    assert isinstance(gone, UnreadableFrameError)
    assert "has no frame 7, only 5" in str(gone)
    stop.set()
    assert list(came) == []


def test_frames_that_a_new_file_no_longer_holds_are_rows(screen, images, tmp_path):
    with h5py.File(tmp_path / "run.h5", "w") as file:
        file["data"] = np.stack(images[:3])
    running = screen(f"{tmp_path}/run.h5::/data")
    running.wait_for(3)
    with h5py.File(tmp_path / "next.h5", "w") as file:
        file["data"] = np.stack(images[3:5])
    (tmp_path / "next.h5").rename(tmp_path / "run.h5")
    rows = running.wait_for(5)
    code, totals, said = running.end()
    assert code == 0, said
    assert labels(rows[:3]) + labels(rows[3:]) == WANTED[:5]
    assert totals["frames"] == 5
    assert "was written anew" in said
