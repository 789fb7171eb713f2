// A prediction: answer, say how sure you are, commit, and then see. The kernel is the judge; until
// it has judged, nothing here knows what is right.

import { lead } from "./land.js";
import { arrows, button, clamp, div, drawOn, html, newId } from "./ui.js";

const LATE = 400; // milliseconds until it is said that the kernel takes its time
const TOO_LATE = 5_000;
const WAITING = "Waiting for the kernel…";
const SILENT =
  "Still waiting: the answer comes from a running kernel. If yours is busy, it will come; if it " +
  "was stopped or restarted, run the cells from the top down to this one again.";

/** Listens to keys: Enter commits. (A form does it by itself, but JupyterLab forbids it in a cell.) */
function submit(event) {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  event.target.form.requestSubmit();
}

/** A text field. Controls of an answer have an element, a value that is sent, and a first stop. */
function typed({ asks }, described) {
  const id = newId();
  const input = html("input", {
    id, type: "text", autocomplete: "off", spellcheck: "false", maxlength: 200,
    "aria-describedby": described, onkeydown: submit,
  });
  const element = div("row", html("label", { for: id }, `Your answer: ${asks}`), input);
  return { element, value: () => input.value, first: () => input };
}

/** Radio buttons, [value, text] each. */
function radios(legend, options, described) {
  const name = newId();
  const inputs = options.map(([value]) => html("input", { type: "radio", name, value }));
  const labels = options.map(([, text], i) => html("label", {}, inputs[i], ` ${text}`));
  const attributes = { class: "answers", role: "radiogroup", "aria-describedby": described };
  const element = html("fieldset", attributes, html("legend", {}, legend), ...labels);
  const chosen = () => inputs.find((input) => input.checked);
  return { element, value: () => chosen()?.value ?? "", first: () => chosen() ?? inputs[0] };
}

/** A row of pixels to press, one tab stop: arrows move, space presses. */
function pixelRow({ n }, described) {
  const cells = [...Array(n).keys(), "none"].map((pixel) => button(pixel, (event) => press(event.target)));
  const pressed = (cell) => cell.ariaPressed === "true";
  const none = cells[n];
  let at = 0;
  function go(to) {
    cells[at].tabIndex = -1;
    at = clamp(to, cells.length);
    cells[at].tabIndex = 0;
  }
  function press(cell) {
    const on = !pressed(cell);
    // “None” and a pixel exclude each other.
    const others = on ? cells.filter((each) => (each === none) !== (cell === none)) : [];
    for (const each of others) each.ariaPressed = "false";
    cell.ariaPressed = String(on);
    go(cells.indexOf(cell));
  }
  const onkeydown = arrows(() => [0, at], ([, to]) => {
    go(to);
    cells[at].focus();
  });
  for (const each of cells) Object.assign(each, { tabIndex: -1, ariaPressed: "false" });
  go(0);
  const element = html(
    "fieldset",
    { class: "answers", "aria-describedby": described, onkeydown },
    html("legend", {}, "Your answer: press the pixels, or none (arrow keys move, space presses)"),
    ...cells,
  );
  const value = () => cells.filter(pressed).map((cell) => cell.textContent).join(", ");
  return { element, value, first: () => cells[at] };
}

const CONTROLS = {
  text: typed,
  choice: ({ options }, described) => radios("Your answer", options.map((each) => [each, each]), described),
  pixels: pixelRow,
};

/** Text that may hold <strong> and <code>; Python has escaped the rest. */
function rich(tag, text) {
  const element = html(tag);
  element.innerHTML = text;
  return element;
}

function render({ model, el }) {
  const described = newId();
  const asked = newId(); // the question is read with the field, however one comes to it
  const [question, sheet, buttons, says, picture, notice] = Array.from({ length: 6 }, () => html("div"));
  const problem = html("p", { id: described, role: "alert", class: "problem" });
  const status = html("p", { role: "status", tabindex: -1 });
  const result = html("div", { "aria-live": "polite" }, html("div"), says);
  const form = html("form", { onsubmit: commit }, sheet, problem, div("row", html("button", {}, "Commit")));
  notice.setAttribute("role", "status");
  question.id = asked;
  const part = div("prediction", question, form, status, result, buttons, notice);
  el.className = "course-explorer";
  el.replaceChildren(html("style", {}, model.get("_css")), part, picture);

  let answer, sure, drawn, timers = [];
  let mine = false; // whether this view acted last, and so takes the focus along

  function wait(on) {
    timers.forEach(clearTimeout);
    timers = [];
    status.textContent = "";
    sheet.inert = form.inert = buttons.inert = on;
    if (!on) return;
    for (const [time, text] of [[LATE, WAITING], [TOO_LATE, SILENT]]) {
      timers.push(setTimeout(() => (status.textContent = text), time));
    }
  }

  function send(action, values = {}) {
    mine = true;
    status.focus(); // what had the focus is about to be locked
    problem.textContent = "";
    wait(true);
    try {
      model.send({ action, with: values });
    } catch (error) {
      timers.forEach(clearTimeout);
      status.textContent = SILENT;
    }
  }

  function commit(event) {
    event.preventDefault();
    const attempt = model.get("attempt");
    send("commit", { answer: answer.value(), sure: Number(sure.value()) || null, attempt });
  }

  function refuse({ problem: text, field }) {
    if (!text) return;
    wait(false);
    problem.textContent = text;
    for (const each of [answer, sure]) each.first().removeAttribute("aria-invalid");
    const control = field === "sure" ? sure : answer;
    if (control.first().type === "text") control.first().setAttribute("aria-invalid", "true");
    if (mine) control.first().focus();
    mine = false;
  }

  function ask() {
    const fields = model.get("fields");
    question.replaceChildren(rich("p", model.get("prompt")));
    answer = CONTROLS[fields.kind](fields, `${asked} ${described}`);
    sure = radios("How sure are you that this is right?", model.get("sure"), described);
    sheet.replaceChildren(answer.element, sure.element);
    problem.textContent = "";
  }

  /** The judgement, or what was answered before the kernel started. */
  function reveal(shown, earlier) {
    const given = shown ?? earlier;
    const mark = html("span", { "aria-hidden": "true" }, given.correct ? "✓ " : "✗ ");
    const verdict = html("p", { tabindex: -1, class: "verdict" }, mark);
    if (shown) verdict.append(rich("span", shown.message));
    else verdict.append(given.correct ? "You have answered this: right." : "You have answered this: not right yet.");
    const yours = html("p", {}, `Your answer: ${given.answer} (${given.sure} % sure).`);
    const see = shown?.see ? [lead(rich("p", shown.see))] : [];
    result.firstChild.replaceChildren(verdict, yours, ...see);
    buttons.replaceChildren(
      ...(shown ? [] : [button("Show the explanation", () => send("explain"))]),
      button("Try again", () => send("again")),
      button("Another one", () => send("another")),
    );
    if (shown && mine) verdict.focus();
  }

  const seen = {};
  const changed = (name) => seen[name] !== (seen[name] = model.get(name));

  function draw() {
    if (changed("says")) says.replaceChildren(rich("p", model.get("says")));
    if (changed("notice")) notice.textContent = model.get("notice");
    if (changed("picture")) {
      // So made, the scripts in it run.
      picture.replaceChildren(document.createRange().createContextualFragment(model.get("picture")));
    }
    const [shown, earlier] = ["shown", "earlier"].map((name) => {
      const value = model.get(name);
      return Object.keys(value).length ? value : null;
    });
    const now = JSON.stringify([model.get("attempt"), shown, earlier]);
    if (now === drawn) return;
    const open = !shown && !earlier;
    wait(false);
    if (drawn === undefined || open) ask();
    drawn = now;
    form.hidden = !open;
    buttons.hidden = result.hidden = open;
    if (open) {
      result.firstChild.replaceChildren();
      if (mine) answer.first().focus();
    } else reveal(shown, earlier);
    mine = false;
  }

  buttons.className = "course-panel";
  model.on("msg:custom", refuse);
  const stop = drawOn(model, draw);
  model.send({ action: "look" });
  return () => {
    wait(false);
    model.off("msg:custom", refuse);
    stop();
  };
}

globalThis.coursePrediction = render; // for the script in a cell's output

export default { render };
