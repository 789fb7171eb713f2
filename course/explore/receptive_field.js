// A stack of windows on one axis: pick a unit of the last layer and see the pixels behind it.

import { outputSize, pads, problem, reads, sentence, span } from "./geometry.js";
import { announcer, button, choice, drawOn, html, keepKeys, patterns, set, short, slider, svg } from "./ui.js";

const SLIDERS = { kernel_size: 9, strides: 6, dilation_rate: 4, n: 64 };
const PADDINGS = ["valid", "same", "causal", "full", "0,0", "1,1", "2,2", "3,3"];
const MOST_LAYERS = 8;
const [CELL, PITCH] = [22, 54]; // height of a row, and from row to row

/** The maps of a stack, the input first, up to the first layer that does not fit: the receptive
 *  field as in course/receptive_field.py, and the first and last unit with padding: [from, to). */
export function stack(layers, n) {
  const maps = [{ size: n, r: 1, jump: 1, start: 0, from: 0, to: n }];
  for (const w of layers) {
    const below = maps.at(-1);
    if (problem(w, below.size)) break;
    const [before, after] = pads(w, below.size);
    const size = outputSize(w, below.size);
    maps.push({
      size, from: 0, to: size,
      r: below.r + (span(w) - 1) * below.jump,
      jump: below.jump * w.strides,
      start: below.start + ((span(w) - 1) / 2 - before) * below.jump,
    });
    Object.assign(below, { from: -before, to: below.size + after });
  }
  return maps;
}

/** What a unit of the last map reads in every map, the input first, padding included. */
export function cone(layers, maps, unit) {
  const rows = [[unit]];
  for (let i = maps.length - 2; i >= 0; i -= 1) {
    const above = real(rows[0], maps[i + 1]); // padding itself reads nothing
    const units = above.flatMap((u) => reads(layers[i], maps[i].from + u * layers[i].strides));
    rows.unshift([...new Set(units)].sort((a, b) => a - b));
  }
  return rows;
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const get = (name) => model.get(name);
  const fixed = (name) => get("fixed").includes(name);
  const shown = (name, ...elements) => (get("hidden").includes(name) ? [] : elements);
  const chosen = () => clamp(get("selected"), get("layers").length);
  const update = (layers, selected) => set(model, { layers, selected: clamp(selected, layers.length) });
  const change = (index, changes) =>
    update(get("layers").map((w, i) => (i === index ? { ...w, ...changes } : w)), index);

  // Controls
  const layer = choice({ label: "layer", options: [], onchange: (index) => set(model, { selected: +index }) });
  const padding = choice({
    label: "p, padding", options: [], disabled: fixed("padding"),
    onchange: (p) => change(chosen(), { padding: p.includes(",") ? p.split(",").map(Number) : p }),
  });
  const controls = { layer, padding };
  for (const [name, max] of Object.entries(SLIDERS)) {
    const label = `${name[0]}, ${name === "n" ? "input size" : name}`;
    const onchange = (value) => (name === "n" ? set(model, { n: value }) : change(chosen(), { [name]: value }));
    controls[name] = slider({ label, min: 1, max, disabled: fixed(name), onchange });
  }
  const add = button("Add a layer", () => {
    const layers = [...get("layers"), get("layers").at(-1)];
    update(layers, layers.length);
    if (layers.length === MOST_LAYERS) remove.focus(); // a disabled button would lose the focus
  });
  const remove = button("Remove the layer", () => {
    const layers = get("layers").filter((_, i) => i !== chosen());
    update(layers, chosen());
    if (layers.length === 1) add.focus();
  });
  const settings = Object.entries(controls).flatMap(([name, { element }]) => shown(name, element));
  const panel = html("div", { class: "panel" }, ...settings, ...(fixed("layers") ? [] : shown("layers", add, remove)));

  // The picture
  let last = {}; // the last map, and where it is drawn
  const pick = (event) => {
    const x = event.clientX - drawing.getBoundingClientRect().left;
    if (event.buttons) set(model, { unit: clamp(Math.floor((x - last.left) / last.wide), last.size) });
  };
  const drawing = svg("svg", { "aria-hidden": "true", class: "handle", onpointerdown: pick, onpointermove: pick });
  const focus = html("div", { class: "stage", tabindex: 0, role: "application", onkeydown: onKey }, drawing);
  const footprint = svg("svg", { "aria-hidden": "true" });
  const [trouble, formula] = ["impossible", "formula"].map((name) => html("div", { class: name }));
  const [table, aloud] = [html("table"), announcer()];
  el.classList.add("course-explorer");
  el.append(
    panel, trouble, focus, formula,
    html("div", { class: "stage" }, html("figure", {}, html("figcaption", {}, "the pixels behind it, on both axes"), footprint), table), aloud.element,
  );

  function onKey(event) {
    keepKeys(event);
    const at = clamp(get("unit"), last.size);
    const unit = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: Infinity }[event.key];
    if (unit === undefined) return;
    set(model, { unit: clamp(unit, last.size) });
    event.preventDefault();
  }

  function draw() {
    const [layers, n, at] = [get("layers"), get("n"), chosen()];
    const maps = stack(layers, n);
    const good = maps.length - 1; // layers that fit
    const { size, r, jump, start } = maps[good];
    const unit = clamp(get("unit"), size);
    const rows = cone(layers, maps, unit);
    const pixels = real(rows[0], maps[0]);
    const first = start + unit * jump - (r - 1) / 2;

    const values = { n, ...layers[at] };
    for (const name of Object.keys(SLIDERS)) controls[name].show(values[name]);
    const pair = String(values.padding);
    fill(padding, [...new Set([...PADDINGS, pair])].map((p) => [p, p.replace(",", " | ")]), pair);
    fill(layer, layers.map((_, i) => [i, `${i + 1} of ${layers.length}`]), at);
    add.disabled = layers.length >= MOST_LAYERS;
    remove.disabled = layers.length === 1;

    const wrong = good < layers.length && problem(layers[good], size);
    trouble.hidden = !wrong;
    if (wrong) {
      const { setting, nearest } = wrong;
      const fix = button(`Use ${setting} = ${nearest}`, () => {
        change(good, { [setting]: nearest });
        focus.focus();
      });
      trouble.replaceChildren(`Layer ${good + 1}: ${sentence(wrong)} `, fixed(setting) ? "" : fix);
    }
    const who = `Unit ${unit} of ${good ? `layer ${good}` : "the input"}`;
    const read = runs(pixels).map(([from, to]) => (to - from > 1 ? `${from}–${to - 1}` : from));
    formula.textContent =
      `${who}: centre = start + unit·jump = ${short(start)} + ${unit}·${jump} = ${short(start + unit * jump)}; r = ${r}, ` +
      `field ${short(first)} to ${short(first + r - 1)}; reads ${pixels.length} of ${n} pixels: ${read.join(", ") || "only padding"}.`;
    aloud.say(wrong ? trouble.firstChild.textContent : formula.textContent);
    focus.setAttribute("aria-label", `${who}. Left and right arrows choose another.`);
    drawRows(layers, maps, rows);
    drawFootprint(n, r, first, runs(pixels));
    const line = (tag, cells) => `<tr><th>${cells.join(`<${tag}>`)}`;
    const lines = maps.map((map, i) => line("td", [i || "input", map.size, map.r, map.jump, short(map.start)]));
    table.innerHTML = line("th", ["layer", "units", "r", "jump", "start"]) + lines.join("");
  }

  /** A row of cells for each map, the input at the bottom, and the cone through them. */
  function drawRows(layers, maps, rows) {
    // A unit stands over the centre of its field and is as wide as the jump, so that units tile.
    let place = ({ start, jump }, u) => start + (u - 0.5) * jump;
    const edges = maps.flatMap((map) => [place(map, map.from), place(map, map.to)]);
    let [lo, hi] = [Math.min(...edges), Math.max(...edges)];
    const far = hi - lo > 4 * maps[0].size + 32;
    if (far) {
      [lo, hi] = [0, 32];
      place = ({ from, to }, u) => (32 * (u - from)) / (to - from);
    }
    const room = Math.max(240, el.clientWidth - 20);
    const scale = Math.min(38, room / (hi - lo));
    const x = (i, u) => (place(maps[i], u) - lo) * scale + 2;
    const y = (i) => (layers.length - i) * PITCH + 20;
    const parts = [];
    const path = (d, name) => parts.push(svg("path", { d, class: name }));
    const box = (i, from, to) => `M${x(i, from)} ${y(i)}H${x(i, to)}v${CELL}H${x(i, from)}z`;
    const text = (i, words, name = "") => parts.push(svg("text", { x: 2, y: y(i) - 11, class: `tag ${name}` }, words));
    maps.forEach(({ size, from, to }, i) => {
      path(box(i, from, 0) + box(i, size, to), "padding");
      path(box(i, 0, size), i ? "output" : "input");
      let cells = "";
      for (let u = from; u < to; u += 1) cells += box(i, u, u + 1);
      path(cells, "grid");
      if (maps[i + 1] && rows[i].length) {
        const above = real(rows[i + 1], maps[i + 1]);
        const top = `M${x(i + 1, above[0])} ${y(i + 1) + CELL}H${x(i + 1, above.at(-1) + 1)}`;
        path(`${top}L${x(i, rows[i].at(-1) + 1)} ${y(i)}H${x(i, rows[i][0])}z`, "cone");
      }
      path(runs(rows[i]).map((run) => box(i, ...run)).join(""), "window");
    });
    text(0, `input: n = ${maps[0].size}`);
    layers.forEach((w, i) => {
      const d = w.dilation_rate > 1 ? `, d ${w.dilation_rate}` : "";
      const fit = maps[i + 1] ? `, p ${pads(w, maps[i].size).join("|")} → ${maps[i + 1].size}` : " ✗";
      text(i + 1, `layer ${i + 1}: k ${w.kernel_size}, s ${w.strides}${d}${fit}`, i === chosen() && "chosen");
    });
    if (far) text(-1, "Units lie far outside the image: rows have scales of their own.");
    const [left, right] = [0, 1].map((u) => x(maps.length - 1, u));
    last = { size: maps.at(-1).size, left, wide: right - left };
    show(drawing, parts, room + 4, y(0) + PITCH);
  }

  /** The pixels behind the unit [unit, unit], and the square of its field. */
  function drawFootprint(n, r, first, read) {
    const margin = Math.min(r, n) / 2; // what lies farther outside is cut off
    const scale = Math.min(14, 270 / (n + 2 * margin));
    const at = (pixel) => (Math.max(-n, Math.min(2 * n, pixel)) + margin) * scale;
    const box = ([y, bottom], [x, right]) => `M${at(x)} ${at(y)}H${at(right)}V${at(bottom)}H${at(x)}z`;
    const [image, field] = [[0, n], [first, first + r]].map((side) => box(side, side));
    const pixels = read.flatMap((rows) => read.map((columns) => box(rows, columns))).join("");
    const paths = { padding: field, paper: image, input: image, read: pixels, field };
    const end = at(n + margin);
    show(footprint, Object.entries(paths).map(([name, d]) => svg("path", { d, class: name })), end, end);
  }

  new ResizeObserver(draw).observe(panel);
  return drawOn(model, ["n", "layers", "selected", "unit"], draw);
}

/** The nearest index into something of this size. */
const clamp = (index, size) => Math.max(0, Math.min(size - 1, index));
/** Those of the units that a map has; the others are padding. */
const real = (units, { size }) => units.filter((u) => u >= 0 && u < size);

/** Sorted units as runs [from, to) without gaps. */
function runs(units) {
  const all = [];
  for (const u of units) {
    if (all.at(-1)?.[1] === u) all.at(-1)[1] += 1;
    else all.push([u, u + 1]);
  }
  return all;
}

function fill(list, options, value) {
  list.select.replaceChildren(...options.map(([each, text]) => html("option", { value: each }, text)));
  list.show(value);
}

function show(drawing, parts, width, height) {
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.setAttribute("width", width);
  drawing.replaceChildren(patterns(), ...parts);
}

export default { render };
