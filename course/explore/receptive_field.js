// A stack of windows on one axis: pick a unit of the last layer and see the pixels behind it.

import { pads, problem, reads } from "./geometry.js";
import { stack } from "./stack.js";
import { announcer, arrows, box, canvas, clamp, control, div, drawOn, explorer, html, layerButtons, PADDINGS, path, region, set, short, show, svg, table, warning } from "./ui.js";

const LARGEST = { kernel_size: 9, strides: 6, dilation_rate: 4 };
const MOST_LAYERS = 8;
const [CELL, PITCH] = [22, 54]; // height of a row, and from row to row

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

function render({ model, el }) {
  const get = (name) => model.get(name);
  const chosen = () => clamp(get("selected"), get("layers").length);
  const update = (layers, selected) => set(model, { layers, selected });
  const change = (index, changes) => update(get("layers").with(index, { ...get("layers")[index], ...changes }), index);

  // Controls
  const layer = control(model, "selected", {
    label: "layer", options: [], text: (index) => `${index + 1} of ${get("layers").length}`,
  });
  const size = control(model, "n", { max: 64 });
  const settings = ["padding", ...Object.keys(LARGEST)].map((name) =>
    control(model, name, {
      max: LARGEST[name], options: name === "padding" ? PADDINGS : null,
      onchange: (value) => change(chosen(), { [name]: value }),
    }),
  );
  const count = layerButtons(
    model, MOST_LAYERS,
    ["Add a layer", () => update([...get("layers"), get("layers").at(-1)], get("layers").length)],
    ["Remove the layer", () => update(get("layers").filter((_, i) => i !== chosen()), chosen())],
  );
  // The picture
  let last = {}; // the last map, and where it is drawn
  const pick = (unit) => set(model, { unit: clamp(unit, last.size) });
  const point = ({ buttons, clientX }) => {
    const x = clientX - drawing.getBoundingClientRect().left;
    if (buttons) pick(Math.floor((x - last.left) / last.wide));
  };
  const onkeydown = arrows(() => [0, clamp(get("unit"), last.size)], ([, unit]) => pick(unit));
  const drawing = canvas({ class: "handle", onpointerdown: point, onpointermove: point });
  const focus = html("div", { class: "stage", tabindex: 0, role: "application", onkeydown }, drawing);
  const footprint = canvas();
  const [formula, fields] = [div("formula"), region("div", "Fields of the layers")];
  const mend = ({ good, setting, nearest }) => change(good, { [setting]: nearest });
  const [warned, aloud] = [warning(model, () => focus, mend), announcer()];
  const caption = html("figcaption", {}, "the pixels behind it, on both axes");
  const panel = div("panel", layer, ...settings, size, count);
  const below = div("stage", html("figure", {}, caption, footprint), fields);
  el.append(explorer(panel, warned, focus, formula, below, aloud));

  function draw() {
    const [layers, n, at] = [get("layers"), get("n"), chosen()];
    const maps = stack(layers, n);
    const good = maps.length - 1; // layers that fit
    const { size: units, r, jump, start } = maps[good];
    const unit = clamp(get("unit"), units);
    const rows = cone(layers, maps, unit);
    const pixels = real(rows[0], maps[0]);
    const first = start + unit * jump - (r - 1) / 2;

    size.show();
    layer.show(at, [...layers.keys()]);
    for (const { name, show } of settings) show(layers[at][name]);
    count.show();

    const who = `Unit ${unit} of ${good ? `layer ${good}` : "the input"}`;
    const read = runs(pixels).map(([from, to]) => (to - from > 1 ? `${from}–${to - 1}` : from));
    const facts = [
      `${who}: centre = start + unit·jump = ${short(start)} + ${unit}·${jump} = ${short(start + unit * jump)}`,
      `r = ${r}`, `field ${short(first)} to ${short(first + r - 1)}`,
      `reads ${pixels.length} of ${n} pixels: ${read.join(", ") || "only padding"}.`,
    ];
    formula.textContent = facts.join("; ");
    focus.setAttribute("aria-label", `${who}. Left and right arrows choose another.`);
    drawRows(layers, maps, rows);
    drawFootprint(n, r, first, runs(pixels));
    const lines = maps.map((map, i) => ["", i || "input", map.size, map.r, map.jump, short(map.start)]);
    fields.replaceChildren(table(["layer", "units", "r", "jump", "start"], lines));

    const wrong = good < layers.length ? { ...problem(layers[good], units), good } : null;
    const trouble = warned.show(wrong, `Layer ${good + 1}: `);
    aloud.say(...(trouble ? [trouble] : facts));
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
    const room = Math.max(240, panel.clientWidth - 4);
    const scale = Math.min(38, room / (hi - lo));
    const x = (i, u) => (place(maps[i], u) - lo) * scale + 2;
    const y = (i) => (layers.length - i) * PITCH + 20;
    const parts = [];
    const add = (name, d) => parts.push(path(name, d));
    const cell = (i, from, to) => box(x(i, from), y(i), x(i, to) - x(i, from), CELL);
    const text = (i, words, name = "") => parts.push(svg("text", { x: 2, y: y(i) - 11, class: `tag ${name}` }, words));
    maps.forEach(({ size, from, to }, i) => {
      add("padding", cell(i, from, 0) + cell(i, size, to));
      add(i ? "output" : "input", cell(i, 0, size));
      let cells = "";
      for (let u = from; u < to; u += 1) cells += cell(i, u, u + 1);
      add("grid", cells);
      if (maps[i + 1] && rows[i].length) {
        const above = real(rows[i + 1], maps[i + 1]);
        const top = `M${x(i + 1, above[0])} ${y(i + 1) + CELL}H${x(i + 1, above.at(-1) + 1)}`;
        add("cone glide", `${top}L${x(i, rows[i].at(-1) + 1)} ${y(i)}H${x(i, rows[i][0])}z`);
      }
      add("window glide", runs(rows[i]).map((run) => cell(i, ...run)).join(""));
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
    show(drawing, room + 4, parts, y(0) + PITCH);
  }

  /** The pixels behind the unit [unit, unit], and the square of its field. */
  function drawFootprint(n, r, first, read) {
    const margin = Math.min(r, n) / 2; // what lies farther outside is cut off
    const scale = Math.min(14, 270 / (n + 2 * margin));
    const at = (pixel) => (pixel + margin) * scale;
    const square = ([y, bottom], [x, right]) => box(at(x), at(y), at(right) - at(x), at(bottom) - at(y));
    const [image, field] = [[0, n], [first, first + r]].map((side) => square(side, side));
    const pixels = read.flatMap((rows) => read.map((columns) => square(rows, columns))).join("");
    const paths = { padding: field, paper: image, input: image, "read glide": pixels, "field glide": field };
    show(footprint, at(n) + margin * scale, Object.entries(paths).map((each) => path(...each)));
  }

  const watch = new ResizeObserver(draw);
  watch.observe(panel);
  const stop = drawOn(model, draw);
  return () => {
    watch.disconnect();
    stop();
  };
}

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

export default { render };
