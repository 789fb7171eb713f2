// What all explorers share: elements, labelled controls, words read aloud, drawings that glide.

import { sentence } from "./geometry.js";

/** An element with attributes, classes (without their course-), listeners (onclick: …) and children. */
function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute(name, String(value ?? "").replace(/\S+/g, "course-$&"));
    else if ((value ?? false) !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.map((child) => child.element ?? child));
  // JupyterLab and Notebook take no key from an element that says so itself.
  if (element.tabIndex === 0) {
    element.setAttribute("data-lm-suppress-shortcuts", "true");
    element.addEventListener("keydown", save);
  }
  return element;
}

/** Ctrl+S is the notebook's all the same: its parent, which does not say so, hears it again. */
function save(event) {
  const saves = event.key === "s" && (event.ctrlKey || event.metaKey);
  if (!saves) return;
  const unheard = event.target.parentElement.dispatchEvent(new KeyboardEvent("keydown", event));
  if (!unheard) event.preventDefault(); // otherwise the browser saves the page
}

export const html = (tag, attributes = {}, ...children) =>
  make(document.createElement(tag), attributes, children);

/** A division of this class. */
export const div = (name, ...children) => html("div", { class: name }, ...children);

/** The same as html for a part of a drawing. */
export const svg = (tag, attributes = {}, ...children) =>
  make(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

/** Set traits and tell the kernel, if there is one. */
export function set(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  try {
    model.save_changes();
  } catch (error) {
    // The kernel is gone. The picture lives on without it.
  }
}

/** Draw now, and again, at most once a frame, when the model changes. Returns what ends it. */
export function drawOn(model, draw) {
  let frame = 0;
  const later = () => {
    if (!frame) frame = requestAnimationFrame(() => ((frame = 0), draw()));
  };
  model.on("change", later);
  draw();
  return () => {
    cancelAnimationFrame(frame);
    model.off("change", later);
  };
}

/** The nearest index into something of this size. */
export const clamp = (index, size) => Math.max(0, Math.min(size - 1, index));

/** An id that no other element of the page has. Two explorers share no counter. */
export const newId = () => `course-${Math.random().toString(16).slice(2)}`;

// Controls

/** An explorer out of its parts. */
export const explorer = (...parts) => div("explorer", ...parts);

/** Listens to keys: goes where an arrow, Home or End leads from `at()`, which is [row, column]. */
export const arrows = (at, go) => (event) => {
  const [row, column] = at();
  const to = {
    ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
    ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
    Home: [row, -Infinity], End: [row, Infinity],
  }[event.key];
  if (!to) return;
  event.preventDefault();
  go(to);
};

/** A button. */
export const button = (text, onclick) => html("button", { type: "button", onclick }, text);

/** Two buttons, [text, onclick] each, that add a layer and remove one; there are 1 to `most`. */
export function layerButtons(model, most, ...pairs) {
  const buttons = pairs.map((pair) => button(...pair));
  function show() {
    const count = model.get("layers").length;
    buttons.forEach((each, i) => {
      const end = count === [most, 1][i];
      if (end && each === document.activeElement) buttons[1 - i].focus(); // it would lose it
      each.disabled = end;
      each.hidden = [...model.get("fixed"), ...model.get("hidden")].includes("layers");
    });
  }
  return { element: div("panel", ...buttons), show };
}

const fixedIn = (model) => (name) => model.get("fixed").includes(name);
const LABELS = {
  n: "n, input size", kernel_size: "k, kernel_size", strides: "s, strides",
  padding: "padding", dilation_rate: "d, dilation_rate",
};
export const PADDINGS = ["valid", "same", "causal", "full", [0, 0], [1, 1], [2, 2], [3, 3]];

/** How an option of a list is called. */
const called = (option) => {
  const [before, after] = [option].flat();
  return before === (after ?? before) ? before : `${before} before, ${after} after`;
};

/**
 * The labelled control of a setting: a slider if there is a `max`, a list if there are `options`,
 * else a check box. `show` sets it without an event; `fixed` and `hidden` are the lesson's.
 */
export function control(model, name, about = {}) {
  const { label = LABELS[name] ?? name, min = 1, max, options, text = called } = about;
  const { onchange = (value) => set(model, { [name]: value }) } = about;
  const { fixed = fixedIn(model) } = about;
  const id = newId();
  let [list, listed] = [[], ""];
  const input = html(options ? "select" : "input", {
    id, min, max, type: options ? null : max ? "range" : "checkbox",
    oninput() {
      number.textContent = input.value;
      onchange(options ? list[input.selectedIndex] : max ? input.valueAsNumber : input.checked);
    },
  });
  const number = html("output", { for: id, "aria-live": "off" }); // the slider says it itself
  const words = html("label", { for: id }, label);
  const element = div("row", ...(max ? [words, input, number] : options ? [words, input] : [input, words]));

  // What Python sets may lie beyond a slider's end, or be missing in a list.
  function show(now = model.get(name), entries = options) {
    element.hidden = model.get("hidden").includes(name);
    input.disabled = fixed(name);
    number.textContent = now;
    if (!max && !options) input.checked = now;
    else if (max) {
      input.max = Math.max(input.max, now);
      input.value = now;
    } else {
      const place = (values) => values.findIndex((each) => String(each) === String(now));
      list = place(entries) < 0 ? [...entries, now] : entries;
      const texts = list.map(text);
      if (listed !== String(texts)) input.replaceChildren(...texts.map((each) => html("option", {}, String(each))));
      listed = String(texts);
      input.selectedIndex = place(list);
    }
  }
  return { name, element, show };
}

// Words

/**
 * Says why a setting is impossible. A button mends the problem, unless its setting is fixed, and
 * then goes `home(problem)`. `show(problem, prefix, offer)` returns what is said; no problem hides all.
 */
export function warning(model, home, mend, fixed = fixedIn(model)) {
  let wrong = null;
  const fix = button("", () => (mend(wrong), home(wrong).focus()));
  const text = html("span");
  const element = div("impossible", text, " ", fix);
  function show(problem, prefix = "", offer = `${problem?.setting} = ${problem?.nearest}`) {
    wrong = problem;
    element.hidden = !problem;
    if (!problem) return "";
    fix.hidden = fixed(problem.setting);
    fix.textContent = `Use ${offer}`;
    return (text.textContent = prefix + sentence(problem));
  }
  return { element, show };
}

/** A line that screen readers read out: the sentences that have changed, once they are settled. */
export function announcer() {
  let [timer, said] = [0, null];
  const element = html("div", { class: "aloud", "aria-live": "polite", role: "status" });
  function say(...sentences) {
    clearTimeout(timer);
    said ??= sentences; // a page that opens keeps quiet
    timer = setTimeout(() => {
      const news = sentences.filter((sentence) => !said.includes(sentence));
      if (news.length) element.textContent = news.join(" ");
      said = sentences;
    }, 400);
  }
  return { element, say };
}

/** A part of the page that scrolls where it is too wide, by arrow keys too. */
export const region = (tag, label) =>
  html(tag, { class: "wide", tabindex: 0, role: "group", "aria-label": label });

/** A table. Rows are [class, name, ...cells]. */
export function table(headings, rows) {
  const cell = (tag, scope) => (text) => html(tag, { scope }, String(text));
  const head = html("tr", {}, ...headings.map(cell("th", "col")));
  const body = rows.map(([kind, name, ...cells]) =>
    html("tr", { class: kind }, cell("th", "row")(name), ...cells.map(cell("td"))),
  );
  return html("table", {}, html("thead", {}, head), html("tbody", {}, ...body));
}

/** A number with as few digits as possible, and a real minus sign. */
export const short = (number, decimals = 2) =>
  String(Number(number.toFixed(decimals))).replace("-", "−");

// Drawings

/**
 * An empty drawing. It has the patterns that mark padding and unread pixels without colour: those
 * of another drawing would vanish when that is folded away.
 */
export function canvas(attributes = {}) {
  const [hatch, cross] = [newId(), newId()];
  const pattern = (id, d) =>
    `<pattern id="${id}" width="6" height="6" patternUnits="userSpaceOnUse"><path d="${d}"/></pattern>`;
  const style = `--hatch: url(#${hatch}); --cross: url(#${cross})`;
  const drawing = svg("svg", { "aria-hidden": "true", style, ...attributes }, svg("defs"));
  drawing.firstChild.innerHTML =
    pattern(hatch, "M-1 1l2 -2M0 6l6 -6M5 7l2 -2") + pattern(cross, "M0 0l6 6M6 0l-6 6");
  return drawing;
}

/** Show parts in a drawing. Where there was one of the same kind, that takes its place and glides. */
export function show(drawing, width, parts, height = width) {
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("width", width);
  const kind = (part) => part && `${part.tagName} ${part.getAttribute("class")}`;
  const old = [...drawing.children].slice(1); // without the patterns
  for (const part of old.slice(parts.length)) part.remove();
  parts.forEach((part, i) => {
    if (!old[i]) drawing.append(part);
    else if (kind(old[i]) !== kind(part)) old[i].replaceWith(part);
    else {
      for (const { name, value } of part.attributes) old[i].setAttribute(name, value);
      old[i].replaceChildren(...part.childNodes);
    }
  });
}

/** A path of this class. */
export const path = (name, d) => svg("path", { class: name, d });

/** A closed rectangle, as part of a path. */
export const box = (x, y, width, height = width) => `M${x} ${y}h${width}v${height}h${-width}z`;
