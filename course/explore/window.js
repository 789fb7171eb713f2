// One window on an image: drag it, step it, or point at an output to see which inputs made it.

import { outputSize, pads, positions, problem, reads, sentence, span, unread, usage } from "./geometry.js";
import { announcer, button, calm, choice, drawOn, html, keepKeys, patterns, set, short, slider, svg, toggle } from "./ui.js";

const NAMES = ["n", "kernel_size", "strides", "padding", "dilation_rate"];
const TRAITS = [...NAMES, "at", "usage", "compare", "values", "kernel"];
const LIMITS = { n: [1, 16], kernel_size: [1, 9], strides: [1, 6], dilation_rate: [1, 4] };
const LABELS = {
  n: "n, input size", kernel_size: "k, kernel_size", strides: "s, strides",
  dilation_rate: "d, dilation_rate", padding: "p, padding",
};

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const get = (name) => model.get(name);
  const current = () => Object.fromEntries(NAMES.slice(1).map((name) => [name, get(name)]));
  // An image brings its size, and a kernel that of the window.
  const fixed = (name) =>
    get("fixed").includes(name) || (name === "n" && get("values")) || (name === "kernel_size" && get("kernel"));
  let playing = 0;

  // Controls
  const controls = {};
  for (const [name, [min, max]] of Object.entries(LIMITS)) {
    controls[name] = slider({
      label: LABELS[name], min, max,
      onchange: (value) => set(model, { [name]: value }),
    });
  }
  const custom = html("option", { value: "custom" }, "");
  controls.padding = choice({
    label: LABELS.padding,
    options: [..."valid same causal full".split(" "), 0, 1, 2, 3].map((p) => [p, p]),
    disabled: fixed("padding"),
    onchange: (value) => set(model, { padding: /\d/.test(value) ? [+value, +value] : value }),
  });
  const usageSwitch = toggle({ label: "how often each is read", onchange: (on) => set(model, { usage: on }) });
  const compareSwitch = toggle({ label: "compare conventions", onchange: (on) => set(model, { compare: on }) });
  const back = button("◀ Back", () => step(-1));
  const forth = button("Step ▶", () => step(1));
  const play = button("Play", () => (playing ? pause() : start()));
  const shown = ["n", "kernel_size", "strides", "dilation_rate", "padding"].filter(
    (name) => !get("hidden").includes(name),
  );

  // The picture
  const input = board("input", (unit) => set(model, { at: unit }), true);
  const output = board("output", (unit) => set(model, { at: unit }), false);
  const formula = html("div", { class: "formula" });
  const sum = html("div", { class: "formula" });
  const trouble = html("div", { class: "impossible", hidden: true });
  const conventions = html("div");
  const aloud = announcer();
  el.classList.add("course-explorer");
  el.append(
    html("div", { class: "panel" }, ...shown.map((name) => controls[name].element)),
    html("div", { class: "panel" }, back, forth, play, usageSwitch.element, compareSwitch.element),
    trouble,
    html("div", { class: "stage" }, input.element, output.element),
    formula, sum, conventions, aloud.element,
  );

  /** Move the window by some stops, in reading order, and round again at the end. */
  function step(stops) {
    const w = current();
    if (problem(w, get("n"))) return;
    const o = outputSize(w, get("n"));
    const [row, column] = inside(get("at"), o);
    const next = (row * o + column + stops + o * o) % (o * o);
    set(model, { at: [Math.floor(next / o), next % o] });
  }
  function start() {
    playing = setInterval(() => (el.isConnected ? step(1) : pause()), calm() ? 1200 : 500);
    play.textContent = "Pause";
  }
  function pause() {
    clearInterval(playing);
    playing = 0;
    play.textContent = "Play";
  }
  function onKey(event) {
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const ends = { Home: -Infinity, End: Infinity };
    keepKeys(event);
    if (problem(current(), get("n"))) return;
    const o = outputSize(current(), get("n"));
    const [row, column] = inside(get("at"), o);
    if (event.key in moves) {
      const [down, right] = moves[event.key];
      set(model, { at: inside([row + down, column + right], o) });
    } else if (event.key in ends) set(model, { at: inside([row, ends[event.key]], o) });
    else return;
    event.preventDefault();
  }

  /** A drawing with one tab stop; `pick(unit)` is called while the pointer chooses a unit. */
  function board(name, pick, drag) {
    const [scene, over] = [svg("g"), svg("g")];
    const drawing = svg("svg", { "aria-hidden": "true", class: drag ? "handle" : "" }, patterns(), scene, over);
    const caption = html("figcaption", {}, name);
    const focus = html("div", { tabindex: 0, role: "application", onkeydown: onKey }, drawing);
    const choose = (event) => {
      const unit = self.unitAt?.(...toDrawing(drawing, event));
      if (unit && String(unit) !== String(get("at"))) pick(unit);
    };
    drawing.addEventListener("pointerdown", (event) => {
      drawing.setPointerCapture(event.pointerId);
      pause();
      choose(event);
    });
    drawing.addEventListener("pointermove", (event) => {
      if (!drag || event.buttons) choose(event); // the window is dragged; an output pointed at
    });
    const self = { drawing, scene, over, focus, caption, element: html("figure", {}, caption, focus), unitAt: null };
    return self;
  }

  function draw() {
    const w = current();
    const n = get("n");
    for (const name of Object.keys(LIMITS)) {
      controls[name].show(get(name));
      controls[name].element.querySelector("input").disabled = Boolean(fixed(name));
    }
    showPadding(controls.padding, w.padding, custom);
    usageSwitch.show(get("usage"));
    compareSwitch.show(get("compare"));
    const wrong = problem(w, n);
    trouble.hidden = !wrong;
    for (const part of [output.element, formula, sum, back, forth, play]) part.hidden = Boolean(wrong);
    conventions.replaceChildren();
    if (wrong) {
      pause();
      const fix = button(`Use ${wrong.setting} = ${wrong.nearest}`, () => {
        set(model, { [wrong.setting]: wrong.nearest });
        input.focus.focus();
      });
      trouble.replaceChildren(sentence(wrong), " ", fixed(wrong.setting) ? "" : fix);
      aloud.say(sentence(wrong));
    }
    drawInput(w, n, wrong);
    if (wrong) return;
    drawOutput(w, n);
    describe(w, n);
    if (get("compare")) conventions.append(comparison(w, n));
  }

  function drawInput(w, n, wrong) {
    const [before, after] = pads(w, n);
    const size = before + n + after;
    const cell = Math.max(11, Math.min(38, Math.floor(420 / size)));
    const at = wrong ? [0, 0] : inside(get("at"), outputSize(w, n));
    const x = (pixel) => (pixel + before) * cell + 2;
    const parts = [];
    if (size > n) {
      const ring = `${box(x(-before), x(-before), size * cell)}${box(x(0), x(0), n * cell)}`;
      parts.push(svg("path", { d: ring, class: "padding", "fill-rule": "evenodd" }));
    }
    parts.push(svg("rect", { x: x(0), y: x(0), width: n * cell, height: n * cell, class: "input" }));
    const times = wrong ? [] : usage(w, n);
    const values = get("values");
    if (get("usage") && !wrong) parts.push(...heat(times, n, cell, x, !values));
    parts.push(svg("path", { d: grid(size, cell, x(-before)), class: "grid" }));
    if (values) parts.push(...numbers(values, cell, x));
    show(input, parts, size * cell + 4);
    if (wrong) {
      input.over.replaceChildren();
      input.looks = null;
    } else placeWindow(w, n, at, cell, before);
    const stops = wrong ? [] : positions(w, n);
    const nearest = (place) => {
      const first = place / cell - before - span(w) / 2;
      return Math.max(0, Math.min(stops.length - 1, Math.round((first + before) / w.strides)));
    };
    input.unitAt = wrong ? null : (px, py) => [nearest(py), nearest(px)];
    const ring = before + after ? `, padding ${before} before and ${after} after` : "";
    input.caption.textContent = `input ${n} × ${n}${ring}`;
    input.focus.setAttribute(
      "aria-label",
      wrong ? "Input. The window does not fit." :
        `Input with the window at row ${at[0]}, column ${at[1]} of the output. Arrow keys move it.`,
    );
  }

  /** Put the window over the pixels it reads. Where only its place has changed, it glides there. */
  function placeWindow(w, n, at, cell, before) {
    const stops = positions(w, n);
    const kernel = get("kernel");
    const [down, right] = at.map((unit) => (stops[unit] + before) * cell + 2);
    const looks = JSON.stringify([w, n, kernel, cell]);
    if (input.looks !== looks) {
      input.looks = looks;
      const taps = reads(w, 0);
      const cells = taps.flatMap((row, i) =>
        taps.flatMap((column, j) => [
          svg("rect", { x: column * cell, y: row * cell, width: cell, height: cell, class: "window" }),
          kernel && svg("text", { x: (column + 0.78) * cell, y: (row + 0.8) * cell, class: "weight" }, short(kernel[i]?.[j] ?? 0)),
        ]),
      );
      input.over.replaceChildren(svg("g", { class: "glide" }, ...cells));
    }
    input.over.firstChild.style.transform = `translate(${right}px, ${down}px)`;
  }

  function drawOutput(w, n) {
    const o = outputSize(w, n);
    const [row, column] = inside(get("at"), o);
    const [before, after] = pads(w, n);
    const cell = Math.max(11, Math.min(38, Math.floor(420 / (before + n + after))));
    const x = (unit) => unit * cell + 2;
    const parts = [
      svg("rect", { x: 2, y: 2, width: o * cell, height: o * cell, class: "output" }),
      svg("path", { d: grid(o, cell, 2), class: "grid" }),
    ];
    if (get("values") && get("kernel")) {
      const all = positions(w, n).map((top) => positions(w, n).map((left) => total(products(w, top, left))));
      parts.push(...numbers(all, cell, x));
    }
    parts.push(svg("rect", { x: x(column), y: x(row), width: cell, height: cell, class: "window" }));
    show(output, parts, o * cell + 4);
    output.unitAt = (px, py) => inside([Math.floor((py - 2) / cell), Math.floor((px - 2) / cell)], o);
    output.caption.textContent = `output ${o} × ${o}`;
    output.focus.setAttribute(
      "aria-label", `Output. Row ${row}, column ${column} is chosen. Arrow keys choose another.`,
    );
  }

  /** What the window at this place multiplies: [value, weight], padding being zero. */
  function products(w, top, left) {
    const [values, kernel] = [get("values"), get("kernel")];
    return reads(w, top).flatMap((row, i) =>
      reads(w, left).map((column, j) => [values[row]?.[column] ?? 0, kernel[i]?.[j] ?? 0]),
    );
  }

  function describe(w, n) {
    const [before, after] = pads(w, n);
    const o = outputSize(w, n);
    const never = unread(w, n);
    formula.textContent =
      `o = ⌊(n + p − ${w.dilation_rate > 1 ? "(d·(k−1)+1)" : "k"}) / s⌋ + 1 = ` +
      `⌊(${n} + ${before} + ${after} − ${span(w)}) / ${w.strides}⌋ + 1 = ${o}.  ` +
      `Padding: ${before} before, ${after} after.  ` +
      (never.length ? `Never read: row and column ${never.join(", ")}.` : "Every pixel is read.");
    const [row, column] = inside(get("at"), o);
    const stops = positions(w, n);
    if (get("values") && get("kernel")) {
      const terms = products(w, stops[row], stops[column]);
      const text = terms.map(([value, weight]) => `${short(value)}·${weight < 0 ? `(${short(weight)})` : short(weight)}`);
      sum.textContent = `${text.join(" + ")} = ${short(total(terms))}`;
    } else sum.textContent = "";
    aloud.say(
      `Output ${o} by ${o}, unit row ${row}, column ${column}. ${sum.textContent && `Sum ${short(total(products(w, stops[row], stops[column])))}.`} ` +
        formula.textContent.split(".  ").slice(1).join(". "),
    );
  }

  const stop = drawOn(model, TRAITS, draw);
  return () => {
    pause();
    stop();
  };
}

/** Keep a unit [row, column] inside an output of o × o. */
const inside = (unit, o) => unit.map((index) => Math.max(0, Math.min(o - 1, index)));
const total = (terms) => terms.reduce((sum, [value, weight]) => sum + value * weight, 0);
const box = (x, y, size) => `M${x} ${y}h${size}v${size}h${-size}z`;

/** Lines of a grid of `count` cells that begins at `start` on both axes. */
function grid(count, cell, start) {
  let path = "";
  for (let line = 0; line <= count; line += 1) {
    const at = start + line * cell;
    path += `M${at} ${start}v${count * cell}M${start} ${at}h${count * cell}`;
  }
  return path;
}

/** A heat map of how often pixels are read; those that never are get a cross and no colour. */
function heat(times, n, cell, x, numbered) {
  const most = Math.max(...times) ** 2 || 1;
  const parts = [];
  for (let row = 0; row < n; row += 1) {
    for (let column = 0; column < n; column += 1) {
      const count = times[row] * times[column];
      parts.push(
        svg("rect", {
          x: x(column), y: x(row), width: cell, height: cell,
          class: count ? "input" : "never",
          style: count ? `fill-opacity: ${0.1 + (0.5 * count) / most}` : "",
        }),
      );
      if (numbered && cell >= 16) {
        parts.push(svg("text", { x: x(column + 0.5), y: x(row + 0.5) }, count));
      }
    }
  }
  return parts;
}

/** Numbers written into the cells of a grid, where there is room. */
const numbers = (rows, cell, x) =>
  cell < 16 ? [] : rows.flatMap((row, i) =>
    row.map((value, j) => svg("text", { x: x(j + 0.5), y: x(i + 0.5) }, short(value))),
  );

function show(board, parts, size) {
  board.drawing.setAttribute("viewBox", `0 0 ${size} ${size}`);
  board.drawing.setAttribute("width", size);
  board.scene.replaceChildren(...parts);
}

/** Where the pointer is, in the drawing's own units. */
function toDrawing(drawing, event) {
  const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(drawing.getScreenCTM().inverse());
  return [place.x, place.y];
}

/** Show a padding in its list; a lopsided pair gets an entry of its own. */
function showPadding(list, padding, custom) {
  const text = Array.isArray(padding) ? String(padding[0]) : padding;
  const plain = !Array.isArray(padding) || (padding[0] === padding[1] && padding[0] <= 3);
  if (!plain) {
    custom.textContent = `${padding[0]} before, ${padding[1]} after`;
    list.select.append(custom);
  } else custom.remove();
  list.show(plain ? text : "custom");
}

/** The same setting in three conventions: output size, padding and where the windows begin. */
function comparison(w, n) {
  const half = Math.floor((span(w) - 1) / 2); // PyTorch pads alike on both sides
  const padded = { ...w, padding: w.padding === "same" ? [half, half] : pads(w, n) };
  const [before, after] = padded.padding;
  const room = n + before + after - span(w);
  const rows = [["Keras", w], ["PyTorch, padding=" + (before === after ? before : `(${before}, ${after})`), padded]].map(
    ([name, each]) => {
      const fits = !problem(each, n);
      return [name, fits ? outputSize(each, n) : "–", pads(each, n).join(" | "), fits ? positions(each, n).join(", ") : "–"];
    },
  );
  // Rounding up: a last window that begins inside the input may hang over its end.
  let o = Math.ceil(room / w.strides) + 1;
  if ((o - 1) * w.strides >= n + before) o -= 1;
  const stops = Array.from({ length: Math.max(o, 0) }, (_, stop) => stop * w.strides - before);
  rows.push(["ceil (ceil_mode=True)", o > 0 ? o : "–", `${before} | ${after}`, stops.join(", ") || "–"]);
  const line = (cells, tag) =>
    html("tr", {}, ...cells.map((cell, i) => html(i || tag === "th" ? tag : "th", { scope: tag === "th" ? "col" : i ? null : "row" }, String(cell))));
  const table = html(
    "table",
    {},
    html("thead", {}, line(["convention", "output", "padding", "windows begin at"], "th")),
    html("tbody", {}, ...rows.map((cells) => line(cells, "td"))),
  );
  // Where it is too wide to fit, the arrow keys scroll it.
  const label = "Conventions side by side";
  return html("div", { class: "wide", tabindex: 0, role: "region", "aria-label": label, onkeydown: keepKeys }, table);
}

export default { render };
