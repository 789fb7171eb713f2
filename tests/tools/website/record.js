// The student's answers in this browser: lines as in my_progress.jsonl, which they can become.

const NAME = "my_progress.jsonl";
let kept = []; // where nothing can be stored, answers last as long as the page
let notice = "";

/** All answers, in the order in which they were given. */
export function entries() {
  let text = "";
  try {
    text = localStorage.getItem(NAME) ?? "";
  } catch {
    return kept;
  }
  return [...text.split("\n").filter(Boolean).map(JSON.parse), ...kept];
}

/** Keep an answer. */
export function add(entry) {
  try {
    const text = localStorage.getItem(NAME) ?? "";
    localStorage.setItem(NAME, `${text}\n${JSON.stringify(entry)}`);
  } catch {
    kept.push(entry);
    notice = "This browser keeps nothing: your answers are remembered only until you leave this page.";
  }
}

/** What the student should know about the record, if anything. */
export const trouble = () => notice;

/** The file for the notebooks, as a link to download it. */
export function download() {
  const text = entries().map((entry) => `\n${JSON.stringify(entry)}`).join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/jsonl" }));
  link.download = link.textContent = NAME;
  return link;
}
