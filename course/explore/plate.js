// A grey picture with marks on it.

import { html } from "./ui.js";

export const SIDE = 196; // CSS pixels of a picture: two fit beside each other in a narrow JupyterLab

/** A picture with marks on it. */
export function plate() {
  const [canvas, over] = [html("canvas"), html("div")];
  const element = html("div", { class: "pixels plate", role: "img" }, canvas, over);

  /** Show grey pixels; `marks` draws over them, on a page that has one unit for each pixel. */
  function show(label, rows, marks) {
    const n = rows.length;
    const pixels = new ImageData(n, n);
    pixels.data.fill(255);
    rows.flat().forEach((value, i) => pixels.data.fill(Math.round(255 * value), 4 * i, 4 * i + 3));
    [canvas.width, canvas.height] = [n, n];
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    element.setAttribute("aria-label", label);
    over.innerHTML = `<svg aria-hidden="true" width="${SIDE}" viewBox="0 0 ${n} ${n}">${marks}`;
  }
  return { element, show };
}

/** A path that is seen on every grey, `width` CSS pixels wide. */
export const line = (name, d, width = 2) =>
  `<path class="course-under" style="stroke-width: ${width + Math.min(width, 2)}" d="${d}"/>` +
  `<path class="course-${name}" style="stroke-width: ${width}" d="${d}"/>`;
export const dot = (x, y) => `M${x} ${y}h0.001`; // of length 0, Chromium draws none
