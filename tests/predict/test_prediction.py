"""A prediction: nothing is given away before commit, and everything is said after it."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from refresh import SCRIPT

from course import predict, questions
from course.mistakes import MISTAKES
from course.predict import record
from course.predict.prediction import SURE, Prediction, rich, says
from course.questions.answers import show

LAYER = {"filters": 8, "kernel_size": 3, "strides": 2, "padding": "same"}
STACK = [{"kernel_size": 3, "strides": 2, "padding": "same"}] * 2
QUESTIONS = [
    questions.output_size(n=28, kernel_size=3, strides=2),
    questions.same_pads(n=28, kernel_size=3, strides=2),
    questions.usage(n=7, padding="same"),
    questions.unread(n=28, kernel_size=3, strides=2),
    questions.which_padding(n=28, kernel_size=3, strides=2, output=14),
    questions.params(n=28, channels=8, filters=16),
    questions.macs(n=14, strides=2, padding="same"),
    questions.transposed_size(n=27),
    questions.output_shape([LAYER], (28, 28, 3)),
    questions.model_shapes([LAYER, {"padding": "same"}], (30, 20, 1)),
    questions.receptive_field(STACK),
    questions.depth(n=28, kernel_size=3),
    questions.outputs([[0, 1, 2], [2, 0, 1], [1, 1, 0]], [[3, 4], [1, 2]]),
]
each_question = pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.kind)


class Browser:
    """What a view does, without a view: it sends messages, and listens."""

    def __init__(self, widget: Prediction, monkeypatch: pytest.MonkeyPatch):
        self.widget, self.heard = widget, []
        monkeypatch.setattr(widget, "send", self.heard.append)

    def do(self, action: str, **values) -> None:
        message = {"method": "custom", "content": {"action": action, "with": values}}
        self.widget._handle_msg({"content": {"data": message}, "buffers": []})

    def commit(self, answer: str, sure: int | None = 75) -> None:
        self.do("commit", answer=answer, sure=sure, attempt=self.widget.attempt)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch):
    """A function that asks a question in a browser's place."""

    def open_question(question: questions.Question) -> Browser:
        browser = Browser(predict.ask(question), monkeypatch)
        browser.do("look")
        return browser

    return open_question


def right(question: questions.Question) -> str:
    return show(question.answer)


def wrong(question: questions.Question, mistake: str) -> str:
    return show(question.ways(MISTAKES[mistake])[0])


def entries() -> list[dict]:
    return record.here().entries()


@each_question
def test_nothing_is_given_away_before_commit(question, folder: Path):
    """What a page knows is the same whatever is right."""
    answer, known = question.answer, []
    for right in (answer, (-1,) * len(answer) if isinstance(answer, tuple) else -1):
        fresh = question.make(**question.setting)
        fresh.right = lambda right=right, **case: right
        widget = predict.ask(fresh)
        page = widget._repr_mimebundle_()[0]["text/html"].replace(widget._key, "")
        state = widget.get_state()
        del state["_key"], state["layout"]  # new in every widget
        known.append((page, state))
        assert (widget.shown, widget.says, widget.picture, widget.earlier) == ({}, "", "", {})
    assert known[0] == known[1]
    assert list(folder.iterdir()) == []


@each_question
def test_stored_output_is_the_prompt(question):
    widget = predict.ask(question)
    data, _ = widget._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html"}
    assert data["text/plain"] == repr(widget) == question.prompt
    visible, _, script = data["text/html"].partition("<script>")
    assert visible.split("\n")[1:3] == [
        f"<p>{rich(question.prompt)}</p>",
        "<p><em>Run this cell to answer.</em></p>",
    ]
    assert not any(tag in visible for tag in ("<button", "<input", "<select"))
    # But for the key, which is new in every run, the same question gives the same output.
    again = predict.ask(question)
    assert widget._key in script
    assert again._repr_mimebundle_()[0]["text/html"] == data["text/html"].replace(
        widget._key, again._key
    )


def test_a_notebook_keeps_the_prompt_and_no_script():
    page = predict.ask(QUESTIONS[0])._repr_mimebundle_()[0]["text/html"]
    assert SCRIPT.sub("", page) == page.partition("\n<script>")[0]


@each_question
def test_a_right_answer_is_called_right_and_recorded(question, browser):
    student = browser(question)
    student.commit(right(question), sure=95)
    shown = student.widget.shown
    assert student.heard == []
    assert shown["correct"]
    assert shown["message"].startswith("Yes")
    assert right(question) in student.widget.says
    (entry,) = entries()
    assert entry["question"] == repr(question)
    assert (entry["answer"], entry["sure"]) == (right(question), 95)
    assert (entry["correct"], entry["mistake"]) == (True, None)
    assert entry["tells"] == list(question.told_apart)


@each_question
def test_each_mistake_that_can_be_told_is_diagnosed(question, browser):
    student, told = browser(question), question.told_apart
    for name in told:
        student.commit(wrong(question, name))
        assert not student.widget.shown["correct"]
        assert entries()[-1]["mistake"] == name
        link = f'<a href="{MISTAKES[name].see}">{MISTAKES[name].where}</a>'
        assert student.widget.shown["see"] == f"The course shows it in {link}."
        student.do("again")
    assert len(entries()) == len(told)


@each_question
@pytest.mark.parametrize("answer", ["14 px", "thirteen", "", " ", "1e400", "nan", "<b>1</b>"])
def test_nonsense_is_refused_gently_and_not_recorded(question, answer: str, browser, folder: Path):
    student = browser(question)
    student.commit(answer)
    (said,) = student.heard
    with pytest.raises(questions.AnswerError) as raised:
        question.parse(answer)
    assert said == {"problem": str(raised.value), "field": "answer"}
    assert student.widget.shown == {}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("sure", [None, 0, 100, "95"])
def test_how_sure_must_be_said(sure: object, browser, folder: Path):
    student = browser(QUESTIONS[0])
    student.commit("13", sure)
    assert [said["field"] for said in student.heard] == ["sure"]
    assert student.widget.shown == {}
    assert list(folder.iterdir()) == []


def test_a_commit_cannot_be_changed(browser):
    student = browser(QUESTIONS[0])
    student.commit("14")
    before = student.widget.shown
    student.commit("13")
    assert student.widget.shown == before
    assert [entry["answer"] for entry in entries()] == ["14"]


def test_a_commit_to_a_question_that_has_gone_is_ignored(browser):
    student = browser(QUESTIONS[0])
    student.commit("14")
    student.do("another")
    student.do("commit", answer="13", sure=95, attempt=0)
    assert student.widget.shown == {}
    assert len(entries()) == 1


def test_trying_again_is_a_new_attempt(browser):
    student = browser(QUESTIONS[0])
    student.commit("14")
    student.do("again")
    assert (student.widget.shown, student.widget.says, student.widget.picture) == ({}, "", "")
    student.commit("13", sure=50)
    assert student.widget.shown["correct"]
    assert [entry["answer"] for entry in entries()] == ["14", "13"]


def test_another_question_is_one_not_answered_yet(browser):
    student, asked = browser(QUESTIONS[0]), []
    for _ in range(3):
        asked.append(repr(student.widget.question))
        student.commit(right(student.widget.question))
        student.do("another")
        assert student.widget.prompt == rich(student.widget.question.prompt)
    assert len(set(asked)) == 3
    # After a restart too.
    student = browser(QUESTIONS[0])
    student.do("another")
    assert repr(student.widget.question) not in asked


def test_an_earlier_answer_is_shown_as_answered_but_no_reason(browser):
    browser(QUESTIONS[0]).commit("13.5", sure=95)
    record.here.cache_clear()  # the kernel restarts
    student = browser(QUESTIONS[0])
    assert student.widget.earlier == {"answer": "13.5", "sure": 95, "correct": False}
    assert (student.widget.shown, student.widget.says) == ({}, "")
    student.do("explain")
    assert "half window" in student.widget.shown["message"]
    assert len(entries()) == 1
    student.do("again")
    student.do("look")  # another view of it opens
    assert student.widget.earlier == student.widget.shown == {}


def test_an_unseen_prediction_reads_no_record(folder: Path, browser):
    browser(QUESTIONS[0]).commit("14")
    record.here.cache_clear()
    (folder / record.NAME).write_text("damaged")
    widget = predict.ask(QUESTIONS[0])
    widget._repr_mimebundle_()
    assert widget.earlier == {}
    assert (folder / record.NAME).read_text() == "damaged"


def test_trouble_with_the_record_is_told_in_one_line(folder: Path, browser):
    (folder / record.NAME).write_text("damaged")
    student = browser(QUESTIONS[0])
    assert "damaged" in student.widget.notice
    student.commit("13")
    assert student.widget.shown["correct"]


def test_an_error_of_the_kernel_is_said(browser, monkeypatch):
    student = browser(QUESTIONS[0])
    with monkeypatch.context() as patch:
        patch.setattr(record.Record, "add", lambda self, entry: 1 / 0)
        student.commit("13")
    assert "ZeroDivisionError" in student.heard[0]["problem"]
    monkeypatch.setattr("course.predict.prediction.says", lambda *args: 1 / 0)
    student.commit("13")
    assert student.widget.shown["correct"]
    assert "ZeroDivisionError" in student.widget.says


@pytest.mark.parametrize(
    "question", [questions.write_output_size(), questions.build_model((8, 8, 1), (4, 4, 1))]
)
def test_what_cannot_be_typed_is_refused(question):
    with pytest.raises(ValueError, match=r"course\.check"):
        predict.ask(question)


@pytest.mark.parametrize(
    "thing", [3, ..., "output_size", questions.output_size], ids=["number", "dots", "name", "kind"]
)
def test_what_is_no_question_is_refused(thing):
    with pytest.raises(ValueError, match=r"such as questions\.output_size\(n=28\)"):
        predict.ask(thing)


@pytest.mark.parametrize(
    ("question", "settings"),
    [
        (QUESTIONS[0], {"n": 28, "kernel_size": 3, "strides": 2, "usage": False}),
        (QUESTIONS[3], {"n": 28, "kernel_size": 3, "strides": 2, "usage": True}),
        (QUESTIONS[5], {"n": 28, "channels": 8}),
        (QUESTIONS[8], {"n": 28, "channels": 3}),
        (QUESTIONS[10], {"n": 28}),
    ],
    ids=lambda each: getattr(each, "kind", None),
)
def test_explorer_is_set_to_the_case(question, settings: dict, browser):
    student = browser(question)
    student.commit(right(question))
    widget, explorer = student.widget, student.widget._explorer
    assert {name: getattr(explorer, name) for name in settings} == settings
    assert explorer._key in widget.picture


def test_explorer_compares_conventions_when_that_was_the_mistake(browser):
    more = map(QUESTIONS[0].another, itertools.count())
    question = next(each for each in more if "ceil_for_valid" in each.told_apart)
    student = browser(question)
    student.commit(wrong(question, "ceil_for_valid"))
    assert entries()[-1]["mistake"] == "ceil_for_valid"
    assert student.widget._explorer.compare


def test_what_no_explorer_can_draw_leaves_that_of_the_mistake(browser):
    student = browser(QUESTIONS[9])  # an image that is not square, and pooling
    student.commit(right(QUESTIONS[9]))
    assert student.widget.picture == ""
    student.do("again")
    student.commit(wrong(QUESTIONS[9], "axes_swapped"))
    assert entries()[-1]["mistake"] == "axes_swapped"
    assert "data-course-explorer" in student.widget.picture


def test_texts_are_escaped():
    assert rich("**a < b** and `<b>`") == "<strong>a &lt; b</strong> and <code>&lt;b&gt;</code>"


def test_sureness_offered_is_sureness_known():
    assert [percent for percent, _ in predict.ask(QUESTIONS[0]).sure] == list(SURE)


# What is right, and who says so


@each_question
def test_keras_says_what_geometry_says(question):
    import keras

    made = question.keras_says and question.keras_says(keras)
    said = ("output_size", "transposed_size", "output_shape", "model_shapes")
    assert (made is not None) == (question.kind in said)
    assert made in (None, question.answer)
    who = "The right answer is" if made is None else "Keras says"
    assert says(question).startswith(f"{who} {right(question)}. ")


@pytest.mark.parametrize("padding", ["valid", "same", "causal"])
def test_keras_agrees_on_every_padding_it_has(padding):
    for n, k, s, d in [(28, 3, 2, 1), (7, 3, 1, 2), (10, 4, 1, 3), (5, 2, 3, 1), (2, 2, 1, 1)]:
        question = questions.output_size(n, k, s, padding, d)
        assert says(question).startswith(f"Keras says {right(question)}. ")


@pytest.mark.parametrize("padding", ["full", 0, 2, (0, 1)])
def test_where_keras_has_no_such_padding_geometry_says_it(padding):
    import keras  # noqa: F401 (so that it is loaded)

    question = questions.output_size(n=20, kernel_size=3, strides=2, padding=padding)
    assert says(question).startswith(f"The right answer is {right(question)}. ")


def test_why_is_said_once(browser):
    student = browser(QUESTIONS[0])
    student.commit("77")
    widget = student.widget
    assert (widget.shown["message"] + widget.says).count("can begin at 0, 2, …, 24") == 1


def test_no_prediction_loads_keras(folder: Path):
    """Where a lesson does not use it: it would cost half a gigabyte, and seconds."""
    code = f"""if True:
        import sys
        from course import predict, questions
        from course.questions.answers import show
        for question in {QUESTIONS}:
            (wrong, *_), *_ = question._wrong.values()
            widget = predict.ask(question)
            widget._look()
            widget._commit(show(wrong), 75, 0)
            assert widget.says.startswith("The right answer is "), widget.says
            widget._another()
        print(sorted({{"keras", "tensorflow"}} & set(sys.modules)))
    """
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (run.stdout.strip(), run.stderr) == ("[]", "")
