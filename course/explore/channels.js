// One number of a convolution, opened up: the products in each channel, their sums, and the bias.

import { announcer, arrows, box, canvas, clamp, control, div, drawOn, explorer, html, path, set, short, show, svg } from "./ui.js";

const range = (count) => Array.from({ length: count }, (_, i) => i);
const add = (numbers) => numbers.reduce((sum, each) => sum + each, 0);
const brackets = (number) => (number < 0 ? `(${short(number)})` : short(number));

function render({ model, el }) {
  const get = (name) => model.get(name);
  let sizes; // of the output maps: how many, rows, columns
  let span; // rows and columns of a filter
  let cell; // CSS pixels

  const at = () => ["filter", "row", "column"].map((name, i) => clamp(get(name), sizes[i]));
  const pick = (unit) => {
    const inside = unit.map((index, i) => clamp(index, sizes[i]));
    if (String(inside) !== String(at())) set(model, { filter: inside[0], row: inside[1], column: inside[2] });
  };
  const free = (name) => !get("fixed").includes(name);

  // Controls
  const settings = Object.entries({ filters: "filters in use", filter: "filter", row: "row", column: "column" })
    .map(([name, label]) => control(model, name, { label, min: name === "filters" ? 1 : 0, max: 1 }));
  const inputs = settings.map(({ element }) => element.querySelector("input"));

  // The picture: the input has one tab stop, and so have the maps.
  const move = (event) => arrows(() => at().slice(1), ([row, column]) => go([at()[0], row, column]))(event);
  const go = (unit) => pick(["filter", "row", "column"].map((name, i) => (free(name) ? unit[i] : at()[i])));
  const group = () => html("div", { class: "stage", tabindex: 0, role: "application", onkeydown: move });
  const [input, output] = [group(), group()];
  const [channels, maps] = [[], []]; // what is drawn, one after another
  const [sum, count, aloud] = [div("formula"), div("formula"), announcer()];
  el.append(explorer(div("panel", ...settings), input, sum, output, count, aloud));

  /** A drawing with a caption. `unitAt(row, column)` is the output that a place on it stands for. */
  function board(unitAt, isHandle) {
    const choose = ({ clientX, clientY }) => {
      const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(drawing.getScreenCTM().inverse());
      go(unitAt((y - 2) / cell, (x - 2) / cell));
    };
    const drawing = canvas({
      class: isHandle ? "handle" : null,
      onpointerdown(event) {
        drawing.setPointerCapture(event.pointerId);
        choose(event);
      },
      onpointermove: (event) => event.buttons && choose(event),
    });
    const caption = html("figcaption");
    return { drawing, caption, element: html("figure", {}, caption, drawing) };
  }

  /** As many boards in a place as are needed. */
  function fill(place, boards, wanted, make) {
    while (boards.length < wanted) boards.push(make(boards.length));
    boards.length = wanted;
    place.replaceChildren(...boards.map((each) => each.element));
  }

  /** A grid of numbers whose upper edge is at this row. */
  function cells(name, rows, top = 0) {
    const lines = range(rows.length + 1).map((i) => `M2 ${(top + i) * cell + 2}h${rows[0].length * cell}`);
    lines.push(...range(rows[0].length + 1).map((j) => `M${j * cell + 2} ${top * cell + 2}v${rows.length * cell}`));
    const texts = rows.flatMap((row, i) => row.map((each, j) =>
      svg("text", { x: (j + 0.5) * cell + 2, y: (top + i + 0.5) * cell + 2 }, short(each))));
    return [
      path(name, box(2, top * cell + 2, rows[0].length * cell, rows.length * cell)),
      path("grid", lines.join("")), ...texts,
    ];
  }
  const words = (text, row) => svg("text", { class: "tag", x: 2, y: row * cell + 2 }, text);

  function draw() {
    const [values, kernel, bias, used] = ["values", "kernel", "bias", "filters"].map(get);
    const deep = values[0][0].length;
    span = [kernel.length, kernel[0].length];
    sizes = [used, values.length - span[0] + 1, values[0].length - span[1] + 1];
    const [filter, row, column] = at();
    [bias.length, ...sizes.map((size) => size - 1)].forEach((most, i) => (inputs[i].max = most));
    settings.forEach((each, i) => each.show([used, filter, row, column][i]));

    /** The products of a filter in a channel, for an output. */
    const products = (f, c, r = row, q = column) =>
      range(span[0]).map((i) => range(span[1]).map((j) => values[r + i][q + j][c] * kernel[i][j][c][f]));
    const total = (f, r, q) => add(range(deep).flatMap((c) => products(f, c, r, q).flat())) + bias[f];
    const sums = range(deep).map((c) => add(products(filter, c).flat()));

    const outputs = range(used).map((f) =>
      range(sizes[1]).map((r) => range(sizes[2]).map((q) => total(f, r, q))));
    const seen = [...outputs, ...range(deep).map((c) => products(filter, c))].flat(2);
    cell = Math.max(24, 4 + 8 * Math.max(...seen.map((each) => short(each).length)));

    const middle = ([i, j]) => [i - span[0] / 2, j - span[1] / 2].map(Math.round);
    const below = () => span[0] + 1; // where the channel begins, in rows
    fill(input, channels, deep, () => board((i, j) => [at()[0], ...middle([i - below(), j])], true));
    channels.forEach(({ drawing, caption }, c) => {
      caption.textContent = `channel ${c}`;
      const [image, result] = [below(), below() + values.length + 1];
      const parts = [
        ...cells("weights", range(span[0]).map((i) => range(span[1]).map((j) => kernel[i][j][c][filter]))),
        words(`× filter ${filter}`, span[0] + 0.5),
        ...cells("input", values.map((line) => line.map((pixel) => pixel[c])), image),
        path("window glide", box(column * cell + 2, (image + row) * cell + 2, span[1] * cell, span[0] * cell)),
        words("= products", result - 0.5),
        ...cells("products", products(filter, c), result),
        words(`sum ${short(sums[c])}`, result + span[0] + 0.5),
      ];
      const wide = Math.max(values[0].length, 4) * cell + 4;
      show(drawing, wide, parts, (result + span[0] + 1) * cell + 4);
    });

    fill(output, maps, used, (f) => board((i, j) => [f, Math.floor(i), Math.floor(j)]));
    maps.forEach(({ drawing, caption }, f) => {
      caption.textContent = `map ${f}`;
      const parts = cells("output", outputs[f]);
      if (f === filter) parts.push(path("window glide", box(column * cell + 2, row * cell + 2, cell)));
      show(drawing, Math.max(sizes[2], 3) * cell + 4, parts, sizes[1] * cell + 4);
    });

    const where = `filter ${filter}, row ${row}, column ${column}`;
    const result = short(total(filter, row, column));
    input.setAttribute("aria-label", `Input, ${deep} channels, with the window at ${where}. Arrow keys move it.`);
    output.setAttribute("aria-label", `Output, ${used} maps. ${where} is chosen. Arrow keys choose another.`);
    const terms = `${sums.map(brackets).join(" + ")} + bias ${brackets(bias[filter])} = ${result}`;
    sum.textContent = `Sums of all channels: ${terms}, written into map ${filter} at row ${row}, column ${column}.`;
    const made = `${used} filter${used > 1 ? "s make" : " makes"} ${used} map${used > 1 ? "s" : ""}`;
    count.textContent = `${made}, with (${span.join("·")}·${deep} + 1)·${used} = ` +
      `${(span[0] * span[1] * deep + 1) * used} parameters.`;
    aloud.say(`Filter ${filter}, row ${row}, column ${column}: ${terms}.`, count.textContent);
  }

  return drawOn(model, draw);
}

export default { render };
