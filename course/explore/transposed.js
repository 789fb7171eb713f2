// A transposed convolution: each pixel of a page of ones stamps its kernel, and stamps overlap.

import { announcer, arrows, box, canvas, clamp, control, div, drawOn, explorer, html, path, set, show, svg } from "./ui.js";
import { pads } from "./geometry.js";

const STEP = 10; // CSS pixels from one stamp of a row to the next
const ROOM = 420; // CSS pixels across
const READABLE = 13; // CSS pixels of a cell that has room for a number

const range = (count) => Array.from({ length: count }, (_, i) => i);

/** How many stamps fall on each pixel of an axis, and what is cut off, as in transposed.py. */
function stamps(n, k, s, padding) {
  const times = new Array(Math.max((n - 1) * s + k, n * s)).fill(0);
  for (const i of range(n)) for (const tap of range(k)) times[i * s + tap] += 1;
  return [times, ...pads({ kernel_size: k, strides: s, padding, dilation_rate: 1 }, n * s)];
}

/** What is to be said about a setting, as in transposed.py. */
function said(n, k, s, padding) {
  const [times, before, after] = stamps(n, k, s, padding);
  const size = times.length - before - after;
  const cut = before + after ? `; ${before} before and ${after} after are cut off` : "";
  const sentences = [
    `${n} × ${n} pixels stamp ${k} × ${k} weights each, ${s} apart${cut}: ${size} × ${size} come out.`,
    `Stamps along a row: ${times.slice(before, before + size).join(" ")}.`,
  ];
  const inside = times.slice(k - 1, Math.max((n - 1) * s + 1, k - 1));
  if (inside.length >= s) {
    const numbers = [...new Set(inside.flatMap((a) => inside.map((b) => a * b)))].sort((a, b) => a - b);
    const tartan = numbers.length > 1 ? `outputs have ${numbers.join(", ")}: a tartan`
      : `all outputs have ${numbers[0]}: even`;
    sentences.push(`Inside, ${tartan}.`);
  }
  const first = (n - 1) * s + (padding === "valid" ? k : 1);
  const down = range(s).map((i) => first + i).join(" or ");
  return [...sentences, `A convolution with this setting makes ${n} of ${down} pixels.`];
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const at = () => get("at").map((index) => clamp(index, get("n")));
  const pick = (unit) => {
    const inside = unit.map((index) => clamp(index, get("n")));
    if (String(inside) !== String(at())) set(model, { at: inside });
  };
  const controls = [
    control(model, "n", { max: get("n") > 8 ? 14 : 8 }),
    control(model, "kernel_size", { max: 7 }),
    control(model, "strides", { max: 4 }),
    control(model, "padding", { label: "padding", options: ["valid", "same"] }),
  ];
  let pixel; // CSS pixels of a cell of the input
  const point = ({ clientX, clientY }) => {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(image.getScreenCTM().inverse());
    pick([y, x].map((place) => Math.floor((place - 2) / pixel)));
  };
  const image = canvas({
    class: "handle",
    onpointerdown(event) {
      image.setPointerCapture(event.pointerId);
      point(event);
    },
    onpointermove: (event) => event.buttons && point(event),
  });
  const focus = html("div", { tabindex: 0, role: "application", onkeydown: arrows(at, pick) }, image);
  const result = canvas();
  const captions = [html("figcaption"), html("figcaption")];
  const figures = [focus, result].map((each, i) => html("figure", {}, captions[i], each));
  const [text, aloud] = [div("formula"), announcer()];
  el.append(explorer(div("panel", ...controls), div("stage", ...figures), text, aloud));

  /** Cells in rows and columns from (2, top), with the text of each, if there is room. */
  function cells(count, side, top, number) {
    const lines = range(count + 1).map((i) => `M2 ${top + i * side}h${count * side}M${2 + i * side} ${top}v${count * side}`);
    const texts = side < READABLE ? [] : range(count).flatMap((i) => range(count).map((j) =>
      svg("text", { x: (j + 0.5) * side + 2, y: (i + 0.5) * side + top }, number(i, j))));
    return [path("grid", lines.join("")), ...texts];
  }

  function draw() {
    const settings = ["n", "kernel_size", "strides", "padding"].map(get);
    const [n, k, s] = settings;
    for (const each of controls) each.show();
    const [times, before, after] = stamps(...settings);
    const whole = times.length;
    const size = whole - before - after;
    const [row, column] = at();
    const cell = Math.max(6, Math.min(28, Math.floor(ROOM / whole)));
    pixel = Math.max(cell, 16);
    show(image, n * pixel + 4, [
      path("input", box(2, 2, n * pixel)),
      ...cells(n, pixel, 2, () => 1),
      path("window glide", box(column * pixel + 2, row * pixel + 2, pixel)),
    ]);

    const top = n * STEP + 6;
    const [x, y] = [2, top].map((start) => (index) => start + index * cell);
    const bars = range(n).map((i) =>
      path(i === column ? "window" : "read", box(x(i * s), i * STEP + 2, k * cell, STEP - 3)));
    const kept = (index) => index >= before && index < before + size;
    const most = Math.max(...times) ** 2;
    const inner = range(whole).filter(kept);
    const heat = inner.flatMap((i) => inner.map((j) => {
      const count = times[i] * times[j];
      const style = count ? `fill-opacity: ${0.1 + (0.5 * count) / most}` : "";
      return svg("path", { class: count ? "output" : "never", style, d: box(x(j), y(i), cell) });
    }));
    show(result, whole * cell + 4, [
      ...bars,
      path("padding", box(x(0), y(0), whole * cell) + box(x(before), y(before), size * cell)),
      ...heat,
      ...cells(whole, cell, top, (i, j) => (kept(i) && kept(j) ? times[i] * times[j] : "")),
      path("window glide", box(x(column * s), y(row * s), k * cell)),
    ], whole * cell + top + 2);

    captions[0].textContent = `input ${n} × ${n}, all ones`;
    captions[1].textContent = `stamps of a row, and how many overlap in the output, ${size} × ${size}`;
    const from = (index) => Math.max(index * s - before, 0);
    const to = (index) => Math.min(index * s - before + k, size) - 1;
    const where = `Pixel ${row}, ${column} stamps rows ${from(row)} to ${to(row)}, columns ${from(column)} to ${to(column)}.`;
    focus.setAttribute("aria-label", `Input. ${where} Arrow keys choose another pixel.`);
    const sentences = said(...settings);
    text.replaceChildren(...sentences.map((each) => html("div", {}, each)));
    aloud.say(where, ...sentences);
  }

  return drawOn(model, draw);
}

export default { render };
