"""What all explorers share: their module, their state, and how they show themselves.

An explorer is a widget. Its picture and the arithmetic for it live in one ES module beside
this file, so it answers within a frame or two, with the kernel busy or gone. Python holds the same
traits: a lesson can read what the student has set, and what it sets itself, the picture shows.

A cell's output is not the widget's view but html: a static picture, the explorer's name and state
beside it, and a script that puts the view in its place, wherever scripts may run: in a notebook
just run, in one that is trusted, and in exported html, with no kernel and no network. In JupyterLab
the script finds the widget's model, if there is one, by its key. (Of a view alone a saved notebook
keeps nothing: reopened, it would say "Error displaying widget: model not found".) The notebooks of
the repository are kept without scripts; what is left shows the picture.
"""

import copy
import html
import inspect
import json
import re
import textwrap
import uuid
from collections.abc import Callable
from importlib import resources
from typing import ClassVar

import anywidget
import traitlets
from matplotlib import style as looks

from course.figures import Picture
from course.figures.style import CSS
from course.geometry import SettingError
from course.stack import StackError

FOLDER = resources.files(__package__)


def _read(file: str, folder=None) -> str:
    return (folder or FOLDER).joinpath(file).read_text(encoding="utf-8")


STYLE = CSS + _read("explore.css")

IMPORT = re.compile(r'import (\{ \w+(?:, \w+)* \}) from "\./(\w+\.js)";')
EXPORT = re.compile(r"^export (?=(?:const|let|class|(?:async )?function) (\w+))")
DEFAULT = "export default { render };"


def modules(*files: str, folder=None) -> str:
    """A script with some ES modules of a folder, and those that they import, as objects.

    A widget's module has no folder from which it could import, and a page that was opened from a
    file may import nothing. So each module becomes a function that is called at once, and what it
    exports is in ``modules["its.js"]``. A `SyntaxError` names the line that this cannot be done
    with, and says what to write instead.
    """
    made: dict[str, str] = {}
    folder = folder or FOLDER

    def make(file: str) -> None:
        body, exports = "", []
        for number, line in enumerate(_read(file, folder).splitlines(), start=1):
            at = str(folder / file), number, 1, line
            found = IMPORT.fullmatch(line)
            if found and folder.joinpath(found[2]).is_file():
                if found[2] not in made:
                    make(found[2])
                body += f'const {found[1]} = modules["{found[2]}"];\n'
                continue
            if re.match(r"\s*import\b(?![(.])", line):
                write = 'write import { a, b } from "./module.js"; in one line, of a module here'
                raise SyntaxError(write, at)
            if line == DEFAULT:
                exports.append("render")
                continue
            if exported := EXPORT.match(line):
                exports.append(exported[1])
            elif re.match(r"\s*export\b", line):
                raise SyntaxError(f"export a const, let, class or function, or write {DEFAULT}", at)
            body += EXPORT.sub("", line) + "\n"
        value = f"return {{ {', '.join(exports)} }};"
        made[file] = f'modules["{file}"] = (() => {{\n{body}{value}\n}})();\n'

    for file in files:
        if file not in made:
            make(file)
    return "const modules = {};\n" + "".join(made.values())


def bundle(view: str) -> str:
    """One ES module for a widget: its view, and what finds its model."""
    source = _read(f"{view}.js")
    if not source.endswith(f"{DEFAULT}\n"):
        end = str(FOLDER / f"{view}.js"), source.count("\n"), 1, ""
        raise SyntaxError(f"write {DEFAULT} as the last line", end)
    names = {"initialize": "kernel.js", "render": f"{view}.js"}
    lines = [f'const {{ {name} }} = modules["{file}"];\n' for name, file in names.items()]
    exported = f"export default {{ {', '.join(names)} }};\n"
    return "".join([modules(*names.values()), *lines, exported])


PLACE = modules("place.js")

# The end of every explorer's docstring.
SHARED = """fixed, hidden : lists of str
    Names of settings that cannot be moved, and of those that have no control.

Raises
------
traitlets.TraitError
    For what the explorer cannot show, saying what to write instead. Settings that are impossible
    only together are shown as impossible.
"""


class Explorer(anywidget.AnyWidget):
    """What all explorers share: how they are made, show themselves live, saved and exported.

    The traits of a class are shared with the view; they are its settings, in the order of its
    arguments, and its docstring says what they are. `fixed` names those that cannot be moved,
    `hidden` those that have no control.
    """

    _css = STYLE

    controls: ClassVar[tuple[str, ...]]  # the names that `fixed` and `hidden` may hold
    # The static picture of a state, by name; a `SettingError` where that is impossible.
    draw: Callable[..., Picture]
    layer_name: ClassVar[str]  # what comes before the number of a layer, if there are several

    fixed = traitlets.List(traitlets.Unicode()).tag(sync=True)
    hidden = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if "controls" not in vars(cls):  # anywidget makes a class of its own for each widget
            return
        own = {n: t.tag(sync=True) for n, t in vars(cls).items() if hasattr(t, "tag")}
        settings = [name for name, trait in own.items() if not trait.read_only]
        kinds = dict.fromkeys(settings, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        kinds |= dict.fromkeys(("fixed", "hidden"), inspect.Parameter.KEYWORD_ONLY)
        cls.__signature__ = inspect.Signature(
            inspect.Parameter(name, kind, default=getattr(cls, name).default())
            for name, kind in kinds.items()
        )
        docs = [inspect.cleandoc(cls.__doc__), "", "Parameters", "----------"]
        for name in settings:
            docs.append(f"{name} : {own[name].info()}")
            docs += textwrap.wrap(own[name].help, initial_indent="    ", subsequent_indent="    ")
        cls.__doc__ = "\n".join([*docs, SHARED])

    def __init__(self, *args, **settings):
        given = self.__signature__.bind(*args, **settings).arguments
        super().__init__(**self.completed(given))

    def completed(self, given: dict) -> dict:
        """Settings as the traits take them, with those that others bring along."""
        return given

    @traitlets.validate("fixed", "hidden")
    def _names_of_controls(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        if set(value) <= set(self.controls):
            return value
        raise traitlets.TraitError(f"{name}={value}: the settings are {', '.join(self.controls)}")

    _key = traitlets.Unicode().tag(sync=True)

    @traitlets.default("_key")
    def _new_key(self) -> str:
        return uuid.uuid4().hex

    def state(self) -> dict:
        """The traits that the view shares with Python, by name."""
        ours = set(self.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names())
        return {name: getattr(self, name) for name in sorted(ours) if name[0] != "_"}

    @looks.context("default")
    def picture(self) -> Picture:
        """The static picture that stands in the explorer's place.

        Of what is impossible, it shows the nearest that is not, and says so.
        """
        state, trouble = copy.deepcopy(self.state()), ""
        while True:
            try:
                picture = self.draw(**state)
            except SettingError as error:
                home = state
                if isinstance(error, StackError):
                    home = state["layers"][error.layer]
                    trouble += f"{self.layer_name}{error.layer + 1}: "
                    error = error.error
                home[error.setting] = error.nearest
                trouble += f"{error} The picture shows {error.setting}={error.nearest}. "
            else:
                picture.alt = trouble + picture.alt
                return picture

    def __repr__(self) -> str:
        return self.picture().alt

    def _repr_mimebundle_(self, **kwargs):
        picture = self.picture()
        return {"text/plain": picture.alt, "text/html": self.html(picture)}, {}

    def html(self, picture: Picture | None = None) -> str:
        """A static picture, unless scripts are sure to run, and the script that replaces it."""
        view = self._esm.replace("export default", "return")
        style = json.dumps(STYLE).replace("<", "\\u003c")  # "</script>" would end the script
        script = f"""(() => {{
const view = (() => {{
{view}}})();
const {{ settle }} = (() => {{
{PLACE}return modules["place.js"];
}})();
settle(document.currentScript.previousElementSibling, view, {style}, {json.dumps(self._key)});
}})();"""
        name, state = type(self).__name__, html.escape(json.dumps(self.state()))
        image = picture.html() if picture else ""
        place = f'<div data-course-explorer="{name}" data-state="{state}">{image}</div>'
        return f"{place}\n<script>\n{script}\n</script>"
