// The progress page without a kernel: what course/predict/progress.py says, of this browser's record.

import { download, entries, trouble } from "./record.js";

/** For each way of being sure, in per cent: how many first answers were right, of how many. */
function calibration(answers, sure) {
  const first = new Map(); // after the first answer, the student has seen what is right
  for (const entry of answers) if (!first.has(entry.question)) first.set(entry.question, entry);
  return sure.map((percent) => {
    const mine = [...first.values()].filter((entry) => entry.sure === percent);
    return [percent, mine.filter((entry) => entry.correct).length, mine.length];
  });
}

/** The misconceptions that were met, in the order of the first time: {name, times, since}. */
function misconceptions(answers, known) {
  const met = new Map();
  const asked = new Set();
  for (const { question, tells, correct, mistake } of answers) {
    for (const one of asked.has(question) ? [] : met.values()) {
      if (tells.includes(one.name)) one.since = correct ? one.since + 1 : 0;
    }
    asked.add(question);
    if (!Object.hasOwn(known, mistake ?? "")) continue;
    if (!met.has(mistake)) met.set(mistake, { name: mistake, times: 0, since: 0 });
    const one = met.get(mistake);
    Object.assign(one, { times: one.times + 1, since: 0 });
  }
  return [...met.values()];
}

/** All that the page says, as texts. */
export function told(answers, { mistakes, sure, mastered, nothing }) {
  const percents = Object.keys(sure).map(Number);
  const sums = calibration(answers, percents);
  const words = sums.filter(([, , asked]) => asked)
    .map(([percent, right, asked]) => `when ${percent} % sure, right in ${right} of ${asked}`);
  const lessons = [...new Set(answers.map((entry) => entry.lesson))].sort();
  const done = lessons.map((lesson) => {
    const each = calibration(answers.filter((entry) => entry.lesson === lesson), percents);
    const [right, asked] = [1, 2].map((at) => each.reduce((sum, one) => sum + one[at], 0));
    const name = lesson.replace(/\.ipynb$/, "").replaceAll("_", " ") || "other questions";
    return `${name}: ${right} of ${asked} right at first go`;
  });
  const met = misconceptions(answers, mistakes);
  const how = ({ times, since }) => {
    const often = `met ${times === 1 ? "once" : `${times} times`}`;
    return since >= mastered
      ? `${often}, and mastered: ${since} right in a row since`
      : `${often}; ${since} of ${mastered} right in a row since`;
  };
  const still = met.filter(({ since }) => since < mastered).sort((a, b) => b.times - a.times);
  return {
    summary: answers.length ? `How sure you were, and how often right: ${words.join("; ")}.` : nothing,
    bars: sums.map(([percent, right, asked]) => [sure[percent], percent, right, asked]),
    done,
    met: met.map((one) => [mistakes[one.name][0], how(one)]),
    next: Object.entries(Object.fromEntries(still.map(({ name }) => mistakes[name].slice(1)))),
  };
}

/** Draw the page into an element, and again after each answer. */
export function progress(place, about) {
  const { html } = modules["ui.js"];
  const list = (title, items) => (items.length ? [html("h3", {}, title), html("ul", {}, ...items)] : []);
  const item = (...parts) => html("li", {}, ...parts);

  function bar([words, expected, right, asked]) {
    const share = asked ? right / asked : 0;
    const meter = html("meter", { min: 0, max: 1, value: share, "aria-label": `${words}: share of right answers` });
    const said = asked ? `${right} of ${asked} right, expected ${expected} %` : "no answers";
    return html("tr", {}, html("th", { scope: "row" }, words), html("td", {}, meter), html("td", {}, said));
  }

  function draw() {
    const { summary, bars, done, met, next } = told(entries(), about);
    const answered = done.length > 0;
    place.replaceChildren(
      html("p", {}, summary),
      ...(answered ? [html("table", {}, html("tbody", {}, ...bars.map(bar)))] : []),
      ...list("What you have done", done.map((each) => item(each))),
      ...list(
        `Misconceptions you met (mastered: ${about.mastered} later questions right at first go)`,
        met.map(([believes, how]) => item(`“${believes}” `, html("strong", {}, how))),
      ),
      ...list("Look at next", next.map(([see, where]) => item(html("a", { href: see }, where)))),
      ...(answered
        ? [html("p", {}, trouble() || "Your answers stay in this browser.", " To go on in the notebooks, put ", download(), " beside them.")]
        : []),
    );
  }
  draw();
  addEventListener("storage", draw); // an answer on another page of the site
  document.addEventListener("course-answer", draw);
}
