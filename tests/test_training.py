"""Trainings: each done once, stopped and gone on with, and the numbers that are stored."""

import itertools
import types

import keras
import numpy as np
import pytest

from course import questions, training
from course.figures import seeds

NOTEBOOK = """
import numpy as np

width = {"dot": np.ones(3)}

def scale(number):
    return number * width["dot"].sum()

def train(setting):
    log.calls.append(setting)
    if setting == log.stop_at:
        raise KeyboardInterrupt
    return scale(np.random.random())
"""


@pytest.fixture
def cells(monkeypatch) -> dict:
    """What a notebook has defined; ``log`` is a module, of which only the name counts."""
    monkeypatch.setattr(training, "_done", {})
    # Nothing here builds a model to forget, and to look for one takes half a second a run.
    monkeypatch.setattr(keras.utils, "clear_session", lambda: None)
    log = types.ModuleType("log")
    log.calls, log.stop_at = [], None
    names = {"__name__": "__main__", "log": log}
    exec(NOTEBOOK, names)
    return names


def trained(cells: dict, seeds: int = 2) -> int:
    """How many trainings it takes to have them all."""
    cells["log"].calls.clear()
    training.runs(cells["train"], ["valid", "same"], seeds)
    return len(cells["log"].calls)


def test_each_seed_has_numbers_of_its_own_and_the_same_for_all_settings(cells):
    results = training.runs(cells["train"], ["valid", "same"], seeds=2)
    assert list(results) == ["valid", "same"]
    assert results["valid"] == results["same"]
    assert len(set(results["valid"])) == 2


def test_a_training_is_done_once(cells):
    assert trained(cells) == 4
    assert trained(cells) == 0
    assert trained(cells, seeds=3) == 2
    exec(NOTEBOOK, cells)  # the cell is run again
    assert trained(cells) == 0


@pytest.mark.parametrize(
    "change",
    [
        NOTEBOOK.replace("number *", "2 * number *"),
        NOTEBOOK.replace("ones(3)", "ones(4)"),
        NOTEBOOK.replace("scale(np", "abs(np"),
        NOTEBOOK.replace("(setting):", "(setting, rate=1):"),
    ],
)
def test_what_is_changed_is_trained_anew(cells, change):
    trained(cells)
    exec(change, cells)
    assert trained(cells) == 4


def test_a_function_that_calls_itself_and_others_within_is_known_again():
    source = (
        "def f(n):\n    return sum((lambda: g(i))() for i in range(n))\ndef g(n):\n    return f(n)"
    )
    one, two = {"__name__": "__main__"}, {"__name__": "__main__"}
    exec(source, one)
    exec(source, two)
    assert training.essence(one["f"]) == training.essence(two["f"])
    exec("def g(n):\n    return n", two)
    assert training.essence(one["f"]) != training.essence(two["f"])


def test_what_was_trained_before_a_stop_is_kept(cells, capsys):
    cells["log"].stop_at = "same"
    with pytest.raises(KeyboardInterrupt):
        trained(cells)
    cells["log"].stop_at = None
    assert trained(cells) == 3


def test_several_numbers_of_a_run_have_rows_of_their_own(cells):
    results = training.runs(lambda setting: {"top": 1, "left": 2}, ["valid"], seeds=2)
    assert results == {"valid, top": [1, 1], "valid, left": [2, 2]}


def test_the_time_that_is_left_is_shown_and_in_the_end_none(cells, monkeypatch):
    shown = []
    page = types.SimpleNamespace(update=lambda place: shown.append(repr(place)))

    def display(place, display_id):
        shown.append(repr(place))
        return page

    monkeypatch.setattr(training, "display", display)
    monkeypatch.setattr(training, "monotonic", itertools.count(0, 10).__next__)  # seconds
    trained(cells, seeds=1)
    first, *between, last = shown
    assert first == last == "2 of 2 trainings done."
    assert between == ["0 of 2 trainings", "1 of 2 trainings, about 20 s left"]


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [None, 1, 2])
def test_a_network_learns_by_fit(batch_size):
    keras.utils.set_random_seed(0)
    line = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, name="line")], name="line")
    inputs = np.array([[0.0], [1.0]])
    training.fit(line, inputs, inputs / 2, 60, batch_size, learning_rate=0.1, loss="mse")
    assert int(line.optimizer.iterations) == 60 * (2 if batch_size == 1 else 1)
    np.testing.assert_allclose(line(inputs), inputs / 2, atol=0.02)


# The picture


def test_the_alternative_text_says_means_spreads_and_what_is_far():
    stored = {"same": [0.9, 1.0], "valid": [0.5, 0.5]}
    alt = seeds({"same": [0.8, 0.4], "valid": [0.55]}, stored).alt
    assert "same: 0.95 ± 0.07 over 2 seeds. Yours, 2, far from that: 0.4." in alt
    assert "valid: 0.50 ± 0.00 over 2 seeds. Yours, 1, close to that." in alt
    assert "Yours" not in seeds(stored).alt


def test_one_run_has_no_spread():
    assert "same: 0.40 over 1 seed." in seeds({"same": [0.4]}).alt


def test_only_some_settings_are_shown():
    rows = {"same, right": [1.0, 0.5], "same, moved": [0.5], "valid, right": [0.25]}
    alt = seeds(rows, rows, only="right").alt
    assert "moved" not in alt
    assert alt.count("Yours") == 2


def test_every_training_is_a_dot():
    picture = seeds({"same": [0.25]}, {"same": [0.5, 1.0], "valid": [0.0, 0.0]})
    of = {
        gid: [line for line in picture.figure.findobj() if line.get_gid() == gid]
        for gid in ("stored", "yours")
    }
    assert [len(line.get_xdata()) for line in of["stored"]] == [2, 2]
    (yours,) = of["yours"]
    half, one = of["stored"][0].get_xdata()
    np.testing.assert_allclose(yours.get_xdata(), half - (one - half) / 2)


# The store


def test_the_dot_is_found_with_all_but_circular_padding():
    shares = training.stored("share_right")
    assert {name: len(line) for name, line in shares.items()} == dict.fromkeys(shares, 5)
    assert set(shares.pop("circular")) == {0.5}
    assert all(np.mean(line) > 0.95 for line in shares.values())


def test_on_a_blank_page_only_zeros_tell_and_no_more_than_they_can():
    columns = np.arange(16) - 7.5
    for name, line in training.stored("explained").items():
        padding, depth = name.split(", depth ")
        most = 0.0
        if padding == "same":  # the columns in the middle are alike, and get their mean
            middle = columns[int(depth) : -int(depth)]
            most = 1 - np.sum(middle**2) / np.sum(columns**2)
        assert np.max(line) <= most + 1e-4
        assert np.mean(line) >= most - 0.03


def test_a_stride_lets_answers_waver_and_only_whole_jumps_pass():
    """What lesson 10 says, whatever the seeds: the networks differ by more than their spread."""
    rows = training.stored("answers")
    mean = {name: np.mean(line) for name, line in rows.items()}
    for kind in ("strided", "circular"):
        assert min(mean[f"{kind}, moved by {by}"] for by in (1, 2, 3)) > 0.08
        assert mean[f"{kind}, moved by 4"] < 0.01
    assert max(rows["circular, moved by 4"]) == 0
    assert max(rows["dilated, moved by 1"]) < 0.01
    for gentle in ("blurred", "max pooling", "dilated"):
        assert mean[f"{gentle}, moved by 1"] < mean["strided, moved by 1"]
    assert min(rows["strided, right"]) > 0.8


def test_padding_decides_where_valid_is_blind_and_nowhere_else():
    stored = training.stored("accuracy")
    assert {len(line) for line in stored.values()} == {5}
    found = {}
    for place in ("top left", "centred", "bottom right"):
        question = questions.better(stored[f"valid, {place}"], stored[f"same, {place}"])
        found[place] = question.right(**question.setting)
    assert found == {"top left": "unclear", "centred": "unclear", "bottom right": "same"}


def test_a_bar_is_missed_where_no_window_reads_it():
    stored = training.stored("bar_found")
    assert stored.pop("valid, 12") == [0.5] * 5
    assert [*stored.values()] == [[1.0] * 5] * 3
