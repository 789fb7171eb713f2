// Windows one after another, as in course/stack.py.

import { outputSize, pads, problem, span } from "./geometry.js";

/** The maps of a stack, the input first, up to the first layer that does not fit: the receptive
 *  field, and the first and last unit with padding: [from, to). */
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
