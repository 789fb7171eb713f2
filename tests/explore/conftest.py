"""A real browser for the explorers: Chromium, on exported html and on a real JupyterLab.

Fixtures are of the package, not of the session: while Playwright runs, its event loop does, and
the tests of other folders that share this process start event loops of their own.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from course.explore.base import Explorer

# As Debian, Ubuntu and Google name it.
NAMES = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 60_000  # milliseconds until what is expected has come, on a busy machine too
SLIDERS = {
    "n": "n, input size",
    "kernel_size": "k, kernel_size",
    "strides": "s, strides",
    "dilation_rate": "d, dilation_rate",
}
# What JupyterLab says while a page or a notebook closes: its debugger, or a subshell, is still
# waited for, or a notebook gets the focus and has no footer any more.
CLOSING = re.compile(
    r"^Canceled future for (debug|create_subshell)_request message|"
    r"\(reading 'footer'\)\n.*_ensureFocus"
)
QUIET = ("background-networking", "component-update", "sync", "gpu")
DARK = """
    body {
      color-scheme: dark;
      --jp-layout-color0: #111;
      --jp-ui-font-color1: rgba(255, 255, 255, 0.87);
      --jp-ui-font-color2: rgba(255, 255, 255, 0.7);
      background: #111;
    }
"""


def launch(playwright: Playwright) -> Browser | None:
    """Start Chromium, if there is one."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    arguments = ["--no-sandbox", "--no-first-run", *(f"--disable-{each}" for each in QUIET)]
    return program and playwright.chromium.launch(executable_path=program, args=arguments)


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        if not running:
            missing = f"no browser: install Chromium ({' or '.join(NAMES)}) to run these tests"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
        expect.set_options(timeout=PATIENCE)
        yield running
        running.close()


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """A Chromium for the tests of a folder."""
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser that keeps what it has loaded of JupyterLab."""
    context = chromium.new_context(viewport={"width": 1200, "height": 1600})
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@contextlib.contextmanager
def watched(page: Page, but: re.Pattern | None = None) -> Iterator[Page]:
    """A page on which no script may fail, or write an error to the console ``but`` such ones."""
    complaints = []

    def complain(text: str, but: re.Pattern | None = None) -> None:
        if not (CLOSING.search(text) or (but and but.search(text))):
            complaints.append(text)

    # An error that JupyterLab catches is written to the console, with the same words.
    listeners = {
        "pageerror": lambda error: complain(f"{error}\n{error.stack}"),
        "console": lambda message: message.type == "error" and complain(message.text, but),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    yield page
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh page without network; the test fails if it logs an error."""
    context = chromium.new_context(offline=True)
    context.set_default_timeout(PATIENCE)
    with contextlib.closing(context), watched(context.new_page()) as page:
        yield page


@pytest.fixture
def open_explorer() -> Callable[..., None]:
    """A function that shows explorers as in an exported notebook: no kernel, no network."""

    def open_explorer(page: Page, *widgets: Explorer, width: int = 1000, dark: bool = False):
        page.set_viewport_size({"width": width, "height": 900})
        parts = [widget._repr_mimebundle_()[0]["text/html"] for widget in widgets]
        style = f"<style>{DARK if dark else ''}</style>"
        head = f"<!doctype html><html lang=en><meta charset=utf-8><title>A lesson</title>{style}"
        page.set_content("\n".join([head, "<main>", *parts, "</main>"]))
        page.wait_for_function(
            "count => document.querySelectorAll('.course-explorer').length === count",
            arg=len(widgets),
        )

    return open_explorer


def stop_clock(page: Page) -> None:
    """From now on time passes on the page only when the test says so: `page.clock.run_for`."""
    page.clock.install(time=0)
    page.clock.pause_at(3600)  # seconds: a slow machine's clock has not gone past it


@pytest.fixture
def violations() -> Callable[[Page], list[str]]:
    """A function that lists what axe-core finds wrong with the explorers on a page."""

    def violations(page: Page) -> list[str]:
        found = Axe().run(page, ".course-explorer").response["violations"]
        return [f"{each['help']}: {node['html']}" for each in found for node in each["nodes"]]

    return violations


def luminance(colours: np.ndarray) -> np.ndarray:
    """Relative luminance (WCAG 2) of colours (..., 3) from 0 to 255."""
    parts = np.asarray(colours, float)[..., :3] / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(one, other) -> np.ndarray:
    light, dark = np.maximum(*(both := (luminance(one), luminance(other)))), np.minimum(*both)
    return (light + 0.05) / (dark + 0.05)


# Shows one explorer in one state after another, and lets SEE tell what one sees in its element.
LOOK = """async ({ module, states }) => {
  const url = URL.createObjectURL(new Blob([module], { type: "text/javascript" }));
  const { default: view } = await import(url);
  const listeners = [];
  let state;
  const model = {
    get: (name) => state[name],
    set() {},
    on: (event, listener) => listeners.push(listener),
    off() {},
    save_changes() {},
  };
  const el = document.body.appendChild(document.createElement("div"));
  const seen = [];
  for (const next of states) {
    state = { fixed: [], hidden: [], ...next };
    if (seen.length) for (const listener of listeners) listener();
    else view.render({ model, el });
    await new Promise(requestAnimationFrame);
    seen.push((SEE)(el));
  }
  return JSON.stringify(seen);
}"""


def in_each_state(page: Page, module: str, states: list[dict], see: str) -> list:
    """What a function of JavaScript sees in the element of an explorer, in each of its states."""
    return json.loads(page.evaluate(LOOK.replace("SEE", see), {"module": module, "states": states}))
