// One window on one axis, as in course/geometry.py: the same arithmetic, in the browser, so that a
// picture answers without asking the kernel. A test holds the two against each other.
//
// A window is {kernel_size, strides, padding, dilation_rate}; padding is "valid", "same",
// "causal", "full", or [before, after]. A problem is {setting, value, why, nearest}, as the
// SettingError there. All sizes are in pixels.

/** Pixels from the first to the last one read: the effective kernel size. */
export const span = (w) => w.dilation_rate * (w.kernel_size - 1) + 1;

/** Pixels added [before, after] an input of n pixels. */
export function pads(w, n) {
  const most = span(w) - 1;
  if (w.padding === "valid") return [0, 0];
  if (w.padding === "causal") return [most, 0];
  if (w.padding === "full") return [most, most];
  if (w.padding !== "same") return w.padding;
  const windows = Math.ceil(n / w.strides);
  const total = Math.max((windows - 1) * w.strides + span(w) - n, 0);
  return [Math.floor(total / 2), total - Math.floor(total / 2)];
}

/** Why this window cannot slide over n pixels, or null. */
export function problem(w, n) {
  const { kernel_size, strides, dilation_rate } = w;
  if (typeof w.padding === "string" && strides > 1 && dilation_rate > 1) {
    const why = `Keras refuses strides > 1 (here ${strides}) together with dilation_rate > 1`;
    return { setting: "dilation_rate", value: dilation_rate, why, nearest: 1 };
  }
  const [before, after] = pads(w, n);
  const padded = n + before + after;
  if (span(w) <= padded) return null;
  let why = `the input has only ${pixels(padded)}${padded > n ? " with its padding" : ""}`;
  if (dilation_rate > 1) why = `the window spans ${pixels(span(w))} and ${why}`;
  if (kernel_size <= padded) {
    const nearest = Math.floor((padded - 1) / (kernel_size - 1));
    return { setting: "dilation_rate", value: dilation_rate, why, nearest };
  }
  const nearest = Math.floor((padded - 1) / dilation_rate) + 1;
  return { setting: "kernel_size", value: kernel_size, why, nearest };
}

/** A problem as a sentence. */
export const sentence = (p) =>
  `${p.setting}=${p.value} is impossible: ${p.why}. Try ${p.setting}=${p.nearest}.`;

/** Number of stops on n pixels; only for a window without a problem. */
export function outputSize(w, n) {
  const [before, after] = pads(w, n);
  return Math.floor((n + before + after - span(w)) / w.strides) + 1;
}

/** First input index of every window; a negative one lies in the padding. */
export function positions(w, n) {
  const [before] = pads(w, n);
  return Array.from({ length: outputSize(w, n) }, (_, stop) => stop * w.strides - before);
}

/** The k input indices that the window at `first` reads, padding included. */
export const reads = (w, first) =>
  Array.from({ length: w.kernel_size }, (_, tap) => first + tap * w.dilation_rate);

/** How often each of the n input pixels is read. */
export function usage(w, n) {
  const times = new Array(n).fill(0);
  for (const first of positions(w, n)) {
    for (const pixel of reads(w, first)) if (pixel >= 0 && pixel < n) times[pixel] += 1;
  }
  return times;
}

/** Indices of the input pixels that no window reads. */
export const unread = (w, n) =>
  usage(w, n).flatMap((times, pixel) => (times === 0 ? [pixel] : []));

/** "1 pixel", "2 pixels". */
const pixels = (count) => `${count} pixel${count === 1 ? "" : "s"}`;
