// The student's answers in this browser: lines as in my_progress.jsonl, which they can become.

const NAME = "my_progress.jsonl";
const KINDS = { question: "string", lesson: "string", time: "string", answer: "string", sure: "number", correct: "boolean" };
const kept = []; // where nothing can be stored, answers last as long as the page

/** The answer in a line, as course/predict/record.py reads it; null if it is none. */
function entry(line) {
  try {
    const found = JSON.parse(line);
    const fits = Object.entries(KINDS).every(([name, kind]) => typeof found[name] === kind);
    const { mistake, tells } = found;
    const named = (mistake === null || typeof mistake === "string") && tells.every((each) => typeof each === "string");
    return fits && named ? found : null;
  } catch {
    return null; // damaged, or something else: it stays where it is
  }
}

function lines() {
  try {
    return (localStorage.getItem(NAME) ?? "").split("\n").filter((line) => line.trim());
  } catch {
    return [];
  }
}

/** All answers that can be read, in the order in which they were given. */
export const entries = () => [...lines().map(entry).filter(Boolean), ...kept];

/** Keep an answer. */
export function add(answer) {
  try {
    localStorage.setItem(NAME, `${localStorage.getItem(NAME) ?? ""}\n${JSON.stringify(answer)}`);
  } catch {
    kept.push(answer);
  }
}

/** What the student should know about the record, if anything. */
export function trouble() {
  try {
    localStorage.setItem(NAME, localStorage.getItem(NAME) ?? "");
    return "";
  } catch {
    return "This browser keeps nothing: your answers are remembered only until you leave this page.";
  }
}

/** The file for the notebooks, as a link to download it. */
export function download() {
  const text = entries().map((entry) => `\n${JSON.stringify(entry)}`).join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.download = link.textContent = NAME;
  return link;
}
