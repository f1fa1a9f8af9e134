"""The engine and its parts, in this process."""

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.request

import numpy as np
import pytest

from featcls.errors import RunError, UnreadableFrameError, UsageError
from featcls.frame import Frame
from featcls.operating_point import OperatingPoint
from featcls.screen.arrivals import TICK, Arrival
from featcls.screen.engine import Screening, Settings
from featcls.screen.hits import hits_of
from featcls.screen.out import RowsOut
from featcls.screen.prometheus import exposition
from featcls.screen.scoring import Scoring
from featcls.screen.server import Server
from featcls.screen.status import Status
from featcls.screen.waiting import Waiting
from live_frames import HITS, WANTED

CHROMIUM = shutil.which("chromium")


class Given:
    """A source of what it is given."""

    name = "given"

    def __init__(self, arrivals):
        self.given = arrivals

    def arrivals(self, stop):
        for arrival in self.given:
            if stop.is_set():
                return
            yield arrival


def arrival(name, image, **more):
    return Arrival(name, lambda: [Frame(image, frame_id=name)], **more)


def screened(model, arrivals, path, **settings):
    status = Status(model.classes)
    scoring = Scoring(model, hits_of(model.classes, None, HITS))
    rows = RowsOut(path, "jsonl", scoring.columns)
    screening = Screening(Given(arrivals), scoring, rows, status, Settings(**settings))
    screening.start()
    until = time.monotonic() + 120
    while screening.running and time.monotonic() < until:
        time.sleep(0.02)
    rows.close()
    assert screening.error is None
    return [json.loads(line) for line in path.read_text().splitlines()], status


def test_every_frame_is_one_row_whatever_becomes_of_it(model, images, tmp_path):
    gone = UnreadableFrameError("gone.npy", None, "it is gone")
    came = [arrival(f"{k:02d}", image) for k, image in enumerate(images)]
    came.insert(3, Arrival("gone.npy", lambda: [gone]))
    came.insert(5, gone)
    rows, status = screened(model, came, tmp_path / "rows", policy="block", n_jobs=3)
    found = {row["frame_id"]: row for row in rows}
    assert len(rows) == 14 == status.frames
    assert [found[f"{k:02d}"]["label"] for k in range(12)] == WANTED
    assert status.statuses["unreadable"] == 2
    assert all(row["ms"] > 0 for row in rows if row["status"] == "ok")


def test_a_frame_that_cannot_be_scored_does_not_take_its_batch_along(model, images, tmp_path):
    class Poison(Frame):
        @property
        def values(self):
            raise RuntimeError("boom")

    came = [arrival(f"{k:02d}", image) for k, image in enumerate(images)]
    came[4] = Arrival("04", lambda: [Poison(images[4], frame_id="04")])
    rows, status = screened(model, came, tmp_path / "rows", batch=12, policy="block")
    assert [row["frame_id"] for row in rows if row["status"] == "failed"] == ["04"]
    assert status.statuses["ok"] == 11


def test_what_falls_behind_is_dropped_and_told(model, images, tmp_path):
    held, slow = threading.Event(), threading.Event()

    def first():
        held.set()
        slow.wait(10)
        return [Frame(images[0], frame_id="00")]

    came = [Arrival("00", first), *(arrival(f"{k:02d}", images[k % 12]) for k in range(1, 60))]

    def opened():
        yield from came[:1]
        held.wait(10)
        yield from came[1:]
        slow.set()

    rows, status = screened(model, opened(), tmp_path / "rows", waiting=8, n_jobs=1, batch=4)
    assert len(rows) == 60 == status.frames
    dropped = sorted(row["frame_id"] for row in rows if row["status"] == "dropped")
    assert dropped == [f"{k:02d}" for k in range(1, 52)]  # the last eight wait, the oldest went


def test_a_blocking_queue_holds_up_whoever_puts():
    waiting = Waiting(1, "block")
    waiting.put("a")
    thread = threading.Thread(target=waiting.put, args=("b",))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    assert waiting.take(5) == ["a"]
    thread.join(5)
    assert waiting.take(5) == ["b"]
    waiting.close()
    assert waiting.put("c") == ["c"]
    assert waiting.take(5) == []


def test_what_waits_holds_no_more_memory_than_it_may(model, images, tmp_path):
    held, slow = threading.Event(), threading.Event()

    def first():
        held.set()
        slow.wait(10)
        return [Frame(images[0], frame_id="00")]

    def opened():
        yield Arrival("00", first)
        held.wait(10)
        for k in range(1, 12):
            yield arrival(f"{k:02d}", images[k], nbytes=400)
        yield arrival("big", images[0], nbytes=2000)  # alone it may wait
        slow.set()

    rows, _ = screened(model, opened(), tmp_path / "rows", waiting_bytes=1000, n_jobs=1, batch=1)
    kept = [row["frame_id"] for row in rows if row["status"] == "ok"]
    dropped = [row["frame_id"] for row in rows if row["status"] == "dropped"]
    assert kept == ["00", "big"]
    assert dropped == [f"{k:02d}" for k in range(1, 12)]


def test_a_queue_that_blocks_waits_for_bytes_too():
    waiting = Waiting(9, "block", nbytes=100)
    waiting.put("a", 60)
    thread = threading.Thread(target=waiting.put, args=("b", 60))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive()
    assert waiting.take(1) == ["a"]
    thread.join(5)
    assert waiting.take(1) == ["b"]


def test_a_second_look_is_taken_once_and_not_where_the_file_came_again(model, images, tmp_path):
    looks = {"mended": 0, "broken": 0, "again": 0}

    def torn(name, ends):
        def read():
            looks[name] += 1
            if ends and looks[name] > 1:
                return [Frame(images[0], frame_id=name)]
            return [UnreadableFrameError(name, None, "it is short")]

        return read

    came = [
        Arrival("mended", torn("mended", True), patience=0.1),
        Arrival("broken", torn("broken", False), patience=0.1),
        Arrival("again", torn("again", True), patience=0.1, stale=lambda: True),
    ]
    rows, _ = screened(model, came, tmp_path / "rows")
    assert {row["frame_id"]: row["status"] for row in rows} == {
        "mended": "ok",
        "broken": "unreadable",
    }
    assert looks == {"mended": 2, "broken": 2, "again": 1}


def test_what_is_torn_when_the_last_look_is_over_is_a_row_too(model, images, tmp_path):
    looks = []

    def read():
        looks.append(time.monotonic())
        if len(looks) == 1:
            time.sleep(4 * TICK)  # the source has ended, and nothing waits
        return [UnreadableFrameError("late", None, "it is short")]

    came = [Arrival("late", read, patience=0.1), arrival("00", images[0])]
    rows, status = screened(model, came, tmp_path / "rows", n_jobs=2, batch=1)
    assert {row["frame_id"]: row["status"] for row in rows} == {"late": "unreadable", "00": "ok"}
    assert len(looks) == 2
    assert status.frames == 2


def test_a_screening_whose_rows_nobody_takes_ends_and_says_so(model, images):
    class Gone:
        def write(self, rows):
            raise BrokenPipeError(32, "Broken pipe")

    scoring = Scoring(model, hits_of(model.classes, None, HITS))
    came = [arrival(f"{k:02d}", image) for k, image in enumerate(images)]
    settings = Settings(n_jobs=2, batch=1)
    screening = Screening(Given(came), scoring, Gone(), Status(model.classes), settings)
    screening.start()
    until = time.monotonic() + 120
    while screening.running and time.monotonic() < until:
        time.sleep(0.02)
    assert not screening.running
    assert isinstance(screening.error, BrokenPipeError)


def test_rows_wait_for_a_disk_that_takes_none(tmp_path, monkeypatch):
    rows = RowsOut(tmp_path / "rows.csv", "csv", ["frame_id", "label"])
    monkeypatch.setattr("featcls.screen.out.AGAIN", 0.0)
    file, full = rows._file, True

    class Disk:
        def write(self, data):
            if full:
                file.write(data[: len(data) // 2])
                raise OSError(28, "No space left on device")
            return file.write(data)

        def __getattr__(self, name):
            return getattr(file, name)

    rows._file = Disk()
    rows.write([{"frame_id": "a", "label": "hit"}])
    assert (tmp_path / "rows.csv").read_text() == ""
    full = False
    rows.write([{"frame_id": "b,c", "label": "miss"}])
    assert (tmp_path / "rows.csv").read_text() == 'frame_id,label\na,hit\n"b,c",miss\n'
    full = True
    rows.write([{"frame_id": "d", "label": "hit"}])
    with pytest.raises(RunError, match="1 rows could not be written"):
        rows.close()


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_rows_go_into_plain_files_alone(tmp_path, kind):
    place = tmp_path / "rows.jsonl"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("/dev/null")
    with pytest.raises(RunError, match=r"cannot write .*rows\.jsonl: it is no plain file"):
        RowsOut(place, "jsonl", [])


def test_hits_are_named_or_known_by_the_operating_point_or_asked_for():
    classes = ("blank", "weak", "good")
    point = OperatingPoint(("weak", "good"), 0.01, 0.95, 0.3, 300, 0, 0.0099, 100, 5)
    scores = np.array([[0.6, 0.25, 0.15], [0.8, 0.1, 0.1]])
    assert hits_of(classes, point).of(scores).tolist() == [True, False]
    assert hits_of(classes, point, ["good"]).of(scores).tolist() == [False, False]
    assert hits_of(("hit", "miss"), None).hit_classes == ["hit"]
    with pytest.raises(UsageError, match="--hit-class good"):
        hits_of(classes, None)
    with pytest.raises(UsageError, match="did you mean 'good'"):
        hits_of(classes, None, ["god"])


@pytest.fixture
def served(model, images, monkeypatch):
    monkeypatch.setattr("featcls.screen.status.WINDOW", 600.0)  # a browser may start slowly
    status = Status(model.classes)
    scoring = Scoring(model, hits_of(model.classes, None, HITS))
    frames = [Frame(image, frame_id=f"run/<b>{k}") for k, image in enumerate(images)]
    status.scored(scoring.rows(frames, [time.monotonic()] * len(frames)), frames)
    status.lost("dropped")
    status.tick()
    server = Server(status, 0)
    yield server, status
    server.close()


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read()


def test_the_server_tells_the_status_and_nothing_else(served):
    server, status = served
    assert server.url.startswith("http://127.0.0.1:")
    kind, body = get(f"{server.url}metrics")
    assert kind.startswith("text/plain; version=0.0.4")
    text = body.decode()
    assert 'featcls_frames_total{status="ok"} 12' in text
    assert 'featcls_frames_total{status="dropped"} 1' in text
    assert "featcls_hits_total 8" in text
    told = json.loads(get(f"{server.url}status.json")[1])
    assert told["frames"] == 13
    assert told["window"]["hit_rate"] == pytest.approx(8 / 12)
    assert get(f"{server.url}hits/0.png")[1].startswith(b"\x89PNG")
    for path in ("hits/99.png", "../etc/passwd", "hits/x.png", "rows.jsonl"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(server.url + path)
    rebound = urllib.request.Request(server.url, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError, match="421"):
        urllib.request.urlopen(rebound, timeout=10)
    with pytest.raises(UsageError, match="--port"):
        Server(status, int(server.url.rstrip("/").rpartition(":")[2]))


def test_labels_are_escaped_for_prometheus():
    assert 'label="a\\"b\\\\c\\nd"' in exposition(Status(['a"b\\c\nd']).document())


@pytest.mark.skipif(CHROMIUM is None, reason="needs Debian's chromium")
def test_the_live_page_shows_rates_classes_and_thumbnails(served, tmp_path):
    server, _ = served
    command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]
    command += ["--virtual-time-budget=3000", f"--user-data-dir={tmp_path}", server.url]
    for _ in range(5):  # a busy machine answers after the browser's patience
        page = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout
        if "66.7 % hits" in page:
            break
    assert "66.7 % hits" in page
    assert "13 frames, 8 hits" in page
    assert "1 dropped" in page
    assert page.count("<figure>") == 10  # six hits and four misses
    assert "&lt;b&gt;0" in page
    assert "<b>0" not in page
    assert 'd="M359 ' in page
