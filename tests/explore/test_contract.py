"""What every explorer does, whatever it shows; a new one is held to it as soon as it is there."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from course import explore
from course.explore.base import Explorer
from explore.conftest import contrast

each_explorer = pytest.mark.parametrize(
    "make", [getattr(explore, name) for name in explore.__all__], ids=explore.__all__
)

# Models for the explorers on a page, as a kernel has them: by key, with these states.
MODELS = """(states) => {
  globalThis.courseModels = new Map(Object.entries(states).map(([key, state]) => {
    const listeners = {};
    const set = (name, value) => {
      state[name] = value;
      for (const heard of listeners[`change:${name}`] ?? []) heard();
    };
    const on = (event, listener) => (listeners[event] ??= []).push(listener);
    return [key, { state, set, on, get: (name) => state[name], send() {}, save_changes() {} }];
  }));
}"""
MODEL = "[...globalThis.courseModels.values()][0]"
DRAWN = "new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))"

# How many controls can be used, and which no longer can where one is fixed, or where one is hidden.
LOST = """async (names) => {
  const all = [...document.querySelectorAll(".course-explorer :is(input, select, button)")];
  const usable = () => all.map((each) => !each.disabled && each.getClientRects().length > 0);
  const before = usable(), lost = [before.filter(Boolean).length];
  for (const trait of ["fixed", "hidden"]) {
    for (const name of names) {
      MODEL.set(trait, [name]);
      await DRAWN;
      const now = usable();
      lost.push([...all.keys()].filter((i) => before[i] && !now[i]));
    }
    MODEL.set(trait, []);
    await DRAWN;
  }
  return lost;
}""".replace("MODEL", MODEL).replace("DRAWN", DRAWN)

# A hand that moves what it can, at random but always alike, to an end or to anywhere. It stops
# after so many steps or where a setting is impossible; it returns the first thing that is wrong.
HAND = """async ({ steps, until }) => {
  const explorer = document.querySelector(".course-explorer");
  let seed = 7;
  const below = (count) => (seed = (seed * 48271) % 2147483647) % count;
  const shown = (each) => each.getClientRects().length > 0;
  const impossible = () => explorer.querySelector(".course-impossible:not([hidden])");
  for (let step = 0; step < steps && !(until && impossible()); step++) {
    const all = [...explorer.querySelectorAll("input, select, button")];
    const controls = all.filter((each) => !each.disabled && shown(each));
    const each = controls[below(controls.length)];
    const { tagName, type, min, max } = each;
    if (tagName === "BUTTON" || type === "checkbox") each.click();
    else {
      if (tagName === "SELECT") each.selectedIndex = below(each.options.length);
      else each.value = [min, max, +min + below(max - min + 1)][below(3)];
      each.dispatchEvent(new Event("input", { bubbles: true }));
    }
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)));
    const nonsense = explorer.outerHTML.match(/.{0,40}(NaN|Infinity|undefined|null).{0,40}/);
    if (nonsense) return nonsense[0];
    const pictures = [...explorer.querySelectorAll("svg, canvas, [role=img]")].filter(shown);
    if (!impossible() && !pictures.some((each) => each.getBoundingClientRect().width > 20)) {
      return `no picture: ${each.outerHTML}`;
    }
  }
  const never = !explorer.querySelector(".course-impossible"); // whatever is set
  return until && !impossible() && !never ? "nothing is impossible" : null;
}"""


def controls(page: Page, index: int = 0) -> Locator:
    """What a student can set in an explorer."""
    explorer = page.locator(".course-explorer").nth(index)
    return explorer.locator("input:visible, select:visible")


def small(make: Callable[..., Explorer]) -> Explorer:
    """An explorer that has something impossible to offer: if it has an image, a small one."""
    explorer = make()
    for name, value in explorer.state().items():
        if np.ndim(value) == 2:
            setattr(explorer, name, np.eye(2))
    return explorer


@pytest.fixture
def impossible(page: Page, open_explorer) -> Callable[..., Explorer]:
    """A function that opens an explorer, with a model, and plays until a setting is impossible."""

    def impossible(make: Callable[..., Explorer], **options) -> Explorer:
        explorer = small(make)
        page.evaluate(MODELS, {explorer._key: explorer.state()})
        open_explorer(page, explorer, **options)
        assert page.evaluate(HAND, {"steps": 500, "until": True}) is None
        return explorer

    return impossible


def said(page: Page) -> str:
    """Why it is impossible."""
    return page.locator(".course-impossible").evaluate("element => element.firstChild.textContent")


@each_explorer
def test_nothing_a_student_can_do_breaks_it(page: Page, open_explorer, make):
    for explorer in (make(), small(make)):
        open_explorer(page, explorer)
        assert page.evaluate(HAND, {"steps": 150, "until": False}) is None


@each_explorer
def test_what_is_impossible_is_said_and_mended(page: Page, impossible, make):
    explorer = impossible(make)
    if not page.locator(".course-impossible").count():
        return  # nothing ever is
    why = said(page)
    assert "is impossible" in why
    expect(page.locator(".course-aloud")).to_contain_text(why)
    # Python says the same of the same settings, in the static picture.
    state = page.evaluate(f"{MODEL}.state")
    settable = {name: state[name] for name in state if not explorer.traits()[name].read_only}
    assert why in type(explorer)(**settable).picture().alt
    mend = page.locator(".course-impossible button")
    for _ in range(9):  # one setting may have hidden that another is impossible too
        if mend.is_hidden():
            break
        mend.press("Enter")
        focused = page.evaluate("document.activeElement.closest('.course-explorer') !== null")
        assert focused  # the button may be gone
        page.evaluate(DRAWN)
    expect(page.locator(".course-impossible")).to_be_hidden()


@each_explorer
def test_what_is_fixed_stays(page: Page, impossible, make):
    """It looks so, too; and no button offers to mend it."""
    explorer = impossible(make)
    look = """each => {
      const { opacity, backgroundColor } = getComputedStyle(each);
      return [opacity, backgroundColor];
    }"""
    lists = page.locator(".course-explorer select:visible")
    free = [each.evaluate(look) for each in lists.all()]
    page.evaluate(f"names => {MODEL}.set('fixed', names)", list(explorer.controls))
    page.evaluate(DRAWN)
    expect(page.locator(".course-impossible button")).to_be_hidden()
    # Where there are layers, which one is on show is no setting.
    settings = [each for each in controls(page).all() if each.is_disabled()]
    assert len(settings) >= len(explorer.controls) - 2  # a button or two
    for each, before in zip(lists.all(), free, strict=True):
        opacity, background = each.evaluate(look)
        if each.is_disabled():
            assert opacity < before[0]
            assert background != before[1]


@each_explorer
def test_each_control_can_be_fixed_or_hidden_alone(page: Page, open_explorer, make):
    explorer = make()
    page.evaluate(MODELS, {explorer._key: explorer.state()})
    open_explorer(page, explorer)
    usable, *lost = page.evaluate(LOST, list(explorer.controls))
    count = len(explorer.controls)
    assert usable >= count
    assert all(lost)
    fixed, hidden = ({*map(tuple, each)} for each in (lost[:count], lost[count:]))
    assert len(fixed) >= count - 1  # each took something else; a button that sets nothing, nothing
    assert len(hidden) == count


@each_explorer
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_tab_leads_to_everything_once_and_shows_where_it_is(page, open_explorer, make, dark: bool):
    open_explorer(page, make(), dark=dark)
    stops = page.evaluate(
        """() => [...document.querySelectorAll(".course-explorer *")].filter((each) =>
             each.tabIndex === 0 && !each.disabled && each.getClientRects().length
           ).map((each, i) => (each.dataset.stop = i))"""
    )
    assert len(stops) >= 2
    for stop in stops:
        page.keyboard.press("Tab")
        at, named, kept, ring, width, paper = page.evaluate(
            """() => {
                 const each = document.activeElement;
                 const { outlineColor, outlineWidth } = getComputedStyle(each);
                 const paper = getComputedStyle(document.querySelector(".course-explorer"));
                 return [
                   +each.dataset.stop,
                   each.labels?.[0]?.textContent || each.ariaLabel || each.innerText,
                   each.dataset.lmSuppressShortcuts,
                   outlineColor, outlineWidth, paper.backgroundColor,
                 ];
               }"""
        )
        assert at == stop
        assert named
        assert kept == "true"  # JupyterLab takes none of its keys
        colours = [
            [float(part) for part in re.findall(r"[\d.]+", each)[:3]] for each in (ring, paper)
        ]
        assert float(width.removesuffix("px")) >= 2
        assert contrast(*colours) >= 3
    page.keyboard.press("Tab")
    assert page.locator(".course-explorer :focus").count() == 0


@each_explorer
def test_two_on_a_page_share_nothing_and_one_shown_twice_everything(page, open_explorer, make):
    twice, other = make(), make()
    state = {each._key: each.state() for each in (twice, other)}
    page.evaluate(MODELS, state)
    open_explorer(page, twice, other, twice)
    first, second, third = page.locator(".course-explorer").all()
    before = second.inner_text()
    assert first.inner_text() == third.inner_text() == before
    for slider in third.get_by_role("slider").all():
        slider.press("End")
    expect(first).not_to_have_text(before)
    page.wait_for_function(
        "() => new Set([0, 2].map(i => document.querySelectorAll('.course-explorer')[i].innerText))"
        ".size === 1"
    )
    assert first.inner_text() != before
    assert second.inner_text() == before
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids)) > 0


@each_explorer
def test_nothing_glides_where_motion_is_unwanted(page: Page, open_explorer, make):
    page.emulate_media(reduced_motion="reduce")
    open_explorer(page, make())
    for slider in page.get_by_role("slider").all():
        slider.press("ArrowRight")
    moving = """() => [...document.querySelectorAll(".course-explorer *")].filter((each) =>
      getComputedStyle(each).transitionDuration !== "0s" || each.getAnimations().length).length"""
    assert page.evaluate(moving) == 0


@each_explorer
@pytest.mark.parametrize(("width", "dark"), [(360, False), (1000, True)], ids=["light", "dark"])
def test_all_can_use_it(page, open_explorer, impossible, violations, make, width: int, dark: bool):
    """Also where everything is shown, where a setting is impossible, and on a narrow page."""
    options = {"width": width, "dark": dark}

    def check() -> None:
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(WIDE) == 0

    open_explorer(page, make(), **options)
    check()
    for box in page.get_by_role("checkbox").all():
        box.check()
    for slider in page.get_by_role("slider").all():
        slider.press("End")
    check()
    impossible(make, **options)
    check()


# What sticks out of the page and cannot be scrolled to.
WIDE = """[...document.querySelectorAll(".course-explorer *:not(.course-aloud)")].filter((each) =>
  each.getBoundingClientRect().right > innerWidth && !each.closest(".course-wide, svg")).length"""
