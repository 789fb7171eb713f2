// Judging an answer by a question's table, which tables.py makes: no kernel is needed.

import { parse } from "./answers.js";

const bytes = (text) => new TextEncoder().encode(text);
/** What tables.encoded has encoded. */
export const decoded = (text) =>
  JSON.parse(new TextDecoder().decode(Uint8Array.from(atob([...text].reverse().join("")), (each) => each.charCodeAt(0))));

/** The hash of an answer (FNV-1a, 32 bits). */
function key(salt, answer) {
  let number = 0x811c9dc5;
  for (const byte of bytes(`${salt} ${JSON.stringify(answer)}`)) number = Math.imul(number ^ byte, 0x01000193);
  return (number >>> 0).toString(16).padStart(8, "0");
}

/** Which of the texts is about an answer. */
function place(table, answer) {
  const known = table.known[key(table.question, answer)];
  if (known !== undefined) return known;
  if (table.outside !== undefined && answer.some((pixel) => pixel < 0 || pixel >= table.n)) return table.outside;
  if (!table.first) return table.other;
  const numbers = answer.flat(2);
  const right = (number, at) => key(`${table.question} ${at}`, number) === table.right[at];
  if (numbers.length !== table.right.length) return table.count;
  return table.first[numbers.findIndex((number, at) => !right(number, at))];
}

const minus = (number) => String(number).replace("-", "−");

/** What is said about a typed answer: {correct, message, …}. An AnswerError if it cannot be read. */
export function judge(table, text) {
  const answer = parse(table.type, text);
  const at = place(table, answer);
  const entry = decoded(table.texts[at]);
  if (at === table.count) entry.message = entry.message.replace(table.stand_in, answer.length);
  if (at === table.outside) {
    const outside = answer.filter((pixel) => pixel < 0 || pixel >= table.n);
    entry.message = entry.message.replace(table.stand_in, minus(Math.min(...outside)));
  }
  return { ...entry, picture: decoded(table.pictures[entry.picture]) };
}
