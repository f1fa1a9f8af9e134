from featcls.evaluate import METRICS
from featcls.report import words


def test_the_metrics_written_as_they_are_are_those_where_less_is_better():
    assert {name for name, (_, greater) in METRICS.items() if not greater} == words.RAW_METRICS


def test_a_map_and_a_list_and_nothing_are_written_without_brackets():
    assert words.value_text({"a": 0.25, "b": None}) == "a=0.25 b=none"
    assert words.value_text([1, 2.5, True]) == "1 2.5 yes"
