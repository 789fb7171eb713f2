"""The progress page says what the answers tell."""

import re

from course import predict, questions
from course.mistakes import MISTAKES
from course.predict import record
from course.predict.progress import MASTERED, NOTHING, Progress, calibration, misconceptions

TELLS = ["no_floor", "forgot_plus_one"]


def entry(question: int, *, mistake: str | None = None, sure: int = 75, **more) -> dict:
    return {
        "question": repr(questions.output_size(n=10 + question)),
        "lesson": "",
        "time": "2030-01-31T12:00:00+00:00",
        "answer": "1",
        "sure": sure,
        "correct": mistake is None,
        "mistake": mistake,
        "tells": TELLS,
    } | more


def test_without_answers_there_is_a_kind_sentence():
    page = predict.progress()
    assert repr(page) == NOTHING
    assert page._repr_mimebundle_() == {"text/plain": NOTHING, "text/html": f"<p>{NOTHING}</p>"}


def test_calibration_counts_first_answers():
    answers = [
        entry(0, sure=95),
        entry(1, sure=95, mistake="no_floor"),
        entry(1, sure=95),  # tried again, having seen what is right
        entry(2, sure=50, mistake="no_floor"),
    ]
    assert calibration(answers) == {50: (0, 1), 75: (0, 0), 95: (1, 2)}
    assert "when 95 % sure, right in 1 of 2" in repr(Progress(answers))


def test_a_misconception_is_mastered_by_right_first_answers_in_a_row():
    answers = [entry(0), entry(1, mistake="no_floor")]
    (met,) = misconceptions(answers)
    assert (met.name, met.times, met.since, met.mastered) == ("no_floor", 1, 0, False)
    answers += [entry(2 + each) for each in range(MASTERED)]
    (met,) = misconceptions(answers)
    assert (met.since, met.mastered) == (MASTERED, True)
    assert "mastered" in repr(Progress(answers))
    # Trying one again proves nothing, nor does a question that cannot tell.
    stalled = [*answers[:2], *[entry(1)] * MASTERED, *[entry(9, tells=[])] * MASTERED]
    assert not misconceptions(stalled)[0].mastered
    # A wrong answer, whatever the reason, interrupts the row; and it can be met again.
    wrong = entry(20, correct=False)
    assert misconceptions([*answers, wrong])[0].since == 0
    (met,) = misconceptions([*answers, entry(21, mistake="no_floor")])
    assert (met.times, met.mastered) == (2, False)


def test_sections_to_look_at_are_those_of_what_is_open():
    answers = [entry(0, mistake="forgot_plus_one")] + [
        entry(each, mistake="no_floor") for each in (1, 2)
    ]
    page = Progress(answers)
    assert list(page.next_sections()) == [MISTAKES[n].see for n in ("no_floor", "forgot_plus_one")]
    assert "Next: lesson 04_stride, “Half a window?”\n" in repr(page)
    mastered = Progress([*answers, *[entry(3 + each) for each in range(MASTERED)]])
    assert mastered.next_sections() == {}


def test_a_mistake_of_another_version_is_passed_over():
    assert misconceptions([entry(0, mistake="believed_in_magic")]) == []
    assert "0 of 1" in repr(Progress([entry(0, mistake="believed_in_magic")]))


def test_picture_draws_the_numbers_it_says():
    answers = [entry(0, sure=95), entry(1, sure=95, mistake="no_floor"), entry(2, sure=50)]
    picture = Progress(answers).picture()
    artists = picture.figure.axes[0].get_children()
    counts = [a.get_text() for a in artists if a.get_gid() == "counts"]
    assert counts == ["1 of 1 right", "no answers", "1 of 2 right"]
    widths = [a.get_paths()[0].get_extents().width for a in artists if a.get_gid() == "right"]
    assert widths[1] * 2 == widths[0]
    places = [a.get_xdata()[0] for a in artists if a.get_gid() == "expected"]
    left = places[0] - widths[0] * 0.5
    assert [round((x - left) / widths[0], 6) for x in places] == [0.5, 0.75, 0.95]


def test_page_shows_all_of_it():
    answers = [entry(0, mistake="no_floor"), entry(1)]
    page = Progress(answers, notice="my_progress.jsonl <b>")
    data = page._repr_mimebundle_()
    (alt,) = re.findall(r'alt="([^"]*)"', data["text/html"])
    assert alt == repr(page).split("\n")[0]
    assert 'href="04_stride.ipynb#Half-a-window?"' in data["text/html"]
    assert "my_progress.jsonl &lt;b&gt;" in data["text/html"]
    assert data == Progress(answers, notice="my_progress.jsonl <b>")._repr_mimebundle_()


def test_progress_reads_the_record():
    record.here().add(entry(0))
    assert "right in 1 of 1" in repr(predict.progress())
