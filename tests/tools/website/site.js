// What stands in for the kernel: it brings explorers, predictions and the progress page to life.

import { AnswerError } from "./answers.js";
import { progress } from "./progress.js";
import { add, entries, trouble } from "./record.js";
import { decoded, judge } from "./table.js";

const fileName = (name) => `${name.replace(/Explorer$/, "").replace(/(?!^)[A-Z]/g, "_$&").toLowerCase()}.js`;
const content = (place) => JSON.parse(place.previousElementSibling.textContent);

/** A prediction's model: what course/predict/prediction.py does, without Python. */
function stand(tables, percents) {
  let table = tables[0];
  const listeners = {};
  const tell = (event, ...details) => (listeners[event] ?? []).forEach((each) => each(...details));
  const state = { sure: percents, attempt: 0, earlier: {}, shown: {}, says: "", picture: "", notice: "", _css: "" };
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
        question: table.question, lesson: lesson(), time: new Date().toISOString().replace(/\.\d+Z/, "+00:00"),
        answer, sure, correct: judged.correct, mistake: judged.mistake, tells: table.tells,
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
      ask(others.find(({ question }) => !answered.has(question)) ?? others[0]);
    },
  };
  function ask(next) {
    table = next;
    const { prompt, fields } = table;
    change({ prompt, fields, shown: {}, earlier: {}, says: "", picture: "", attempt: state.attempt + 1 });
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

/** The notebook that this page is made of. */
const lesson = () => decodeURI(location.pathname).split("/").pop().replace(/\.html$/, ".ipynb");

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

const details = (open) => () => {
  for (const each of document.querySelectorAll("details.hide")) {
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
  enliven(document);
  const section = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (section) addEventListener("load", () => setTimeout(() => section.scrollIntoView())); // what is above has grown
  for (const event of ["resize", "toggle"]) addEventListener(event, reach, true);
  reach();
  new MutationObserver(() => enliven(document)).observe(document.body, { childList: true, subtree: true });
  addEventListener("beforeprint", details(true)); // on paper nothing can be opened
  addEventListener("afterprint", details(false));
});
