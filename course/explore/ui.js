// What all explorers share: making elements, labelled sliders, and redrawing when a trait changes.

const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes, listeners (onclick: …) and children. */
function make(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** @param {string} tag @param {Object} [attributes] @param {...(Node|string)} children */
export const html = (tag, attributes = {}, ...children) =>
  make(document.createElement(tag), attributes, children);

/** @param {string} tag @param {Object} [attributes] @param {...(Node|string)} children */
export const svg = (tag, attributes = {}, ...children) =>
  make(document.createElementNS(SVG, tag), attributes, children);

/** Set traits and tell the kernel, if there is one. @param {Object} changes */
export function set(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  try {
    model.save_changes();
  } catch (error) {
    // The kernel is gone. The picture lives on without it.
  }
}

/** Draw now, and again, at most once a frame, when one of the traits changes. */
export function drawOn(model, names, draw) {
  let frame = 0;
  const later = () => {
    if (!frame) frame = requestAnimationFrame(() => ((frame = 0), draw()));
  };
  for (const name of names) model.on(`change:${name}`, later);
  draw();
  return () => {
    cancelAnimationFrame(frame);
    for (const name of names) model.off(`change:${name}`, later);
  };
}

/** JupyterLab takes the arrow keys for itself; a control of ours needs them. */
export const keepKeys = (event) => {
  if (/^(Arrow|Home|End|Page|Enter| |Escape)/.test(event.key)) event.stopPropagation();
};

/** An id that no other element of the page has. Two explorers share no counter. */
export const newId = () => `course-${Math.random().toString(36).slice(2)}`;

/** A labelled slider with its value beside it. `show(value)` sets it without an event. */
export function slider({ label, min, max, disabled = false, onchange }) {
  const id = newId();
  const value = html("output", { for: id, "aria-live": "off" }); // the slider says it itself
  const input = html("input", {
    id, type: "range", min, max, step: 1, disabled,
    onkeydown: keepKeys,
    oninput: () => {
      value.textContent = input.value;
      onchange(input.valueAsNumber);
    },
  });
  const element = html("div", { class: "row" }, html("label", { for: id }, label), input, value);
  return {
    element,
    show(number) {
      // A value from Python may lie beyond the slider's end: then the slider grows.
      if (number > Number(input.max)) input.max = number;
      input.value = number;
      value.textContent = number;
    },
  };
}

/** A labelled drop-down list. `options` are [value, text]. */
export function choice({ label, options, disabled = false, onchange }) {
  const id = newId();
  const entries = options.map(([value, text]) => html("option", { value }, text));
  const select = html(
    "select",
    { id, disabled, onkeydown: keepKeys, onchange: () => onchange(select.value) },
    ...entries,
  );
  const element = html("div", { class: "row" }, html("label", { for: id }, label), select);
  return { element, select, show: (value) => (select.value = value) };
}

/** A check box that shows or hides something. */
export function toggle({ label, onchange }) {
  const id = newId();
  const input = html("input", {
    id, type: "checkbox", onkeydown: keepKeys, onchange: () => onchange(input.checked),
  });
  const element = html("div", { class: "row" }, input, html("label", { for: id }, label));
  return { element, show: (value) => (input.checked = value) };
}

/** A button. */
export const button = (text, onclick, attributes = {}) =>
  html("button", { type: "button", onclick, onkeydown: keepKeys, ...attributes }, text);

/** A line that screen readers read out when it has not changed for a moment. */
export function announcer() {
  let timer = 0;
  const element = html("div", { class: "aloud", "aria-live": "polite", role: "status" });
  return {
    element,
    say(text) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (element.textContent !== text) element.textContent = text;
      }, 400);
    },
  };
}

/** Whether pictures may move by themselves. */
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A number as short as possible, with a real minus sign. */
export const short = (number) =>
  String(Math.round(number * 100) / 100).replace("-", "−");

/**
 * The patterns that mark padding and unread pixels without colour, for the drawing that they are
 * put into: those of another drawing would vanish when that is folded away.
 */
export function patterns() {
  const [hatch, cross] = [newId(), newId()];
  const stripes = (id, path, name) =>
    svg(
      "pattern",
      { id, width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      svg("path", { d: path, class: name }),
    );
  const use = `:has(> defs > #${hatch}) { --hatch: url(#${hatch}); --cross: url(#${cross}); }`;
  return svg(
    "defs",
    {},
    stripes(hatch, "M-1 1l2 -2M0 6l6 -6M5 7l2 -2", "hatch"),
    stripes(cross, "M0 0l6 6M6 0l-6 6", "cross"),
    svg("style", {}, use),
  );
}
