"""What a prediction costs: from commit to reveal, as a ratio to one round trip to the kernel.

    uv run --group test python tests/benchmarks/predict.py

Both are measured in the browser, in a real JupyterLab, one after the other, many times: from the
press of a key to the text on the page, and from a message to the kernel to its echo.
"""

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import sync_playwright

sys.path.extend(str(Path(__file__).resolve().parents[1] / name) for name in ("", "tools"))
sys.path.pop(0)  # this folder, whose explore.py would be taken for tests/explore
import lessons
import refresh
from explore import lab
from explore.conftest import NAMES
from tool import print_anywhere

REPEAT = 15
CELL = """from course import predict, questions
def echo(widget, message, buffers):
    if "echo" in message:
        widget.send(message)
widget = predict.ask(questions.output_size(n=28, kernel_size=3, strides=2))
widget.on_msg(echo)
widget"""

ECHO = """() => new Promise((resolve) => {
  const model = [...globalThis.courseModels.values()].find((each) => each.get("prompt"));
  const start = performance.now();
  const heard = () => (model.off("msg:custom", heard), resolve(performance.now() - start));
  model.on("msg:custom", heard);
  model.send({ echo: true });
})"""

REVEAL = """(answer) => new Promise((resolve) => {
  const form = document.querySelector(".course-prediction form");
  form.querySelector("[type=text]").value = answer;
  form.querySelector("[type=radio]").checked = true;
  const start = performance.now();
  const seen = new MutationObserver(() => {
    if (!document.querySelector(".course-prediction .course-verdict")) return;
    seen.disconnect();
    resolve(performance.now() - start);
  });
  seen.observe(form.parentElement, { childList: true, subtree: true });
  form.requestSubmit();
})"""


def measure(notebook: lab.Notebook) -> tuple[list[float], list[float]]:
    """Milliseconds of echoes and of reveals; the first reveal, which loads Keras, is left out."""
    page, echoes, reveals = notebook.page, [], []
    part = page.locator(".course-prediction")
    for _ in range(REPEAT + 1):
        notebook.wait_for("idle")
        echoes.append(page.evaluate(ECHO))
        reveals.append(page.evaluate(REVEAL, "13.5"))
        part.get_by_text("The right answer is").wait_for(timeout=lab.PATIENCE * 1000)
        part.get_by_role("button", name="Try again").click()
        part.get_by_role("textbox").wait_for()
    return echoes[1:], reveals[1:]


def main():
    """Measure and print."""
    lessons.neutral_environment()
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as own:
        cells = new_notebook(cells=[new_code_cell(CELL)])
        nbformat.write(refresh.normalise(cells, "lesson"), Path(folder) / "lesson.ipynb")
        with lab.serve(Path(folder), Path(own)) as address, sync_playwright() as playwright:
            program = next(filter(None, map(shutil.which, NAMES)))
            arguments = ["--no-sandbox", "--disable-gpu"]
            browser = playwright.chromium.launch(executable_path=program, args=arguments)
            notebook = lab.Notebook(browser.new_page(), f"{address}/doc/tree/lesson.ipynb")
            notebook.run_all()
            echoes, reveals = measure(notebook)
            notebook.shut_down()
            browser.close()
    echo, reveal = statistics.median(echoes), statistics.median(reveals)
    print(f"one round trip to the kernel: {echo:.1f} ms, median of {REPEAT}")
    print(f"from commit to reveal:        {reveal:.1f} ms, {reveal / echo:.1f} round trips")


if __name__ == "__main__":
    print_anywhere()
    main()
