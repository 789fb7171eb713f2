"""The site as its readers have it: from a file, offline, by keyboard, on a phone, on paper."""

import functools
import http.server
import re
import subprocess
import sys
import threading
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import build
import lessons
import pytest
import tables
from axe_playwright_python.sync_playwright import Axe
from explore.conftest import watched
from playwright.sync_api import expect

from course.predict.record import FIELDS

pytestmark = pytest.mark.slow

PAGES = [
    *(path.stem for path in sorted(lessons.NOTEBOOKS.glob("*.ipynb"))),
    *(f"homework/release/{name}/{name}" for name in ("design", "padding", "stride")),
    "for_teachers",
]
each_page = pytest.mark.parametrize("name", PAGES)


class Parsed(HTMLParser):
    """What a page links to, and the names in it that can be linked to."""

    def __init__(self, path: Path):
        super().__init__()
        self.links, self.names = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.names.add(attributes.get("id"))
        self.links += [attributes[name] for name in ("href", "src") if attributes.get(name)]


@pytest.fixture
def visit(site, page):
    """A function that opens a page of the site from its file."""

    def visit(name: str, width: int = 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto((site / f"{name}.html").as_uri())
        page.wait_for_function("document.readyState === 'complete'")
        return page

    return visit


def test_there_is_a_page_for_every_lesson(site):
    built = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    assert built == {*PAGES, "index", "search", "genindex"}
    assert "00_start_here.html" in (site / "index.html").read_text(encoding="utf-8")


def test_nothing_is_left_beside_the_site(site):
    assert list(site.parent.iterdir()) == [site]


def test_the_site_needs_no_more_than_its_group():
    """Where it is published, nothing else is installed."""
    code = "import build, tables, conf, sys; print(*{name.split('.')[0] for name in sys.modules})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=Path(build.__file__).parent, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    groups = tomllib.loads((build.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    tools = [line for line in groups["dependency-groups"]["test"] if isinstance(line, str)]
    names = {re.match(r"[a-z-]+", line)[0].replace("-", "_") for line in tools}
    assert {"nbval", "pytest", "playwright"} <= names
    needs = {"nbformat", "jinja2", "packaging", "psutil", "pillow"}  # as myst-nb or others do
    assert set(done.stdout.split()) & (names - needs) == set()


def test_all_links_hold(site):
    parsed = {path: Parsed(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in parsed.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                assert parts.scheme in ("https", "data"), link
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = target in parsed and unquote(parts.fragment) in parsed[target].names
            if not target.is_file() or (parts.fragment and not known):
                broken.append(f"{path.name}: {link}")
    assert broken == []


def test_nothing_is_asked_of_anybody_else(site):
    """No font, script or picture comes from elsewhere."""
    for path in [*site.rglob("*.html"), *site.rglob("*.css"), *site.rglob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(src=|url\(|@import|fetch\()\s*["']?(https?:)?//""", text), path


@each_page
def test_everything_on_a_page_is_alive(visit, name):
    page = visit(name)
    source = lessons.NOTEBOOKS / f"{name}.ipynb"
    text = source.read_text(encoding="utf-8") if source.exists() else ""
    for place, part in (("prediction", ".course-prediction"), ("explorer", ".course-explorer")):
        alive = page.locator(f"[data-course-{place}]:has({part})")
        assert alive.count() == text.count(f"data-course-{place}")


@each_page
@pytest.mark.parametrize("width", [360, 900])
def test_a_page_fits(visit, name, width):
    page = visit(name, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@each_page
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(visit, page, name, scheme):
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    visit(name)
    for details in page.locator("details.hide").all():
        details.evaluate("each => each.open = true")
    found = Axe().run(page, options={"preload": False}).response["violations"]
    problems = [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]
    # The theme's switches stand outside of all parts, for only so their state can move those.
    problems = [each for each in problems if "sidebar-toggle" not in each]
    assert problems == []


@each_page
def test_what_gives_an_answer_away_is_folded(visit, name):
    page = visit(name)
    source = lessons.NOTEBOOKS / f"{name}.ipynb"
    if source.exists():
        notebook = lessons.read(source)
        reveals = [each for each in notebook.cells if "reveal" in each.metadata.get("tags", [])]
        folded = page.locator("details.hide")
        assert folded.count() == len(reveals)
        assert page.locator("details.hide[open]").count() == 0
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details.hide[open]").count() == len(reveals)
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details.hide[open]").count() == 0


def test_the_drawers_open_by_keyboard(visit):
    """And while they are closed, no key leads into them."""
    page = visit("05_stride", 640)
    hidden = "document.activeElement.closest('.sidebar-drawer, .toc-drawer')"
    for _ in range(60):
        page.keyboard.press("Tab")
        assert page.evaluate(f"!{hidden}")
    page.locator("#__navigation").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Start here, and your progress")).to_be_in_viewport()
    page.keyboard.press("Space")
    expect(page.get_by_role("link", name="Start here, and your progress")).to_be_hidden()


def test_odd_addresses_stop_nothing(visit, page, site):
    page.goto((site / "02_padding.html").as_uri() + "#50%")
    page.locator("[data-course-prediction] form").first.wait_for()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0


def test_a_browser_that_keeps_nothing_says_so(visit, page):
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('no') }")
    visit("00_start_here")
    place = page.locator("[data-course-prediction]").first
    expect(place).to_contain_text("This browser keeps nothing")
    place.locator("input[type=text]").fill("3")
    place.get_by_text("50 %").click()
    place.get_by_role("button", name="Commit").click()
    expect(page.locator("[data-course-progress]")).to_contain_text("This browser keeps nothing")


def test_nothing_moves_where_that_is_not_wanted(visit, page):
    page.emulate_media(reduced_motion="reduce")
    visit("05_stride")
    scrolls = "getComputedStyle(document.documentElement).scrollBehavior"
    assert page.evaluate(scrolls) == "auto"


def test_a_field_is_read_with_its_question(visit):
    field = visit("05_stride").locator("[data-course-prediction] input[type=text]").first
    expect(field).to_have_accessible_description(re.compile("^An input of 15 pixels"))


def test_without_scripts_there_are_pictures_and_questions(site, chromium):
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / "05_stride.html").as_uri())
    assert page.locator("[data-course-explorer] img").first.is_visible()
    assert page.locator("[data-course-prediction]").first.inner_text().startswith("An input of")
    context.close()


WRONG, ODD = "13.5", "thirteen"


def test_a_prediction_by_keyboard_alone(visit):
    """What is typed is refused, judged and kept, in the words of the notebooks."""
    page = visit("05_stride")
    place = page.locator("[data-course-prediction*='n=28, kernel_size=3, strides=2']")

    def says(text):
        expect(place).to_contain_text(text)

    place.locator("input[type=text]").focus()
    page.keyboard.type(ODD)
    page.keyboard.press("Enter")
    says("“thirteen” cannot be read. Write it in digits.")
    page.keyboard.press("Control+A")
    page.keyboard.type(WRONG)
    page.keyboard.press("Enter")
    says("Say how sure you are, too.")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    says("There is no half window")
    says("The right answer is 13.")
    expect(place.locator("[data-course-explorer] svg").first).to_be_visible()
    expect(page.locator(":focus")).to_contain_text("✗ Not right yet.")
    entry = page.evaluate("JSON.parse(localStorage.getItem('my_progress.jsonl'))")
    assert set(entry) == set(FIELDS)
    assert entry["lesson"] == "05_stride.ipynb"
    assert entry["mistake"] == "no_floor"
    page.reload()
    says("You have answered this: not right yet.")
    place.get_by_role("button", name="Show the explanation").click()
    says("There is no half window")
    place.get_by_role("button", name="Another one").click()
    expect(place).not_to_contain_text("28 pixels")
    visit("00_start_here")
    progress = page.locator("[data-course-progress]")
    expect(progress).to_contain_text("05 stride: 0 of 1 right at first go")
    link = progress.get_by_role("link", name="Half a window?")
    assert link.get_attribute("href") == "05_stride.html#Half-a-window?"
    with page.expect_download() as download:
        progress.get_by_role("link", name="my_progress.jsonl").click()
    assert "13.5" in download.value.path().read_text(encoding="utf-8")


def test_other_questions_come_before_those_that_were_answered(visit):
    page = visit("01_sliding_window")
    place, seen = page.locator("[data-course-prediction]").first, []
    for _ in range(1 + tables.STOCK):
        seen.append(place.locator("p").first.inner_text())
        place.locator("input[type=text]").fill("1")
        place.get_by_text("50 %").click()
        place.get_by_role("button", name="Commit").click()
        place.get_by_role("button", name="Another one").click()
        expect(place.locator("p").first).not_to_have_text(seen[-1])  # drawn with the next frame
    assert len(set(seen)) == 1 + tables.STOCK
    assert place.locator("p").first.inner_text() in seen  # and then again


@pytest.mark.parametrize(
    ("word", "lesson"), [("receptive", "07 · What can one unit see?"), ("same", "05 · ")]
)
def test_the_search_finds_a_lesson(page, site, word, lesson):
    page.goto((site / "search.html").as_uri() + f"?q={word}")
    results = page.locator("#search-results li")
    expect(results.filter(has_text=lesson)).not_to_have_count(0)  # they come one after another


def test_links_lead_into_sections(visit, page):
    visit("00_start_here")
    page.get_by_role("link", name="what same promises").click()
    page.wait_for_url("**/05_stride.html#*")
    heading = page.get_by_role("heading", name="What same promises").element_handle()
    arrived = "heading => Math.abs(heading.getBoundingClientRect().top - 100) < 100"
    page.wait_for_function(arrived, arg=heading)  # it scrolls there, for a second or so


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that writes no log."""

    def log_message(self, *_):
        pass


def test_from_a_server(site, chromium):
    """As on GitHub Pages, below a folder."""
    handler = functools.partial(Quiet, directory=site.parent)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = chromium.new_context()
    with watched(context.new_page()) as page:
        failed = []
        # What the next page breaks off, such as the picture for the tab, has not failed.
        broken = "net::ERR_ABORTED"
        page.on("requestfailed", lambda it: it.failure != broken and failed.append(it.url))
        page.on("response", lambda answer: answer.status >= 400 and failed.append(answer.url))
        page.goto(f"http://127.0.0.1:{server.server_port}/{site.name}/index.html")
        page.wait_for_url("**/00_start_here.html")
        page.locator("[data-alive]").first.wait_for()
        page.get_by_role("link", name="Next").click()
        page.wait_for_url("**/01_sliding_window.html")
        assert failed == []
    context.close()
    server.shutdown()
