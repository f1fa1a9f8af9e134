import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from featcls.errors import PluginError, UsageError
from featcls.extractors import sift
from featcls.extractors.base import Ragged
from featcls.extractors.sift import SIFTBagOfWords
from featcls.frame import Frame
from featcls.testing.frames import ordinary_frames

pytest.importorskip("cv2")

FRAMES = ordinary_frames()
NOISE = FRAMES[1]


def descriptors(frame, **params):
    extractor = SIFTBagOfWords(**params)
    (values,) = extractor.compute(frame, extractor.atoms())
    return values


def ragged(values):
    return {"descriptors": Ragged(values, np.array([0, len(values)]))}


def test_descriptors_are_those_of_opencv():
    import cv2

    _, wanted = cv2.SIFT.create().detectAndCompute(NOISE.image, None)
    found = descriptors(NOISE)
    assert len(found) == len(wanted) > 50
    assert_array_equal(np.unique(found, axis=0), np.unique(wanted.astype(np.uint8), axis=0))


def test_the_strongest_descriptors_are_kept():
    every = descriptors(NOISE)
    assert_array_equal(descriptors(NOISE, max_descriptors=20), every[:20])


def test_a_lower_threshold_finds_more():
    faint = Frame(FRAMES[0].image // 4)
    assert len(descriptors(faint, contrast_threshold=0.01)) > len(descriptors(faint))


def test_descriptors_that_reach_the_mask_are_dropped():
    image = np.full((128, 128), 20, np.uint8)
    rows, cols = np.indices(image.shape)
    for row, col, length in ((30, 30, 1.0), (90, 90, 1.5)):
        distance = (rows - row) ** 2 + ((cols - col) / length) ** 2
        image += np.uint8(200 * np.exp(-distance / 18))
    mask = np.zeros(image.shape, bool)
    mask[90, 104] = True  # beside the second spot
    both, one = descriptors(Frame(image)), descriptors(Frame(image, mask))
    assert 0 < len(one) < len(both)
    assert {row.tobytes() for row in one} < {row.tobytes() for row in both}


def test_words_are_the_nearest_of_the_codebook():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (300, 128), dtype=np.uint8)
    words = SIFTBagOfWords(clusters=40)
    words.codebook_ = rng.integers(0, 256, (40, 128), dtype=np.uint8)
    distance = ((values[:, None].astype(int) - words.codebook_.astype(int)) ** 2).sum(axis=2)
    wanted = np.bincount(distance.argmin(axis=1), minlength=40) / 300
    assert_array_equal(words.assemble(ragged(values))[0], wanted)


def test_a_frame_without_keypoints_gives_zeros():
    words = SIFTBagOfWords(clusters=20).fit(FRAMES)
    blank = Frame(np.full((64, 64), 9, np.uint8))
    masked = NOISE.replace(mask=np.ones(NOISE.shape, bool))
    assert not words.transform([blank, masked]).any()
    np.testing.assert_allclose(words.transform([NOISE]).sum(), 1.0)


def test_with_few_training_descriptors_each_is_a_word():
    values = np.random.default_rng(0).integers(0, 256, (3, 128), dtype=np.uint8)
    words = SIFTBagOfWords(clusters=10).fit_rows(ragged(values))
    assert_array_equal(words.codebook_, values)
    assert words.assemble(ragged(values)).tolist() == [[1 / 3] * 3 + [0.0] * 7]


def test_without_a_training_descriptor_every_frame_gives_zeros():
    words = SIFTBagOfWords(clusters=10).fit([Frame(np.zeros((32, 32), np.uint8))])
    assert words.transform([NOISE]).shape == (1, 10)
    assert not words.transform([NOISE]).any()


def test_large_codebooks_are_learned(monkeypatch):
    monkeypatch.setattr(sift, "RANDOM_INIT", 50)
    words = SIFTBagOfWords(clusters=60).fit(FRAMES)
    assert words.codebook_.shape == (60, 128)


def test_no_more_descriptors_than_the_limit_are_learned_from(monkeypatch):
    monkeypatch.setattr(sift, "FIT_DESCRIPTORS", 30)
    words = SIFTBagOfWords(clusters=40).fit(FRAMES)
    assert len(words.codebook_) == 30
    again = SIFTBagOfWords(clusters=40).fit(FRAMES, random_state=1)
    assert words.codebook_.tobytes() != again.codebook_.tobytes()


RESTORE = """
import sys
import numpy as np
from featcls.extractors.sift import SIFTBagOfWords
from featcls.testing.frames import ordinary_frames
words = SIFTBagOfWords(clusters=30).set_state({"codebook": np.load(sys.argv[1])})
np.save(sys.argv[2], words.transform(ordinary_frames()))
"""


def test_a_restored_codebook_gives_the_same_in_another_process(tmp_path):
    words = SIFTBagOfWords(clusters=30).fit(FRAMES)
    np.save(tmp_path / "codebook.npy", words.get_state()["codebook"], allow_pickle=False)
    paths = [str(tmp_path / name) for name in ("codebook.npy", "vectors.npy")]
    subprocess.run([sys.executable, "-c", RESTORE, *paths], check=True)
    assert_array_equal(np.load(paths[1]), words.transform(FRAMES))


@pytest.mark.parametrize(
    "codebook",
    [np.zeros((3, 128)), np.zeros((3, 64), np.uint8), np.zeros((11, 128), np.uint8), np.uint8(3)],
)
def test_a_state_of_another_form_is_refused(codebook):
    with pytest.raises(ValueError, match=r"wanted uint8 \(up to 10, 128\)"):
        SIFTBagOfWords(clusters=10).set_state({"codebook": codebook})


def test_frames_beyond_8_bit_are_refused_with_the_remedy():
    with pytest.raises(UsageError, match=r"sift_bovw wants .* 0 to 255.*quantise"):
        descriptors(Frame(np.array([[0, 256]])))


def test_without_opencv_the_plugin_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(PluginError, match=r"pip install 'featcls\[sift\]'"):
        sift.register_extractors(lambda *args: None)


def test_a_codebook_without_a_word_is_refused():
    with pytest.raises(UsageError, match="clusters is 0"):
        SIFTBagOfWords(clusters=0).fit(FRAMES)
