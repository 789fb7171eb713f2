// A small image classifier as an editable ledger: what each layer puts out, pads, costs and sees.

import { outputSize, pads, problem, sentence } from "./geometry.js";
import { announcer, button, choice, drawOn, html, keepKeys, set, slider } from "./ui.js";

const PRESETS = { valid: ["valid", 1, 1, 1], same: ["same", 1, 1, 1], strided: ["same", 2, 2, 1] };
const LARGEST = { n: 64, channels: 4, kernel_size: 11, strides: 4, filters: 64 };
const LETTERS = { n: "n, input size", kernel_size: "k, kernel_size", strides: "s, strides", padding: "p, padding" };
const OPTIONS = {
  head: [["dense", "Flatten, Dense(128), Dense(10)"], ["average", "GlobalAveragePooling2D, Dense(10)"]],
  padding: [["valid", "valid"], ["same", "same"]],
};
const HEADINGS = ["layer", "output", "padding", "params", "MACs", "activations", "sees"];
const BARS = [["params", "parameters"], ["macs", "multiply-accumulates (MACs)"]];
const COSTS = ["params", "macs", "activations"];
const TRAITS = ["n", "channels", "layers", "head"];
const SETTINGS = ["kernel_size", "strides", "padding", "filters"];
const MOST_LAYERS = 6;
const PATIENCE = 4; // seconds that an idle kernel may take
const BUSY = "Waiting: the kernel is busy, and builds the network afterwards.";
const BUILDING = "The kernel builds the network. Loading Keras takes some seconds.";
const NO_KERNEL =
  "No kernel answers, and building needs one: run this cell in JupyterLab. A busy one answers later.";

/** @typedef {{n: number, channels: number, layers: Object[], head: string}} Network */

/**
 * The ledger of a network. From a layer that breaks on, a row has a name and a kind only.
 * @param {Network} network
 * @returns {{rows: Object[], broken: Object | null}} `broken`: the problem, and which layer
 */
function ledgerRows({ n, channels, layers, head }) {
  const rows = [];
  let broken = null;
  let [size, depth, field, jump] = [n, channels, 1, 1];
  const add = (name, kind, shape, weights, biases, positions, sides = null) => {
    const [params, macs] = [weights + biases, weights * positions];
    const activations = shape.reduce((product, axis) => product * axis);
    rows.push({ name, kind, ...(!broken && { shape, pads: sides, params, macs, activations, field }) });
  };
  layers.forEach((layer, index) => {
    const w = { ...layer, dilation_rate: 1 };
    const wrong = problem(w, size);
    if (wrong) broken ??= { ...wrong, index, name: `conv${index + 1}` };
    const sides = pads(w, size);
    const weights = w.kernel_size ** 2 * depth * w.filters;
    if (!broken) size = outputSize(w, size);
    field += (w.kernel_size - 1) * jump;
    jump *= w.strides;
    depth = w.filters;
    add(`conv${index + 1}`, "Conv2D", [size, size, depth], weights, depth, size * size, sides);
  });
  field += (size - 1) * jump; // the head looks at the whole map
  if (head === "dense") {
    const flat = size * size * depth;
    add("flatten", "Flatten", [flat], 0, 0, 0);
    add("hidden", "Dense", [128], flat * 128, 128, 1);
    depth = 128;
  } else add("pool", "GlobalAveragePooling2D", [depth], 0, 0, 0);
  add("digit", "Dense", [10], depth * 10, 10, 1);
  return { rows, broken };
}

/** The nearest layers that work, and what was changed. @param {Network} network */
function mend(network) {
  const layers = [...network.layers];
  const changes = [];
  for (let broken; (broken = ledgerRows({ ...network, layers }).broken); ) {
    const { index, name, setting, nearest } = broken;
    layers[index] = { ...layers[index], [setting]: nearest };
    changes.push(`${setting} = ${nearest} in ${name}`);
  }
  return { layers, changes };
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const get = (name) => model.get(name);
  const current = () => Object.fromEntries(TRAITS.map((name) => [name, get(name)]));
  const fixed = (name) => get("fixed").includes(name);
  const gone = (name) => get("hidden").includes(name);
  let first = null; // totals of the network shown first, to compare with
  let [notice, waiting, clock, drawn] = ["", false, 0, ""];

  // Controls
  const control = (name, onchange) => {
    const about = { label: LETTERS[name] ?? name, disabled: fixed(name), onchange };
    const made = name in LARGEST ? slider({ ...about, min: 1, max: LARGEST[name] }) : choice({ ...about, options: OPTIONS[name] });
    made.element.hidden = gone(name);
    return made;
  };
  const names = ["n", "channels", "head"];
  const inputs = names.map((name) => control(name, (value) => set(model, { [name]: value })));
  const cards = Array.from({ length: MOST_LAYERS }, (_, index) => {
    const change = (setting, value) =>
      set(model, { layers: get("layers").with(index, { ...get("layers")[index], [setting]: value }) });
    const controls = SETTINGS.map((setting) => control(setting, (value) => change(setting, value)));
    return { controls, element: html("fieldset", {}, html("legend", {}, `conv${index + 1}`), ...elements(controls)) };
  });
  const add = button("Add a convolution", () => set(model, { layers: [...get("layers"), get("layers").at(-1)] }));
  const remove = button("Remove the last", () => set(model, { layers: get("layers").slice(0, -1) }));
  const presets = Object.entries(PRESETS).map(([preset, [padding, ...steps]]) => {
    const layers = steps.map((strides) => ({ kernel_size: 3, strides, padding, filters: 32 }));
    const network = { n: 28, channels: 1, layers, head: "dense" };
    return { network, element: button(preset, () => set(model, network)) };
  });

  // The ledger, and what Keras says
  const panel = (hidden, children) => html("div", { class: "panel", hidden }, ...children);
  const region = (tag, label) =>
    html(tag, { class: "wide", tabindex: 0, role: "group", "aria-label": label, onkeydown: keepKeys });
  const trouble = html("div", { class: "impossible" });
  const table = region("div", "Ledger");
  const chart = html("div");
  const said = html("div", { class: "formula", role: "status" });
  const summary = region("pre", "model.summary()");
  const aloud = announcer();
  el.classList.add("course-explorer");
  el.append(
    // A preset would move what is fixed.
    panel(gone("presets") || get("fixed").length > 0, elements(presets)),
    panel(false, elements(inputs)),
    html("div", { class: "cards" }, ...elements(cards)),
    panel(gone("layers") || fixed("layers"), [add, remove]),
    trouble, table, chart, panel(gone("build"), [button("Build in Keras", ask)]), said, summary, aloud.element,
  );

  function draw() {
    const network = current();
    const { layers } = network;
    inputs.forEach((each, i) => each.show(network[names[i]]));
    cards.forEach(({ element, controls }, index) => {
      element.hidden = index >= layers.length;
      if (!element.hidden) controls.forEach((each, i) => each.show(layers[index][SETTINGS[i]]));
    });
    add.disabled = layers.length === MOST_LAYERS;
    remove.disabled = layers.length === 1;
    for (const each of presets) each.element.setAttribute("aria-pressed", key(each.network) === key(network));
    const { rows, broken } = ledgerRows(network);
    const totals = Object.fromEntries(COSTS.map((each) => [each, rows.reduce((sum, row) => sum + row[each], 0)]));
    table.replaceChildren(ledgerTable(rows, totals, broken));
    trouble.hidden = !broken;
    chart.hidden = broken;
    if (broken) drawTrouble(network, broken);
    else {
      first ??= totals;
      chart.replaceChildren(...BARS.map(([cost, text]) => bar(rows, cost, text, totals[cost], first[cost])));
      const maps = rows.slice(0, layers.length).map((row) => row.shape[0]);
      aloud.say(`Maps ${[network.n, ...maps].join(", ")}. ${comma(totals.params)} parameters, ${comma(totals.macs)} MACs.`);
    }
    if (key(network) !== drawn && !waiting) notice = "";
    drawn = key(network);
    drawBuilt();
  }

  function drawTrouble(network, broken) {
    const text = `${broken.name}: ${sentence(broken)}`;
    const { layers, changes } = mend(network);
    const fix = button(`Use ${changes.join(", ")}`, () => {
      set(model, { layers });
      cards[broken.index].element.querySelector("input").focus();
    });
    trouble.replaceChildren(text, " ", fixed("kernel_size") ? "" : fix);
    aloud.say(text);
  }

  /** What the kernel is doing, or what Keras said about this very network. */
  function drawBuilt() {
    const old = get("built") && key(get("built_of")) !== drawn && "The network has changed since Keras built it.";
    const [answer, text = ""] = (notice || old || get("built")).split(/\n\n(.*)/s);
    if (said.textContent !== answer) said.textContent = answer;
    summary.textContent = text;
    summary.hidden = !text;
  }
  function tell(text, wait) {
    [notice, waiting] = [text, wait];
    if (!wait) clearInterval(clock);
    drawBuilt();
  }

  /** Ask the kernel to build the network and to compare it with the rows on show. */
  function ask() {
    const { rows, broken } = ledgerRows(current());
    let silence = 0;
    clearInterval(clock);
    clock = setInterval(() => {
      silence = model.widget_manager?.kernel?.status === "busy" ? 0 : silence + 1;
      if (!silence) tell(BUSY, true);
      else if (silence >= PATIENCE) tell(NO_KERNEL, false);
    }, 1000);
    tell("Waiting for the kernel.", true);
    try {
      model.send({ build: current(), rows, broken: broken?.name });
    } catch {
      tell(NO_KERNEL, false);
    }
  }
  function onAnswer({ build }) {
    clearInterval(clock);
    tell(build === "started" ? BUILDING : "", build === "started");
  }

  model.on("msg:custom", onAnswer);
  const stop = drawOn(model, [...TRAITS, "built", "built_of"], draw);
  return () => {
    clearInterval(clock);
    model.off("msg:custom", onAnswer);
    stop();
  };
}

/** The same for the same network. */
const key = (network) => JSON.stringify(network, [...TRAITS, ...SETTINGS]);
const elements = (parts) => parts.map((part) => part.element);
const comma = (number) => (Number.isFinite(number) ? number.toLocaleString("en-US") : "–");

function ledgerTable(rows, totals, broken) {
  const line = (kind, first, ...cells) =>
    html("tr", { class: kind }, html("th", { scope: "row" }, first), ...cells.map((cell) => html("td", {}, cell)));
  const costs = (each) => COSTS.map((cost) => comma(each[cost]));
  const body = rows.map((row) => {
    const [looks, text] = broken?.name === row.name ? ["broken", " does not fit"] : ["", ""];
    const sees = row.field && (row.shape.length < 3 ? "all" : `${comma(row.field)} × ${comma(row.field)}`);
    return line(
      `${row.kind} ${row.name} ${looks}`, `${row.name} (${row.kind})${text}`,
      row.shape?.map(comma).join(" × ") ?? "–", row.pads?.join("|") ?? "–", ...costs(row), sees ?? "–",
    );
  });
  return html(
    "table", {},
    html("thead", {}, html("tr", {}, ...HEADINGS.map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {}, ...body, line("total", "total", "", "", ...costs(totals), "")),
  );
}

/** One quantity of a network as a bar, layer by layer; dashed, how long it was at first. */
function bar(rows, cost, text, total, before) {
  const length = (amount) => `width: calc((100% - 96px) * ${amount / Math.max(total, before)})`;
  const share = (row) => ` ${((100 * row[cost]) / total).toFixed(1)}%`;
  const parts = rows.filter((row) => row[cost]);
  const title = text + (total === before ? "" : `, at first ${comma(before)}`);
  const spoken = parts.map((row) => row.name + share(row)).join(", ");
  return html(
    "div", { role: "img", "aria-label": `${title}: ${comma(total)}. ${spoken}.` }, title,
    html(
      "div", { class: "bar" }, html("div", { class: "before", style: length(before) }),
      ...parts.map((row) => {
        const label = html("b", {}, row.name, html("i", {}, share(row)));
        return html("span", { class: `part ${row.kind} ${row.name}`, style: length(row[cost]) }, label);
      }),
      html("strong", {}, comma(total)),
    ),
  );
}

export default { render };
