"""What is to be said about a Keras model."""

from course import questions
from course.check.feedback import Check
from course.questions.answers import what


def check_model(question: questions.Question, answer: object) -> Check:
    """Diagnose a Keras model, and show the row of its ledger that tells."""
    import keras  # only now: it takes seconds

    from course.ledger import html_table, ledger

    if not isinstance(answer, keras.Model):
        return Check(False, f"Not right yet. {_no_model(answer, keras)}")
    try:
        built = questions.describe(answer)
    except Exception:
        return Check(False, f"Not right yet. {_no_graph(answer, question, keras)}")
    diagnosis = question.diagnose_outputs([built])
    if diagnosis.correct:
        return Check(True, diagnosis.message)
    telling = _telling_row(question.unfulfilled(built), ledger(answer).rows)
    notes, table = ([telling[1]], html_table([telling[0].cells()])) if telling else ([], "")
    return Check(False, diagnosis.message, diagnosis.mistake, notes, table=table)


def _no_model(answer: object, keras) -> str:
    if isinstance(answer, keras.callbacks.History):
        return "That is what `fit` returns: hand over the model itself."
    if isinstance(answer, keras.Layer):
        return "That is one layer: put it into `keras.Sequential([keras.Input(…), …])`."
    if isinstance(answer, list | tuple):
        return "That is a list: `keras.Sequential(…)` makes a model of a list of layers."
    if callable(answer):
        return "That is a function: hand over the model that it makes."
    if answer is None:
        return "There is no model, only None: is a return missing?"
    return f"A Keras model is wanted, and that is {what(answer)}."


def _no_graph(model, question: questions.Question, keras) -> str:
    shape = question.setting["input_shape"]
    if not isinstance(model, keras.Sequential):
        return "The layers of this model cannot be read: build it with `keras.Sequential`."
    if not model.layers:
        return f"The model has no layers yet: put some after a `keras.Input({shape})`."
    first = model.layers[0].name
    return f"The model has no input size yet: put `keras.Input({shape})` before layer `{first}`."


def _telling_row(unfulfilled: tuple | None, rows: list):
    """The row of the ledger that shows why a wish is not fulfilled, and a sentence about it."""
    match unfulfilled:
        case "input_shape", _:
            return rows[0], f"Layer `{rows[0].name}` is the first: `keras.Input` says what it gets."
        case "output_shape", _:
            return rows[-1], f"Layer `{rows[-1].name}` is the last, and makes the output."
        case ("max_params" | "max_macs") as wish, _:
            amounts = [getattr(row, wish.removeprefix("max_")) or 0 for row in rows]
            row = rows[amounts.index(max(amounts))]
            return row, f"Most of them are in layer `{row.name}`: {max(amounts):,}."
        case "min_field", _:
            return rows[-1], f"Layer `{rows[-1].name}` is the last: look at its receptive field."
    return None  # the wish says enough
