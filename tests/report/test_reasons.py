import numpy as np

from featcls.report.reasons import SHOWN, chosen
from featcls.search.judged import Judged


def test_errors_come_first_and_then_each_class_in_turn_the_surest_ahead():
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]])
    seen = Judged("test", list("abcde"), np.array([0, 1, 0, 1, 1]), scores)
    found = chosen(seen, ["hit", "miss"])
    assert [case.place for case in found] == [1, 0, 4, 2, 3]
    assert found[0].words == "miss, taken for hit (60.0 % to 40.0 %)"
    assert found[1].words == "hit (90.0 %)"


def test_at_most_half_of_the_frames_shown_are_errors():
    y = np.zeros(40, int)
    scores = np.tile([0.9, 0.1], (40, 1))
    scores[10:] = scores[10:, ::-1]
    found = chosen(Judged("test", [str(k) for k in range(40)], y, scores), ["hit", "miss"])
    assert len(found) == SHOWN
    assert sum(case.place >= 10 for case in found) == SHOWN // 2


def test_of_several_labels_a_frame_is_right_where_its_likeliest_label_holds():
    scores = np.array([[0.9, 0.2], [0.3, 0.6], [0.2, 0.1]])
    seen = Judged("test", list("abc"), np.array([[1, 0], [1, 1], [0, 0]]), scores)
    assert [case.place for case in chosen(seen, ["ice", "rings"])] == [1, 0]
