// A picture that moves by a pixel: what a stride keeps of it, with and without a blur before.

import { announcer, control, div, drawOn, explorer, html, region, short, table } from "./ui.js";
import { dot, line, plate } from "./plate.js";

const TINY = 1e-9; // differences below it are rounding
const FARTHEST = 8; // pixels

const around = (list, i) => list[((i % list.length) + list.length) % list.length];

/** The picture moved to the right; what leaves it comes in on the left. */
const moved = (rows, by) => rows.map((row) => row.map((_, i) => around(row, i - by)));

/** The mean of each pixel, counted twice, and its two neighbours, along both axes. */
function blurred(rows) {
  const along = (lines) => lines[0].map((_, i) =>
    lines.map((each) => (around(each, i - 1) + 2 * each[i] + around(each, i + 1)) / 4));
  return along(along(rows)); // each time rows become columns
}

/** What a stride keeps. */
function kept(rows, strides) {
  const every = (list) => list.filter((_, i) => i % strides === 0);
  return every(rows).map(every);
}

const mean = (rows) => rows.flat().reduce((sum, each) => sum + each, 0) / rows.flat().length;

/** How far the unmoved pixels are from these, however they are moved along: [how far, by how much]. */
function nearest(before, after) {
  const far = before[0].map((_, by) => {
    const other = moved(before, by).flat();
    return Math.max(...after.flat().map((each, i) => Math.abs(each - other[i])));
  });
  const least = Math.min(...far);
  return [least, far.findIndex((each) => each <= least + TINY)];
}

/** What is to be said about a setting, as in shift.py. */
function said(image, before, after, { shift, strides, blur, answers }) {
  const three = (number) => short(number, 3);
  const [far, by] = nearest(before, after);
  return [
    `${image.length} × ${image.length} pixels, moved by ${shift}${blur ? ", blurred" : ""}, stride ${strides}: ` +
      `${after.length} × ${after.length} are kept. Their mean is ${three(mean(after))}, unmoved ${three(mean(before))}.`,
    far < TINY ? `They are the unmoved ones, moved along by ${by}.`
      : `However the unmoved ones are moved along, they are up to ${three(far)} apart.`,
    ...Object.entries(answers).filter(([, each]) => shift < each.length).map(([name, each]) => `${name}: ${each[shift]}, unmoved ${each[0]}.`),
  ];
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const most = Math.min(FARTHEST, ...Object.values(get("answers")).map((each) => each.length - 1));
  const controls = [
    control(model, "shift", { label: "move to the right", min: 0, max: most }),
    control(model, "strides", { max: 4 }),
    control(model, "blur", { label: "blur first" }),
  ];
  const plates = [plate(), plate()];
  const captions = [html("figcaption"), html("figcaption")];
  const figures = plates.map((each, i) => html("figure", {}, captions[i], each));
  const [told, text, aloud] = [region("div", "What networks answer"), div("formula"), announcer()];
  told.hidden = !Object.keys(get("answers")).length;
  el.append(explorer(div("panel", ...controls), div("stage", ...figures), told, text, aloud));

  function draw() {
    const state = Object.fromEntries(["shift", "strides", "blur", "answers"].map((name) => [name, get(name)]));
    const { shift, strides, blur, answers } = state;
    for (const each of controls) each.show();
    const image = get("image");
    const smooth = (rows) => (blur ? blurred(rows) : rows);
    const now = smooth(moved(image, shift));
    const [before, after] = [kept(smooth(image), strides), kept(now, strides)];
    const places = (size) => [...Array(size).keys()].filter((i) => i % strides === 0);
    const dots = places(image.length).flatMap((y) => places(image.length).map((x) => dot(x + 0.5, y + 0.5)));
    captions[0].textContent = `moved by ${shift}${blur ? ", and blurred" : ""}`;
    captions[1].textContent = `what stride ${strides} keeps (dots)`;
    plates[0].show("The picture, with dots on the pixels that are kept", now, line("centre", dots.join(""), 3));
    plates[1].show("What is kept of it", after, "");
    const rows = Object.entries(answers).map(([name, each]) =>
      ["", name, ...each.map((answer) => (answer === each[0] ? answer : `≠ ${answer}`))]);
    told.replaceChildren(table(["moved by", ...(Object.values(answers)[0] ?? []).keys()], rows));
    for (const row of told.querySelectorAll("tr")) row.children[shift + 1]?.setAttribute("class", "course-now");
    const sentences = said(image, before, after, state);
    text.replaceChildren(...sentences.slice(0, 2).map((each) => html("div", {}, each)));
    aloud.say(...sentences);
  }

  return drawOn(model, draw);
}

export default { render };
