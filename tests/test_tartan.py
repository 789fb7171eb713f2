"""What lesson 11 shows of trained decoders is what its command measures."""

import numpy as np
import pytest
import tartan

STORED = np.load(tartan.FILE)


def test_the_share_of_a_tartan_is_all_and_of_a_blot_is_none():
    rows, columns = np.indices((28, 28))
    board = (rows + columns) % 2
    assert tartan.nyquist(board[None]) == pytest.approx(1)
    assert tartan.nyquist((rows % 2)[None]) == pytest.approx(1)
    wave = np.cos(2 * np.pi * rows / 28)
    assert tartan.nyquist(wave[None]) == pytest.approx(0)
    assert tartan.nyquist((wave + board)[None]) == pytest.approx(1 / 3)


def test_what_is_stored_is_what_the_lesson_says():
    """At first both kernels are grainy, within their spread; at last the digits are more so."""
    shares, digits = STORED["shares"], STORED["digits"]
    assert shares.shape == (len(tartan.KINDS), len(tartan.STEPS), len(tartan.SEEDS))
    three, four, upsampling = shares
    for step in (0, 1):
        assert abs(three[step].mean() - four[step].mean()) < three[step].std(ddof=1)
        assert upsampling[step].max() < 0.1 * min(three[step].min(), four[step].min())
    assert shares[:, -1].max() < digits
    assert len(STORED["pictures"]) == len(STORED["titles"]) == 2 * len(tartan.KINDS)


@pytest.mark.slow
@pytest.mark.parametrize("kind", tartan.KINDS)
def test_a_run_measures_what_is_stored(kind):
    """The beginning of the first run: other machines may round otherwise."""
    drawn = tartan.train(kind, seed=0, steps=(0, 10))
    measured = [tartan.nyquist(each) for each in drawn]
    first = STORED["shares"][tartan.KINDS.index(kind), :2, 0]
    assert measured == pytest.approx(first, rel=0.1)
