// One window on an image: drag it, step it, or point at an output to see which inputs made it.

import { outputSize, pads, positions, problem, reads, span, unread, usage } from "./geometry.js";
import { announcer, arrows, box, button, canvas, clamp, control, div, drawOn, explorer, html, PADDINGS, path, region, set, short, show, svg, table, warning } from "./ui.js";

const LARGEST = { n: 16, kernel_size: 9, strides: 6, dilation_rate: 4 };
const SIZED_BY = { n: "values", kernel_size: "kernel" }; // if they are given, as in window.py
const READABLE = 16; // pixels of a cell that has room for a number

function render({ model, el }) {
  const get = (name) => model.get(name);
  let playing = 0;
  let n, w, before, after; // the input's size, the window, and its padding
  let o; // number of outputs along an axis, 0 if the window does not fit
  let cell; // pixels on the screen

  const at = () => get("at").map((index) => clamp(index, o));
  const pick = (unit) => {
    const inside = unit.map((index) => clamp(index, o));
    if (o && String(inside) !== String(get("at"))) set(model, { at: inside });
  };

  // Controls
  const fixed = (name) => get("fixed").includes(name) || Boolean(get(SIZED_BY[name]));
  const settings = Object.entries(LARGEST).map(([name, max]) => control(model, name, { max, fixed }));
  settings.push(control(model, "padding", { options: PADDINGS }));
  const switches = [
    control(model, "usage", { label: "how often each is read" }),
    control(model, "compare", { label: "compare conventions" }),
  ];
  const play = button("Play", () => keepPlaying(!playing));
  const steps = div("panel", button("◀ Back", () => step(-1)), button("Step ▶", () => step(1)), play);

  // The picture
  const input = board(true, (place) => Math.round((place / cell - span(w) / 2) / w.strides));
  const output = board(false, (place) => Math.floor((place - 2) / cell));
  const [formula, sum] = [div("formula"), div("formula")];
  const conventions = region("div", "Conventions side by side");
  const mend = ({ setting, nearest }) => set(model, { [setting]: nearest });
  const [trouble, aloud] = [warning(model, () => input.focus, mend, fixed), announcer()];
  el.append(explorer(
    div("panel", ...settings), div("panel", steps, ...switches), trouble,
    div("stage", input, output), formula, sum, conventions, aloud,
  ));

  /** Move the window by some stops, in reading order, and round again at the end. */
  function step(stops) {
    const [row, column] = at();
    const next = (row * o + column + stops + o * o) % (o * o);
    pick([Math.floor(next / o), next % o]);
  }
  function keepPlaying(on) {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    clearInterval(playing);
    playing = on && setInterval(() => (el.isConnected ? step(1) : keepPlaying(false)), calm ? 1200 : 500);
    play.textContent = on ? "Pause" : "Play";
    if (o && !on) draw(); // and say where
  }

  /** A drawing with one tab stop. The window is dragged; at an output one only points. */
  function board(drag, unitAt) {
    const choose = ({ clientX, clientY }) => {
      const place = new DOMPoint(clientX, clientY).matrixTransform(drawing.getScreenCTM().inverse());
      pick([place.y, place.x].map(unitAt));
    };
    const drawing = canvas({
      class: drag ? "handle" : null,
      onpointerdown(event) {
        drawing.setPointerCapture(event.pointerId);
        keepPlaying(false);
        choose(event);
      },
      onpointermove: (event) => (event.buttons || !drag) && choose(event),
    });
    const caption = html("figcaption");
    const focus = html("div", { tabindex: 0, role: "application", onkeydown: arrows(at, pick) }, drawing);
    return { drawing, focus, caption, element: html("figure", {}, caption, focus) };
  }

  function draw() {
    for (const each of [...settings, ...switches]) each.show();
    ({ n, ...w } = Object.fromEntries(settings.map(({ name }) => [name, get(name)])));
    [before, after] = pads(w, n);
    const wrong = problem(w, n);
    o = wrong ? 0 : outputSize(w, n);
    trouble.show(wrong);
    for (const part of [output.element, formula, sum, steps]) part.hidden = !o;
    conventions.hidden = !o || !get("compare");
    const size = Math.max(before + n + after, span(w)); // a window that does not fit hangs over
    cell = Math.max(11, Math.min(38, Math.floor(420 / size)));
    drawInput(size);
    if (o) {
      drawOutput();
      describe();
      conventions.replaceChildren(comparison(w, n));
    } else {
      keepPlaying(false);
      aloud.say(trouble.show(wrong));
    }
  }

  function drawInput(size) {
    const padded = before + n + after;
    const x = (pixel) => (pixel + before) * cell + 2;
    const times = o && get("usage") ? usage(w, n) : null;
    const parts = [
      path("padding", box(x(-before), x(-before), padded * cell) + box(x(0), x(0), n * cell)),
      path("input", box(x(0), x(0), n * cell)),
      ...(times ? heat(times, x) : []),
      path("grid", grid(padded, cell)),
    ];
    if (get("values")) parts.push(...numbers(range(padded, -before), x, value));
    else if (times) parts.push(...numbers(range(n), x, (row, column) => times[row] * times[column]));
    // The window glides to its place. One that does not fit hangs over the end.
    const [down, right] = at().map((unit) => x(positions(w, n)[unit] ?? -before));
    const taps = reads(w, 0).map((tap) => tap * cell);
    const squares = square(taps, (y, x) => box(x, y, cell)).join("");
    const corner = (i, j) => ({ class: "weight", x: taps[j] + 0.78 * cell, y: taps[i] + 0.8 * cell });
    const weights = square(get("kernel") ? range(taps.length) : [], (i, j) =>
      svg("text", corner(i, j), short(weight(i, j))));
    const place = `transform: translate(${right}px, ${down}px)`;
    parts.push(svg("g", { class: "glide", style: place }, path(o ? "window" : "window unfit", squares), ...weights));
    show(input.drawing, size * cell + 4, parts);
    input.caption.textContent = `input ${n} × ${n}${padded > n ? `, padding ${before} before and ${after} after` : ""}`;
    const [row, column] = at();
    const where = `Input with the window at row ${row}, column ${column} of the output. Arrow keys move it.`;
    input.focus.setAttribute("aria-label", o ? where : "Input. The window does not fit.");
  }

  function drawOutput() {
    const x = (unit) => unit * cell + 2;
    const [row, column] = at();
    const parts = [path("output", box(2, 2, o * cell)), path("grid", grid(o, cell))];
    if (get("values") && get("kernel")) {
      parts.push(...numbers(range(o), x, (...unit) => total(products(unit))));
    }
    parts.push(path("window glide", box(x(column), x(row), cell)));
    show(output.drawing, o * cell + 4, parts);
    output.caption.textContent = `output ${o} × ${o}`;
    const where = `Output. Row ${row}, column ${column} is chosen. Arrow keys choose another.`;
    output.focus.setAttribute("aria-label", where);
  }

  /** A heat map of how often pixels are read; those that never are get a cross and no colour. */
  function heat(times, x) {
    const most = Math.max(...times) ** 2;
    return square(range(n), (row, column) => {
      const count = times[row] * times[column];
      const style = count ? `fill-opacity: ${0.1 + (0.5 * count) / most}` : "";
      return svg("path", { class: count ? "input" : "never", style, d: box(x(column), x(row), cell) });
    });
  }

  /** A number for each [row, column] of these indices, if cells have room. */
  const numbers = (indices, x, number) =>
    square(cell < READABLE ? [] : indices, (row, column) =>
      svg("text", { x: x(column + 0.5), y: x(row + 0.5) }, short(number(row, column))));

  /** A pixel of the image, padding being zero; and a weight of the kernel. */
  const value = (row, column) => get("values")[row]?.[column] ?? 0;
  const weight = (i, j) => get("kernel")[i]?.[j] ?? 0;

  /** What the window of an output [row, column] multiplies: [value, weight]. */
  function products(unit) {
    const [rows, columns] = unit.map((index) => reads(w, positions(w, n)[index]));
    return rows.flatMap((row, i) => columns.map((column, j) => [value(row, column), weight(i, j)]));
  }

  function describe() {
    const never = unread(w, n);
    const padding = `Padding: ${before} before, ${after} after.`;
    const read = never.length ? `Never read: row and column ${never.join(", ")}.` : "Every pixel is read.";
    formula.textContent =
      `o = ⌊(n + padding − ${w.dilation_rate > 1 ? "(d·(k−1)+1)" : "k"}) / s⌋ + 1 = ` +
      `⌊(${n} + ${before} + ${after} − ${span(w)}) / ${w.strides}⌋ + 1 = ${o}.  ${padding}  ${read}`;
    const unit = at();
    const said = [`Output ${o} by ${o}.`, `Row ${unit[0]}, column ${unit[1]}.`];
    sum.textContent = "";
    if (get("values") && get("kernel")) {
      const terms = products(unit);
      const brackets = (number) => (number < 0 ? `(${short(number)})` : short(number));
      const text = terms.map(([value, weight]) => `${short(value)}·${brackets(weight)}`).join(" + ");
      sum.textContent = `${text} = ${short(total(terms))}`;
      said.push(`Sum ${short(total(terms))}.`);
    }
    if (!playing) aloud.say(...said, padding, read);
  }

  const stop = drawOn(model, draw);
  return () => {
    clearInterval(playing);
    stop();
  };
}

const total = (terms) => terms.reduce((sum, [value, weight]) => sum + value * weight, 0);

const range = (count, first = 0) => Array.from({ length: Math.max(count, 0) }, (_, i) => first + i);
/** What comes of each [row, column] of these indices. */
const square = (indices, make) => indices.flatMap((row) => indices.map((column) => make(row, column)));

/** The lines of a grid of `count` cells. */
const grid = (count, cell) =>
  range(count + 1).map((line) => line * cell + 2)
    .map((at) => `M${at} 2v${count * cell}M2 ${at}h${count * cell}`).join("");

/** The same setting in three conventions: output size, padding and where the windows begin. */
function comparison(w, n) {
  const half = Math.floor((span(w) - 1) / 2); // PyTorch pads alike on both sides
  const padded = { ...w, padding: w.padding === "same" ? [half, half] : pads(w, n) };
  const [before, after] = padded.padding;
  // Rounding up: a last window that begins inside the input may hang over its end.
  const up = Math.ceil((n + before + after - span(w)) / w.strides) + 1;
  const begun = range(up).map((stop) => stop * w.strides - before);
  const row = (name, pads, stops) =>
    ["", name, stops.length || "–", pads.join(" | "), stops.join(", ") || "–"];
  const keras = { valid: "Keras", same: "Keras", causal: "Keras, Conv1D only", full: "full, not in Keras" }[w.padding];
  const torch = before === after ? `PyTorch, padding=${before}` : "PyTorch, after F.pad"; // its pairs are rows, columns
  const rows = [
    row(keras ?? (before + after ? "Keras, after ZeroPadding2D" : "Keras"), pads(w, n), positions(w, n)),
    row(torch, [before, after], positions(padded, n)),
    row("rounding up (pooling's ceil_mode)", [before, after], begun.filter((first, stop) => first < n || stop < up - 1)),
  ];
  return table(["convention", "output", "padding", "windows begin at"], rows);
}

export default { render };
