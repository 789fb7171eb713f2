// What fills the border: the invented pixels, what they copy, how far they spread.

import { announcer, arrows, box, control, div, drawOn, explorer, html, set, short, warning } from "./ui.js";

const NUMBERED = 9; // pixels a side; larger ones have no room for numbers
const ROOM = 432; // CSS pixels across, in a narrow JupyterLab
const LEGIBLE = 9; // CSS pixels

// Each fill, and what it puts outside.
const FILLS = {
  zero: "every pixel outside is 0",
  reflect: "a mirror on the edge pixel, which is not repeated",
  symmetric: "a mirror behind the edge pixel, which is repeated",
  replicate: "the edge pixel again and again",
  circular: "the pixels of the other end",
};

/** Which of the n pixels of an axis the pixel at `index` copies; -1 for a zero. */
function origin(fill, index, n) {
  if (index >= 0 && index < n) return index;
  const edge = index < 0 ? 0 : n - 1;
  return {
    zero: -1,
    reflect: 2 * edge - index,
    symmetric: 2 * edge - index + Math.sign(index),
    replicate: edge,
    circular: ((index % n) + n) % n,
  }[fill];
}

/** A line of numbers with p more on either side. */
const extend = (line, fill, p) =>
  Array.from({ length: line.length + 2 * p }, (_, i) => line[origin(fill, i - p, line.length)] ?? 0);

/** The mean of each number and its two neighbours. */
function smooth(line, fill) {
  const wide = extend(line, fill, 1);
  return line.map((_, i) => (wide[i] + wide[i + 1] + wide[i + 2]) / 3);
}

/** Change rows, then columns: fills and blurs act on one axis at a time. */
const bothAxes = (rows, change) => transpose(transpose(rows.map(change)).map(change));
const transpose = (rows) => rows[0].map((_, j) => rows.map((row) => row[j]));

function render({ model, el }) {
  const get = (name) => model.get(name);
  let sides; // rows and columns of the image
  const within = (at, p) => sides.map((n, side) => Math.max(-p, Math.min(n - 1 + p, at[side])));

  const controls = [
    control(model, "fill", { label: "fill, what stands outside", options: Object.keys(FILLS) }),
    control(model, "width", { label: "p, pixels of border shown", min: 0, max: 4 }),
    control(model, "layers", { label: "layers of 3 × 3 blur", min: 0, max: 6 }),
    control(model, "contaminated", { label: "hatch what saw padding (contaminated)" }),
  ];
  const [around, result] = [board(), board()];
  const mend = ({ nearest }) => set(model, { width: nearest });
  const [trouble, aloud] = [warning(model, () => around.focus, mend), announcer()];
  const text = div("formula");
  const parts = [div("panel", ...controls), trouble, div("stage", around, result), text, aloud];
  el.append(explorer(...parts));

  /** A picture on which pointer and arrow keys pick a pixel. */
  function board() {
    let p = 0;
    const pick = (at) => set(model, { at: within(at, p) });
    const point = (event) => {
      const scale = canvas.width / canvas.offsetWidth;
      pick([event.offsetY, event.offsetX].map((place) => Math.floor(place * scale) - p));
    };
    const onkeydown = arrows(() => within(get("at"), p), pick);
    const [canvas, over, caption] = ["canvas", "div", "figcaption"].map((tag) => html(tag));
    const about = { class: "pixels", tabindex: 0, role: "application" };
    const focus = html("div", { ...about, onkeydown, onpointerdown: point, onpointermove: point }, canvas, over);

    /** Show rows of numbers, hatched some pixels deep, with marks. */
    function show(title, rows, border, hatched, marks) {
      p = border;
      caption.textContent = title;
      focus.setAttribute("aria-label", `${title}. Arrow keys pick a pixel.`);
      const [high, wide] = sides.map((n) => n + 2 * p);
      const numbered = Math.max(...sides) <= NUMBERED;
      const cell = Math.min(44, Math.floor(ROOM / (numbered ? wide : Math.max(...sides) + 8))); // CSS pixels
      const pen = canvas.getContext("2d");
      pen.font = `100px ${getComputedStyle(focus).fontFamily}`;
      const long = (decimals) => Math.max(...rows.flat().map((each) => pen.measureText(write(each, decimals)).width));
      const size = (decimals) => Math.min(13, (90 * cell) / long(decimals)); // CSS pixels
      const decimals = [3, 2, 1, 0].find((each) => numbered && size(each) >= LEGIBLE); // that have room
      const fontSize = numbered ? size(decimals) / cell : 0; // pixels of the image
      const [low, top] = [Math.min, Math.max].map((end) => end(0, ...get("image").flat())); // 0 may be filled in
      const pixels = new ImageData(wide, high);
      let [hatch, texts] = ["", ""];
      rows.forEach((row, i) => row.forEach((value, j) => {
        const grey = Math.round((255 * (value - low)) / (top - low || 1));
        pixels.data.set([grey, grey, grey, 255], 4 * (i * wide + j));
        if (Math.min(i, j, high - 1 - i, wide - 1 - j) < hatched) hatch += `M${j} ${i + 1}l1 -1`;
        if (decimals === undefined) return;
        // On any grey, one of them has a contrast of at least 4.5 : 1.
        const look = `fill: ${grey > 117 ? "black" : "white"}; stroke: rgb(${grey}, ${grey}, ${grey})`;
        texts += `<text x="${j + 0.5}" y="${i + 0.5}" style="${look}">${write(value, decimals)}</text>`;
      }));
      [canvas.width, canvas.height] = [wide, high];
      pen.putImageData(pixels, 0, 0);
      const pixel = ([i, j]) => box(j + p, i + p, 1);
      // Light on dark is seen on every grey.
      const path = (name, d) => `<path class="course-under" d="${d}"/><path class="course-${name}" d="${d}"/>`;
      over.innerHTML = `<svg aria-hidden="true" width="${wide * cell}" viewBox="0 0 ${wide} ${high}">` +
        path("over", hatch) + `<g font-size="${fontSize}">${texts}</g>` +
        path("edge", box(p, p, sides[1], sides[0])) +
        path("pick", marks.map(pixel).join(""));
    }
    return { show, focus, element: html("figure", {}, caption, focus) };
  }

  function draw() {
    const [image, fill, width, layers] = ["image", "fill", "width", "layers"].map(get);
    sides = [image.length, image[0].length];
    for (const each of controls) each.show();
    const n = Math.min(...sides);
    const nearest = { reflect: n - 1, symmetric: n }[fill] ?? width;
    const why = `${fill} finds only ${nearest} to copy on a side of ${n}`; // as in border.py
    const wrong = trouble.show(width > nearest ? { setting: "width", value: width, why, nearest } : null);
    const p = Math.min(width, nearest);
    const at = within(get("at"), p);
    const inside = within(at, 0);
    const source = at.map((index, side) => origin(fill, index, sides[side]));
    const zero = source.includes(-1);
    let blurred = image;
    for (let i = 0; i < layers; i += 1) blurred = bothAxes(blurred, (row) => smooth(row, fill));
    const padded = bothAxes(image, (row) => extend(row, fill, p));
    around.show(`input ${sides.join(" × ")}, border ${p}`, padded, p, p, zero ? [at] : [source, at]);
    result.show(`output after layer ${layers}`, blurred, 0, get("contaminated") ? layers : 0, [inside]);

    const value = (rows, [i, j]) => write(rows[i][j]);
    const copies = zero ? "is zero" : `copies ${spot(source)}: ${value(image, source)}`;
    const picked = String(at) !== String(inside) ? `Border pixel ${spot(at)} ${copies}.`
      : `Pixel ${spot(at)} is ${value(image, at)}, blurred ${value(blurred, at)}.`;
    const line = sides[1] > NUMBERED ? [1, 2, 3, 4, 5] : image[0];
    const filled = extend(line, fill, p).map((each) => write(each));
    filled.splice(p + line.length, 0, "|");
    filled.splice(p, 0, "|");
    // All saw padding but those at least `count` pixels inside.
    const clean = (count) => sides.reduce((part, n) => part * Math.max(1 - (2 * count) / n, 0), 100);
    const saw = (count) => (100 - clean(count)).toFixed(1);
    const spread = `${saw(layers)} % of the outputs saw padding after layer ${layers}, whatever fills it: ` +
      "each layer pads its own input by 1 pixel. Moving p changes the border you see, not the output.";
    const bars = [1, 2, 3, 4, 5, 6].map((count) =>
      `<li${count === layers ? ' class="course-chosen"' : ""}><div style="height:${saw(count) * 0.4}px"></div>${saw(count)} %`,
    );
    text.innerHTML = `${picked}<br>${fill}, ${FILLS[fill]}: ${filled.join(" ")}`;
    if (get("contaminated")) {
      text.innerHTML += `<br>${spread}` +
        `<br><strong>Outputs that saw padding, layer by layer</strong><ol>${bars.join("")}</ol>`;
    }
    aloud.say(wrong, picked, get("contaminated") ? spread : "");
  }

  return drawOn(model, draw);
}

// A position, and a number to three decimals, with real minus signs.
const spot = (at) => `(${at.join(", ")})`.replaceAll("-", "−");
const write = (value, decimals = 3) => short(value, decimals);

export default { render };
