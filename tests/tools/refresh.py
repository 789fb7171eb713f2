"""Execute lessons and write them back the way they are kept in the repository.

    uv run --group test python tests/tools/refresh.py [notebook ...]

Without arguments it refreshes all lessons. A notebook whose execution fails, or prints to stderr,
stays as it was, and the command ends with exit code 1. Running it twice changes nothing.
"""

import configparser
import copy
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from jupyter_client.manager import AsyncKernelManager
from lessons import IGNORED, cells, lesson_paths, neutral_environment, read
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode
from nbval.kernel import CURRENT_ENV_KERNEL_NAME, NbvalKernelspecManager
from tool import ROOT, print_anywhere

METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {  # without the version, which differs from machine to machine
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
    },
}
# What nbgrader says about a cell of a homework, and its locks, which Jupyter obeys.
KEPT = ("tags", "nbgrader", "deletable", "editable")
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SANITIZE = configparser.ConfigParser(interpolation=None)
SANITIZE.read(ROOT / "tests" / "nbval_sanitize.cfg", encoding="utf-8")
SCRIPT = re.compile(SANITIZE["scripts"]["regex"])  # what nbval overlooks, no notebook keeps
CELL_TIMEOUT = 300  # seconds


class RefreshError(Exception):
    """A lesson that cannot be written: what happened, and in which cell."""


def normalise(notebook: NotebookNode, name: str) -> NotebookNode:
    """The notebook as it is kept in the repository; its text and its results stay.

    ``name`` is what the ids of cells are made of that have no id of their own. The output of a
    cell with the tag "reveal" is folded, so that a prediction can come before it.
    """
    notebook = copy.deepcopy(notebook)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5  # the first version with cell ids
    _name_cells(notebook, name)
    for cell in notebook.cells:
        kept = {key: cell.metadata[key] for key in KEPT if cell.metadata.get(key) not in (None, [])}
        cell.metadata = nbformat.from_dict(kept)
        if "reveal" in kept.get("tags", []):  # folded until the reader runs the cell
            folded = {"collapsed": True, "jupyter": {"outputs_hidden": True}}  # JupyterLab's marks
            cell.metadata |= nbformat.from_dict(folded)
        if cell.cell_type == "code":
            cell.outputs = _normal_outputs(cell.outputs)
    return notebook


def to_text(notebook: NotebookNode) -> str:
    """The text of the notebook's file."""
    return nbformat.v4.writes(notebook, indent=1, ensure_ascii=False) + "\n"


def execute(notebook: NotebookNode, folder: Path) -> None:
    """Run the notebook in place, in a fresh kernel of this interpreter, in ``folder``.

    Raises ``RefreshError`` when a cell fails or prints to stderr.
    """
    for _, cell in cells(notebook, "code"):
        cell.outputs, cell.execution_count = [], None
    kernel = AsyncKernelManager(
        kernel_name=CURRENT_ENV_KERNEL_NAME,  # the very kernel in which nbval runs the tests
        kernel_spec_manager=NbvalKernelspecManager(),
    )
    client = NotebookClient(
        notebook,
        km=kernel,
        timeout=CELL_TIMEOUT,
        iopub_timeout=CELL_TIMEOUT,  # a busy machine must not lose the end of an output
        raise_on_iopub_timeout=True,
        record_timing=False,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        # The stderr of the process; that of a cell is among its outputs.
        client.execute(cleanup_kc=True, stderr=subprocess.DEVNULL)
    except (CellExecutionError, CellTimeoutError, RuntimeError) as error:  # kernels die with this
        raise RefreshError(str(error)) from None
    for where, cell in cells(notebook, "code"):
        for output in cell.outputs:
            if output.output_type == "error":
                raise RefreshError(f"{where} raises {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                raise RefreshError(f"{where} prints to stderr:\n{output.text}")


def refresh(path: Path) -> bool:
    """Execute and normalise the notebook in its file; True if that changed the file."""
    notebook = normalise(read(path), path.stem)
    before = copy.deepcopy(notebook)
    execute(notebook, path.resolve().parent)
    text = to_text(settled(normalise(notebook, path.stem), before))
    if text == path.read_text(encoding="utf-8"):
        return False
    # Written aside and moved into place, so that no interruption leaves half a lesson.
    descriptor, aside = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    with open(descriptor, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.chmod(aside, path.stat().st_mode)
    os.replace(aside, path)
    return True


def main(arguments: list[str]) -> int:
    """Refresh the notebooks named, or all; 1 if one of them failed."""
    failed = False
    for path in [Path(name) for name in arguments] or lesson_paths():
        start = time.perf_counter()
        try:
            result = "changed" if refresh(path) else "unchanged"
        except (RefreshError, OSError, ValueError) as error:  # ValueError: not a notebook
            failed, result = True, f"FAILED, left as it was\n{error}\n"
        print(f"{path.name}  {time.perf_counter() - start:.1f} s  {result}", flush=True)
    return int(failed)


def _name_cells(notebook: NotebookNode, name: str) -> None:
    """Give cells without a valid id of their own one that is always the same."""
    stem = re.sub(r"[^A-Za-z0-9_-]", "-", name)[:50]
    taken = {cell.get("id") for cell in notebook.cells}
    seen = set()
    for cell in notebook.cells:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", cell.get("id", "")) or cell.id in seen:
            counter = 1
            while (fresh := f"{stem}-{counter}") in taken:
                counter += 1
            cell.id = fresh
            taken.add(fresh)
        seen.add(cell.id)


def settled(notebook: NotebookNode, before: NotebookNode) -> NotebookNode:
    """The notebook with the earlier output of each ignored cell, if only its numbers differ.

    They do so in each run.
    """
    kept = {cell.id: cell.outputs for _, cell in cells(before, "code") if IGNORED in cell.source}
    for _, cell in cells(notebook, "code"):
        if cell.id in kept and _words(cell.outputs) == _words(kept[cell.id]):
            cell.outputs = kept[cell.id]
    return notebook


def _words(outputs: list[NotebookNode]) -> list[str]:
    """What outputs say, without the numbers."""
    texts = (output.get("text", output.get("data", {}).get("text/plain", "")) for output in outputs)
    return [re.sub(r"[\d.,]+", "", text) for text in texts]


def _normal_outputs(outputs: list[NotebookNode]) -> list[NotebookNode]:
    normal = []
    for output in outputs:
        output.pop("transient", None)
        if "text/html" in output.get("data", {}):
            output.data.pop(WIDGET_VIEW, None)  # the html shows a picture without a kernel
            output.data["text/html"] = SCRIPT.sub("", output.data["text/html"])
        last = normal[-1] if normal else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            normal.append(output)
    return normal


if __name__ == "__main__":
    print_anywhere()
    neutral_environment()
    sys.exit(main(sys.argv[1:]))
