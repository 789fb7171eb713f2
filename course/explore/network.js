// A small image classifier as an editable ledger: what each layer puts out, pads and costs, and its field.

import { pads, problem } from "./geometry.js";
import { stack } from "./stack.js";
import { announcer, button, control, div, drawOn, explorer, html, layerButtons, region, set, table, warning } from "./ui.js";

const LARGEST = { n: 64, channels: 4, kernel_size: 11, strides: 4, filters: 64 };
const OPTIONS = { head: ["dense", "average"], padding: ["valid", "same"] };
const BARS = [["params", "parameters"], ["macs", "multiply-accumulates (MACs)"]];
const COSTS = ["params", "macs", "activations"];
const TRAITS = ["n", "channels", "layers", "head"];
const SETTINGS = ["kernel_size", "strides", "padding", "filters"];
const PATIENCE = 4; // seconds that an idle kernel may take
const BUSY = "Waiting: the kernel is busy, and builds the network afterwards.";
const BUILDING = "The kernel builds the network. Loading Keras takes some seconds.";
const NO_KERNEL =
  "No kernel answers, and building needs one: run this cell in JupyterLab. A busy one answers later.";

/**
 * The ledger of a network. From a layer that breaks on, a row has a name and a kind only; `broken`
 * is the problem, and which layer has it. `heads` are as in network.py.
 */
export function ledgerRows({ n, channels, layers, head }, heads) {
  const windows = layers.map((layer) => ({ ...layer, dilation_rate: 1 }));
  const maps = stack(windows, n);
  const fits = maps.length - 1;
  const wrong = fits < layers.length && problem(windows[fits], maps[fits].size);
  const broken = wrong ? { ...wrong, index: fits, name: `conv${fits + 1}` } : null;
  const rows = [];
  let depth = channels;
  const add = (name, kind, facts) => rows.push({ name, kind, ...facts });
  windows.forEach((w, index) => {
    const name = `conv${index + 1}`;
    if (index >= fits) return add(name, "Conv2D");
    const { size, r: field } = maps[index + 1];
    const [shape, weights] = [[size, size, w.filters], w.kernel_size ** 2 * depth * w.filters];
    const counts = { params: weights + w.filters, macs: weights * size * size, activations: size * size * w.filters };
    add(name, "Conv2D", { shape, pads: pads(w, maps[index].size), ...counts, field });
    depth = w.filters;
  });
  const { size, r, jump } = maps[fits];
  let units = head === "dense" ? size * size * depth : depth;
  for (const [name, kind, made] of heads[head]) {
    const weights = units * (made ?? 0);
    units = made ?? units;
    const counts = { params: weights + (made ?? 0), macs: weights, activations: kind === "Flatten" ? 0 : units };
    // The head looks at the whole map.
    add(name, kind, broken ? {} : { shape: [units], pads: null, ...counts, field: r + (size - 1) * jump });
  }
  return { rows, broken };
}

/** The nearest layers that work, and what was changed. */
function mend(network, heads) {
  const [mended, changes] = [[...network.layers], []];
  for (let broken; (broken = ledgerRows({ ...network, layers: mended }, heads).broken); ) {
    const { index, name, setting, nearest } = broken;
    mended[index] = { ...mended[index], [setting]: nearest };
    changes.push(`${setting} = ${nearest} in ${name}`);
  }
  return { mended, changes };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const { presets: networks, heads, headings, most } = get("shared");
  const current = () => Object.fromEntries(TRAITS.map((name) => [name, get(name)]));
  let first = null; // totals of the network shown first, to compare with
  let [notice, waiting, clock, drawn] = ["", false, 0, ""];

  // Controls
  const calls = ([, kind, units]) => (units ? `${kind}(${units})` : kind);
  const headed = Object.fromEntries(Object.entries(heads).map(([head, parts]) => [head, parts.map(calls).join(", ")]));
  const setting = (name, onchange) =>
    control(model, name, { max: LARGEST[name], options: OPTIONS[name], onchange, text: (each) => headed[each] ?? each });
  const inputs = ["n", "channels", "head"].map((name) => setting(name));
  const cards = Array.from({ length: most }, (_, index) => {
    const change = (name, value) =>
      set(model, { layers: get("layers").with(index, { ...get("layers")[index], [name]: value }) });
    const controls = SETTINGS.map((name) => setting(name, (value) => change(name, value)));
    return { controls, element: html("fieldset", {}, html("legend", {}, `conv${index + 1}`), ...controls) };
  });
  const count = layerButtons(
    model, most,
    ["Add a convolution", () => set(model, { layers: [...get("layers"), get("layers").at(-1)] })],
    ["Remove the last", () => set(model, { layers: get("layers").slice(0, -1) })],
  );
  const presets = Object.entries(networks).map(([name, network]) => ({ network, element: button(name, () => set(model, network)) }));

  // The ledger, and what Keras says
  const panel = (...children) => div("panel", ...children);
  const [choose, build] = [panel(...presets), panel(button("Build in Keras", ask))];
  const [ledger, summary] = [region("div", "Ledger"), region("pre", "model.summary()")];
  const [chart, said] = [html("div"), html("div", { class: "formula", role: "status" })];
  const home = ({ index }) => cards[index].element.querySelector("input");
  const [trouble, aloud] = [warning(model, home, ({ mended }) => set(model, { layers: mended })), announcer()];
  el.append(explorer(
    choose, panel(...inputs), div("cards", ...cards), count,
    trouble, ledger, chart, build, said, summary, aloud,
  ));

  function draw() {
    const network = current();
    const { layers } = network;
    for (const each of inputs) each.show();
    cards.forEach(({ element, controls }, index) => {
      element.hidden = index >= layers.length;
      if (!element.hidden) for (const { name, show } of controls) show(layers[index][name]);
    });
    choose.hidden = get("hidden").includes("presets") || get("fixed").length > 0; // it would move that
    build.hidden = get("hidden").includes("build");
    count.show();
    for (const each of presets) each.element.setAttribute("aria-pressed", key(each.network) === key(network));
    const { rows, broken } = ledgerRows(network, heads);
    const totals = Object.fromEntries(COSTS.map((each) => [each, rows.reduce((sum, row) => sum + row[each], 0)]));
    ledger.replaceChildren(table(headings, lines(rows, totals, broken)));
    chart.hidden = broken;
    const { mended, changes } = mend(network, heads);
    const why = trouble.show(broken && { ...broken, mended }, `${broken?.name}: `, changes.join(", "));
    if (broken) aloud.say(why);
    else {
      first ??= totals;
      chart.replaceChildren(...BARS.map(([cost, text]) => bar(rows, cost, text, totals[cost], first[cost])));
      const maps = rows.slice(0, layers.length).map((row) => row.shape[0]);
      aloud.say(`Maps ${[network.n, ...maps].join(", ")}.`, `${comma(totals.params)} parameters,`, `${comma(totals.macs)} MACs.`);
    }
    const news = key(network) !== drawn && !waiting;
    drawn = key(network);
    tell(news ? "" : notice, waiting);
  }

  /** Say what the kernel is doing, or what Keras said about this very network. */
  function tell(text, wait) {
    [notice, waiting] = [text, wait];
    if (!wait) clearInterval(clock);
    const old = get("built") && key(get("built_of")) !== drawn && "The network has changed since Keras built it.";
    const [answer, listing = ""] = (notice || old || get("built")).split(/\n\n(.*)/s);
    if (said.textContent !== answer) said.textContent = answer;
    summary.textContent = listing;
    summary.hidden = !listing;
  }

  /** Ask the kernel to build the network and to compare it with the rows on show. */
  function ask() {
    const { rows, broken } = ledgerRows(current(), heads);
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
  const stop = drawOn(model, draw);
  return () => {
    clearInterval(clock);
    model.off("msg:custom", onAnswer);
    stop();
  };
}

/** The same for the same network. */
const key = (network) => JSON.stringify(network, [...TRAITS, ...SETTINGS]);
const comma = (number) => (Number.isFinite(number) ? number.toLocaleString("en-US") : "–");

/** The rows of the table. */
function lines(rows, totals, broken) {
  const costs = (each) => COSTS.map((cost) => comma(each[cost]));
  const line = (row) => {
    const [looks, text] = broken?.name === row.name ? ["broken", " does not fit"] : ["", ""];
    const field = row.field && (row.shape.length < 3 ? "all" : `${comma(row.field)} × ${comma(row.field)}`);
    return [
      `${row.kind} ${row.name} ${looks}`, `${row.name} (${row.kind})${text}`,
      row.shape?.map(comma).join(" × ") ?? "–", row.pads?.join("|") ?? "–", ...costs(row), field ?? "–",
    ];
  };
  return [...rows.map(line), ["total", "total", "", "", ...costs(totals), ""]];
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
