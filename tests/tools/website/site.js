// What stands in for the kernel: it brings explorers, predictions and the progress page to life.

import { AnswerError } from "./answers.js";
import { progress } from "./progress.js";
import { add, entries, trouble } from "./record.js";
import { decoded, judge } from "./table.js";

const fileName = (name) => `${name.replace(/Explorer$/, "").replace(/(?!^)[A-Z]/g, "_$&").toLowerCase()}.js`;
const content = (place) => JSON.parse(place.previousElementSibling.textContent);

/** A prediction's model: what course/predict/prediction.py does, without Python. */
function stand(tables, percents, lesson) {
  let table = tables[0];
  const listeners = {};
  const tell = (event, ...details) => (listeners[event] ?? []).forEach((each) => each(...details));
  const state = { sure: percents, attempt: 0, earlier: {}, shown: {}, says: "", picture: "", notice: trouble(), _css: "" };
  const change = (values) => {
    Object.assign(state, values);
    tell("change");
  };

  function reveal({ answer, sure }, { correct, message, see, says, picture }) {
    change({ shown: { answer, sure, correct, message, see }, says, picture, notice: trouble() });
  }
  const actions = {
    look() {
      const before = entries().filter(({ question }) => question === table.question).at(-1);
      if (before) change({ earlier: before });
    },
    commit({ answer, sure }) {
      const judged = judge(table, answer);
      if (!percents.some(([percent]) => percent === sure)) return tell("msg:custom", { problem: "Say how sure you are, too.", field: "sure" });
      add({
        question: table.question, lesson, time: new Date().toISOString().replace(/\.\d+Z/, "+00:00"),
        answer, sure, correct: judged.correct, mistake: judged.mistake, tells: judged.tells,
      });
      document.dispatchEvent(new Event("course-answer"));
      reveal({ answer, sure }, judged);
    },
    explain: () => reveal(state.earlier, judge(table, state.earlier.answer)),
    again: () => ask(table),
    another() {
      const answered = new Set(entries().map(({ question }) => question));
      const at = tables.indexOf(table);
      const others = [...tables.slice(at + 1), ...tables.slice(0, at)];
      const fresh = others.find(({ question }) => !answered.has(question));
      ask(fresh ?? others[0]);
      if (!fresh) change({ notice: "You have answered all of these: they repeat. The notebook has more." });
    },
  };
  function ask(next) {
    table = next;
    const { prompt, fields } = table;
    change({ prompt, fields, shown: {}, earlier: {}, says: "", picture: "", notice: trouble(), attempt: state.attempt + 1 });
  }
  Object.assign(state, { prompt: table.prompt, fields: table.fields });
  return {
    get: (name) => state[name],
    on: (event, listener) => (listeners[event] ??= []).push(listener),
    off(event, listener) {
      listeners[event] = (listeners[event] ?? []).filter((each) => each !== listener);
    },
    send({ action, with: values = {} }) {
      try {
        actions[action](values);
      } catch (error) {
        if (!(error instanceof AnswerError)) throw error;
        tell("msg:custom", { problem: error.message, field: "answer" });
      }
    },
  };
}

/** Bring to life what has been added to the page. */
function enliven(part) {
  for (const place of part.querySelectorAll("[data-course-explorer]:not([data-alive])")) {
    place.dataset.alive = "";
    modules["place.js"].settle(place, modules[fileName(place.dataset.courseExplorer)], "", null);
  }
  for (const place of part.querySelectorAll("[data-course-prediction]:not([data-alive])")) {
    place.dataset.alive = "";
    modules["predict.js"].render({ model: stand(...content(place)), el: place });
  }
  for (const place of part.querySelectorAll("[data-course-progress]:not([data-alive])")) {
    place.dataset.alive = "";
    progress(place, decoded(content(place)));
  }
}

/** All that is folded, opened or as it was. */
const details = (open) => () => {
  for (const each of document.querySelectorAll("details")) {
    if (open) each.dataset.before = each.open;
    each.open = open || each.dataset.before === "true";
  }
};

/** Let keys reach what is too wide for its place. */
function reach() {
  for (const each of document.querySelectorAll("pre")) each.tabIndex = each.scrollWidth > each.clientWidth ? 0 : -1;
}

const LABELS = { ".sidebar-drawer": "Lessons", ".toc-drawer": "On this page" }; // the theme gives none

document.addEventListener("DOMContentLoaded", () => {
  for (const [part, label] of Object.entries(LABELS)) document.querySelector(part)?.setAttribute("aria-label", label);
  addEventListener("beforeprint", details(true)); // on paper nothing can be opened
  addEventListener("afterprint", details(false));
  for (const event of ["resize", "toggle"]) addEventListener(event, reach, true);
  const section = document.querySelector(":target");
  if (section) addEventListener("load", () => setTimeout(() => section.scrollIntoView())); // what is above has grown
  new MutationObserver(() => enliven(document)).observe(document.body, { childList: true, subtree: true });
  enliven(document);
  reach();
});
