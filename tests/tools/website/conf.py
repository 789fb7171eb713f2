"""How Sphinx makes a site of the lessons as they stand: nothing is executed, nothing is copied."""

import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import build  # noqa: E402
from sphinx.search.en import SearchEnglish  # noqa: E402

project, author = "Padding and stride", "the authors of the course"
html_title = project
release = build.PROJECT["version"]
extensions = ["myst_nb"]
root_doc = "00_start_here"
exclude_patterns = ["homework/source", "**.ipynb_checkpoints"]
SearchEnglish.stopwords = frozenset()  # one of them is "same"
html_theme = "furo"
html_favicon = "favicon.svg"
html_css_files = ["course.css", "site.css"]
html_js_files = ["course.js"]
html_show_search_summary = False  # it would fetch pages, which a page from a file may not
html_show_sourcelink = html_copy_source = False
html_show_copyright = html_show_sphinx = False
html_theme_options = {"navigation_with_keys": False}  # arrow keys move windows
nb_execution_mode = "off"
nb_mime_priority_overrides = [("html", "text/html", 0)]
nb_code_prompt_show, nb_code_prompt_hide = "Show what comes out", "Hide what comes out"
nb_merge_streams = True
myst_heading_anchors = 3
myst_heading_slug_func = "build.anchor"
suppress_warnings = ["myst.header"]  # a cell may begin with a heading of a lower level


def prepare(app, docname, source):
    """A notebook as the site shows it: what Jupyter knows by other means is written down."""
    if not source[0].startswith("{"):
        source[0] = source[0].replace("](../", f"]({build.REPOSITORY}/blob/HEAD/")
        return
    notebook, lesson = json.loads(source[0]), f"{docname.rpartition('/')[2]}.ipynb"
    for cell in notebook["cells"]:
        tags = cell["metadata"].setdefault("tags", [])
        if "reveal" in tags:
            tags.append("hide-output")
        for output in cell.get("outputs", []):
            if page := output.get("data", {}).get("text/html"):
                output["data"]["text/html"] = build.alive("".join(page), lesson)
        if "doctor." in "".join(cell["source"]):  # nothing of the reader's machine was checked
            cell["outputs"] = [each for each in cell["outputs"] if "text" not in each]
        if cell["cell_type"] == "code" and "check(" in "".join(cell["source"]):
            cell["outputs"].append(build.how_to_check(docname))
    if docname == root_doc:
        notebook["cells"].append(build.toctree())
    source[0] = json.dumps(notebook)


def link(app, pagename, templatename, context, doctree):
    """Let links from lesson to lesson lead to the pages, and to the headings in them."""
    if "body" in context:
        notebook = pagename if (build.NOTEBOOKS / f"{pagename}.ipynb").exists() else ""
        context["body"] = build.linked(context["body"], notebook)


def setup(app):
    """Called by Sphinx."""
    app.connect("source-read", prepare)
    app.connect("html-page-context", link)
