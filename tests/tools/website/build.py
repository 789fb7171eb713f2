"""Build the site: all lessons, alive without a kernel, from the notebooks as they stand.

    uv run --group site python tests/tools/website/build.py [folder]

The folder (by default ``site``) can be opened from a file, or put on any server: it needs no other.
"""

import html
import re
import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import tables  # noqa: E402
from lessons import NOTEBOOKS, ROOT  # noqa: E402
from tool import print_anywhere  # noqa: E402

from course import explore  # noqa: E402
from course.explore.base import STYLE, modules  # noqa: E402
from course.mistakes import MISTAKES  # noqa: E402
from course.predict.prediction import SURE  # noqa: E402
from course.predict.progress import MASTERED, NOTHING  # noqa: E402

README = (ROOT / "README.md").read_text(encoding="utf-8")
BINDER = re.search(r"\((https://mybinder.org/v2[^)]*)\)", README)[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
REPOSITORY = PROJECT["urls"]["Repository"]
NOTE = '<p class="course-how">{}</p>'
ALIVE = (
    "Pictures and predictions work right here. What is said of running cells, of kernels and of "
    "files holds for the notebook: open it {}."
)
DEAD = "This is a notebook, as it was run before. To run it yourself, open it {}."
CHECK = "You can answer, and check it, when you run this {}."
SCRIPTS = "<em>To answer here, allow this page JavaScript; or run the notebook.</em>"


def somewhere(page: str) -> str:
    """Where a page's notebook can be run."""
    binder = BINDER.replace("00_start_here", page)
    machine = f"{REPOSITORY}#two-commands"
    return f'<a href="{binder}">on Binder</a>, or <a href="{machine}">on your machine</a>'


def how_to_check(page: str) -> dict:
    """An output that says where an exercise can be checked."""
    text = NOTE.format(CHECK.format(somewhere(page)))
    return {"output_type": "display_data", "metadata": {}, "data": {"text/html": text}}


def anchor(title: str) -> str:
    """A heading's name in a link, as Jupyter makes it."""
    return title.replace(" ", "-")


def toctree() -> dict:
    """A cell with the order of the pages."""
    lessons, homework = map(sorted, map(NOTEBOOKS.glob, ("*.ipynb", "homework/release/*/*.ipynb")))
    start = lessons.pop(0).read_text(encoding="utf-8")
    homework.sort(key=lambda path: start.index(f"({path.relative_to(NOTEBOOKS).as_posix()})"))
    pages = [path.relative_to(NOTEBOOKS).with_suffix("") for path in [*lessons, *homework]]
    names = ["Start here, and your progress <self>", *(page.as_posix() for page in pages)]
    source = "\n".join(["```{toctree}", ":hidden:", "", *names, "for_teachers", "```"])
    return {"cell_type": "markdown", "id": "order", "metadata": {}, "source": source}


HEADING = re.compile(r"<h([1-6])>(.*?)<a class=\"headerlink\"", re.DOTALL)


def about() -> dict:
    """What the progress page has to know of the course."""
    mistakes = {
        name: [mistake.believes, mistake.see.replace(".ipynb", ".html"), mistake.where]
        for name, mistake in MISTAKES.items()
    }
    return {"mistakes": mistakes, "sure": SURE, "mastered": MASTERED, "nothing": NOTHING}


def alive(page: str, lesson: str) -> str:
    """An output with all that the site's script needs to bring it to life."""
    page = tables.to_pages(tables.with_tables(page, lesson))
    page = page.replace("<em>Run this cell to answer.</em>", SCRIPTS)
    data = tables.script("data-course-mistakes", tables.encoded(about()))
    return page.replace("<div data-course-progress>", f"{data}<div data-course-progress>")


def linked(body: str, page: str) -> str:
    """What Sphinx made, with links as the lessons have them, and a note where to run ``page``."""

    def add(found: re.Match) -> str:
        name = anchor(html.unescape(re.sub(r"<[^>]*>", "", found[2])).strip())
        return f'<h{found[1]}><span id="{html.escape(name)}"></span>{found[2]}<a class="headerlink"'

    body = tables.to_pages(HEADING.sub(add, body))
    body = body.replace(' aria-label="Toggle hidden content"', "")  # what it shows is better
    if not page:
        return body
    note = ALIVE if "data-course-prediction" in body else DEAD
    return body.replace("</h1>", f"</h1>{NOTE.format(note.format(somewhere(page)))}", 1)


def script() -> str:
    """The site's one script: every view, and what stands in for the kernel."""
    views = modules("place.js", *(f"{view}.js" for view in [*explore.__all__, "predict"]))
    own = modules("site.js", folder=HERE).partition("\n")[2]  # the first line makes the place
    return f"(() => {{\n{views}{own}}})();\n"


def build(folder: Path) -> None:
    """Write the site into a folder."""
    from sphinx.application import Sphinx

    with tempfile.TemporaryDirectory(prefix="site-") as name:
        static = Path(name, "static")
        static.mkdir()
        (static / "course.js").write_text(script(), encoding="utf-8")
        (static / "course.css").write_text(STYLE, encoding="utf-8")
        for file in ("site.css", "favicon.svg"):
            shutil.copy(HERE / file, static)
        app = Sphinx(
            *(NOTEBOOKS, HERE, Path(name, "site"), Path(name, "doctrees"), "html"),
            confoverrides={"html_static_path": [str(static)]},
            warningiserror=True,
            status=None,
        )
        app.build()
        # Not built there: MyST-NB leaves a folder jupyter_execute beside what it makes.
        shutil.copytree(Path(name, "site"), folder, dirs_exist_ok=True)
    (folder / "index.html").write_text(FIRST, encoding="utf-8")
    (folder / ".nojekyll").touch()  # GitHub Pages leaves out folders that begin with _ otherwise


FIRST = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=00_start_here.html">
<title>Padding and stride</title>
<link rel="icon" href="_static/favicon.svg">
<p><a href="00_start_here.html">Padding and stride: start here</a></p>
</html>
"""


if __name__ == "__main__":
    print_anywhere()
    build(Path(*sys.argv[1:2] or ["site"]).resolve())
