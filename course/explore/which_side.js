// What a stride does to a symmetric picture: Keras beside PyTorch.

import { announcer, control, div, drawOn, explorer, html, short } from "./ui.js";
import { SIDE, dot, line, plate } from "./plate.js";
import { pads, positions } from "./geometry.js";
import { stack } from "./stack.js";

const LIBRARIES = { "Keras, padding='same'": "same", "PyTorch, padding=1": [1, 1] };
const TINY = 1e-9; // differences below it are rounding

/** A white H on black, n × n pixels, as in which_side.py. */
function letter(n) {
  const at = Array.from({ length: n }, (_, i) => Math.abs(2 * i + 1 - n) / n);
  const white = (down, across) => (across > 0.34 ? across < 0.56 && down < 0.7 : down < 0.1);
  return at.map((down) => at.map((across) => Number(white(down, across))));
}

/** The mean under a window of 3 × 3 at each of its stops, zeros around the image. */
function mean(rows, w) {
  const along = (lines) => {
    const nothing = lines[0].map(() => 0);
    const read = positions(w, lines.length).map((first) => [0, 1, 2].map((i) => lines[first + i] ?? nothing));
    return lines[0].map((_, column) => read.map(([a, b, c]) => (a[column] + b[column] + c[column]) / 3));
  };
  return along(along(rows)); // each time rows become columns
}

/** What is to be said about one library, as in which_side.py. */
function said(name, w, maps, n, difference) {
  const [{ start, jump, size }, three] = [maps.at(-1), (number) => short(number, 3)];
  const last = start + jump * (size - 1);
  const off = (start + last) / 2 - (n - 1) / 2;
  const where = off ? `${three(Math.abs(off))} pixels too far ${off > 0 ? "right and down" : "left and up"}`
    : "in the middle of the picture";
  const mirror = difference > TINY ? `crooked, up to ${three(difference)} apart from its mirror image`
    : "its own mirror image";
  const zeros = maps.slice(0, -1).map((map) => pads(w, map.size).join("|"));
  return `${name}: sizes ${maps.map((map) => map.size).join(" → ")}, zeros ${zeros.join(", ")}. ` +
    `The centres ${three(start)} … ${three(last)} are ${where}. The result is ${mirror}.`;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const controls = [
    control(model, "n", { min: 5, max: get("n") > 64 ? 256 : 64 }),
    control(model, "strides", { max: 4 }),
    control(model, "layers", { label: "layers", max: 6 }),
  ];
  const pairs = Object.keys(LIBRARIES).map((name) => {
    const [read, result] = [plate(), plate()];
    return { name, read, result, text: div("formula"), caption: html("figcaption") };
  });
  const figures = pairs.map(({ read, result, text, caption }) =>
    html("figure", {}, caption, div("pair", read, result), text));
  const legend = "Line: the middle of the picture. Orange dots: the centres of what the outputs " +
    "read; the cross: their middle. Hatched: differs from the output on the other side.";
  const aloud = announcer();
  el.append(explorer(div("panel", ...controls), div("stage", ...figures), div("formula", legend), aloud));

  function draw() {
    const [n, strides, count] = ["n", "strides", "layers"].map(get);
    for (const each of controls) each.show();
    const image = letter(n);
    const spoken = pairs.map(({ name, read, result, text, caption }) => {
      const w = { kernel_size: 3, strides, padding: LIBRARIES[name], dilation_rate: 1 };
      const maps = stack(Array(count).fill(w), n);
      const { start, jump, size: o } = maps.at(-1);
      let output = image;
      for (let i = 0; i < count; i += 1) output = mean(output, w);
      const gap = (row, i) => Math.abs(row[i] - row[o - 1 - i]);
      let [hatch, difference] = ["", 0];
      output.forEach((row, y) => row.forEach((_, x) => {
        difference = Math.max(difference, gap(row, x));
        if (gap(row, x) > TINY) hatch += `M${x} ${y + 1}l1 -1`;
      }));
      const centres = Array.from({ length: o }, (_, i) => start + i * jump + 0.5);
      const dense = (jump * SIDE) / n < 4; // dots would cover the picture
      const dots = dense ? "" : centres.flatMap((y) => centres.map((x) => dot(x, y))).join("");
      const middle = (centres[0] + centres.at(-1)) / 2;
      const arm = (10 * n) / SIDE;
      const cross = `M${middle - arm} ${middle}h${2 * arm}M${middle} ${middle - arm}v${2 * arm}`;
      const half = (size) => line("middle", `M${size / 2} 0v${size}`);
      const width = Math.min(4, (0.4 * jump * SIDE) / n);
      caption.textContent = `${name}: ${n} × ${n} becomes ${o} × ${o}`;
      read.show(`The picture, with the centres of what ${name} reads`, image,
        half(n) + line("centre", dots, width) + line("centre", cross));
      result.show(`What ${name} makes of it`, output, half(o) + line("over", hatch, 1));
      return (text.textContent = said(name, w, maps, n, difference));
    });
    aloud.say(...spoken);
  }

  return drawOn(model, draw);
}

export default { render };
