// Reading what a student types, as course/questions/answers.py does: the same answers, and the same
// words for what is none. A test holds the two together over thousands of strings. An answer is a
// number, a word, or lists of them.

export class AnswerError extends Error {}

const LARGEST = 1e15;
const SPACE = "[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const LETTER = "[\\p{L}\\p{N}_]"; // Python's \w; \p{Nd} is its \d
const WORD = (words) => `(?<!${LETTER})(?:${words})(?!${LETTER})`;
const whole = (pattern, flags = "") => new RegExp(`^(?:${pattern})$`, `u${flags}`);
const every = (pattern, flags = "") => new RegExp(pattern, `gu${flags}`);

const NUMERAL = whole("[+-]?(?:\\p{Nd}+(?:\\.\\p{Nd}*)?|\\.\\p{Nd}+)(?:[eE][+-]?\\p{Nd}{1,4})?");
const THOUSANDS = whole("[+-]?\\p{Nd}{1,3}(?:[,_' \\u2009\\u202f]\\p{Nd}{3})+");
const DECIMAL_COMMA = whole("[+-]?(\\p{Nd}+),(?!\\1$)\\p{Nd}+");
const LETTERS = "[\\p{L}\\p{Nl}\\p{No}_]"; // an x between them, as in "px", separates nothing
const SEPARATOR = every(
  `${SPACE}*(?:[,;|×*·/&]|(?<!${LETTERS})x(?!${LETTERS})|${WORD("and")})${SPACE}*|${SPACE}+`, "i",
);
const BATCH = every(`${WORD("none")}|\\?`, "i");
const DOTTED = whole("\\p{Nd}{1,3}(?:\\.\\p{Nd}{3})+");
const SQUARE = whole(`(\\p{Nd}+)${SPACE}*[x×]${SPACE}*\\1`, "i");
const ERROR = whole("(?:an? )?(?:value ?)?error|impossible", "i");
const SUM = whole(`(?:\\p{Nd}|${SPACE}|[.()+*/-]){3,60}`);
const SEVERAL = new RegExp(`[,;|]|${WORD("and")}`, "u");

const DASHES = /[−–﹣－]/gu;
const WIDE = { "（": "(", "）": ")", "［": "[", "］": "]", "｛": "{", "｝": "}", "，": ",", "；": ";", "｜": "|", "．": "." };
const QUOTES = "`$\"'“”„‘’«»";
const NO_PIXEL = ["", "none", "empty", "nothing", "no pixel", "no pixels", "∅"];

const length = (text) => [...text].length; // in code points, as Python counts
const strip = (text, what = SPACE) => text.replace(new RegExp(`^${what}+|${what}+$`, "gu"), "");
const anyOf = (characters) => `[${characters.replace(/[\]\[\\$]/g, "\\$&")}]`;
const fold = (text) => text.toLowerCase().replaceAll("ſ", "s");

/** Digits of any script as ours. Each script has ten in a row, and begins at its zero. */
const digits = (text) => text.replace(/\p{Nd}/gu, (digit) => {
  let zero = digit.codePointAt(0);
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1)) && digit.codePointAt(0) - zero < 9) zero--;
  return digit.codePointAt(0) - zero;
});

function quoted(text, most = 40) {
  const start = [...text].slice(0, 5 * most).join("");
  const line = start.split(new RegExp(`${SPACE}+`, "u")).filter(Boolean).join(" ").replaceAll("`", "'");
  return length(line) > most ? `“${[...line].slice(0, most - 3).join("")}…”` : `“${line}”`;
}

function checked(number) {
  if (!(Math.abs(number) <= LARGEST))
    throw new AnswerError("That number is out of all proportion: look at its digits again.");
  return number + 0; // of −0 makes 0
}

function tidy(text) {
  text = text.replace(DASHES, "-").replace(/[（）［］｛｝，；｜．]/gu, (each) => WIDE[each]);
  text = strip(text.replace(/[\u200b\u2060\ufeff]/gu, ""));
  text = strip(strip(text, anyOf(QUOTES))).replace(/\.+$/u, "");
  if (!text) throw new AnswerError("There is no answer yet.");
  return text;
}

/** What a sum such as (28 − 3) / 2 + 1 comes to; null if the text is none, or is below 1. */
function computed(text) {
  if (!SUM.test(text)) return null;
  const tokens = strip(text).match(/\d+\.\d*|\.\d+|\d+|\/\/|[-+*/()]|[ \t\f]+|[^]/g);
  const isInt = (value) => typeof value === "bigint";
  let at = 0, open = 0;
  const peek = () => {
    while (/^[ \t\f]+$/.test(tokens[at] ?? "") || (open && /^[\r\n]$/.test(tokens[at] ?? ""))) at++;
    return tokens[at];
  };
  const next = () => (peek(), tokens[at++]);
  const no = () => { throw new SyntaxError(); };

  function atom() {
    const token = next();
    if (token === "(") {
      open++;
      const value = sum();
      if (peek() !== ")") no();
      open--;
      at++;
      if (peek() === "(") no(); // a call
      return value;
    }
    if (/^\d+$/.test(token ?? "")) return /^0+[1-9]/.test(token) ? no() : BigInt(token);
    return /^[\d.]*\d[\d.]*$/.test(token ?? "") ? Number(token) : no();
  }
  function signed() {
    if (peek() !== "-") return atom();
    at++;
    return -signed();
  }
  function product() {
    let value = signed();
    while (["*", "/", "//"].includes(peek())) {
      const sign = next();
      const other = signed();
      if (sign !== "*" && !Number(other)) no();
      if (sign === "*") value = isInt(value) && isInt(other) ? value * other : Number(value) * Number(other);
      else if (sign === "/") value = Number(value) / Number(other);
      else value = isInt(value) && isInt(other) ? floorInt(value, other) : floor(Number(value), Number(other));
    }
    return value;
  }
  function sum() {
    let value = product();
    while (["+", "-"].includes(peek())) {
      const minus = next() === "-";
      const other = product();
      const both = isInt(value) && isInt(other) ? [value, other] : [Number(value), Number(other)];
      value = minus ? both[0] - both[1] : both[0] + both[1];
    }
    return value;
  }
  const floorInt = (a, b) => a / b - (a % b && a < 0n !== b < 0n ? 1n : 0n);
  function floor(a, b) { // as Python does it, which is not always ⌊a / b⌋
    let rest = a % b;
    let times = (a - rest) / b;
    if (rest && b < 0 !== rest < 0) times--;
    const down = Math.floor(times);
    return times - down > 0.5 ? down + 1 : down;
  }
  try {
    const value = sum();
    return peek() === undefined && value >= 1 ? Number(value) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

function parseNumber(text) {
  if (!text) throw new AnswerError("There is no answer yet.");
  if (THOUSANDS.test(text)) text = text.replace(/[^\p{Nd}+-]/gu, "");
  else if (DECIMAL_COMMA.test(text)) text = text.replace(",", ".");
  if (NUMERAL.test(text)) return checked(Number(digits(text)));
  const found = text.match(/\p{Nd}+(?:\.\p{Nd}+)?/gu) ?? [];
  let hint = found.length ? "Give one number." : "Write it in digits.";
  if (found.length === 1 && length(text) < 40) hint = `Write the number alone: ${found[0]}?`;
  throw new AnswerError(`${quoted(text)} cannot be read. ${hint}`);
}

function parseNumbers(text, asks) {
  return text.split(SEPARATOR).filter(Boolean).map((part) => {
    try {
      return parseNumber(part);
    } catch (error) {
      if (NUMERAL.test(part)) throw error; // out of all proportion
      throw new AnswerError(`${quoted(part)} cannot be read. Give ${asks}.`);
    }
  });
}

/** The text without the pair of brackets around it. */
function inside(text, brackets = ["()", "[]"]) {
  while (length(text) > 1 && brackets.includes(text[0] + text.at(-1))) text = strip(text.slice(1, -1));
  return strip(text, "[, ]");
}

// The types of answers. Each has what it asks for, and perhaps a length.

function integer(type, text) {
  text = tidy(text);
  if (type.error && ERROR.test(text)) return "error";
  if (type.count && DOTTED.test(text)) text = text.replaceAll(".", "");
  const square = type.count ? null : inside(text).match(SQUARE);
  if (square) text = square[1];
  const value = computed(text.replace(type.count ? /[x×·]/gu : /·/gu, "*"));
  return value === null ? parseNumber(inside(text)) : checked(value);
}

function oneOrMore(type, text) {
  text = tidy(text);
  if (!SEVERAL.test(text)) return integer(type, text);
  const numbers = parseNumbers(strip(text, anyOf("()[]")), type.asks);
  if (!numbers.length) throw new AnswerError("A list of 0 numbers is no number.");
  return numbers.length > 1 ? numbers : numbers[0];
}

function numbers({ asks, length: wanted }, text) {
  const found = parseNumbers(inside(tidy(text)), asks);
  if (wanted !== null && wanted !== found.length) throw new AnswerError(`Give ${asks}, not ${found.length}.`);
  return found;
}

function yesNo(type, text) {
  text = tidy(text);
  ["no?|false", "y(?:es)?|true"].forEach((words, number) => {
    text = text.replace(every(WORD(words), "i"), number);
  });
  return numbers(type, text);
}

const rows = (type, text) => numbers(type, text.replace(/[\[\]]/g, " "));

function sizes(asks, text) {
  const all = parseNumbers(inside(text).replace(BATCH, " "), asks);
  const shapes = [];
  for (let first = 0; first < (all.length || 1); first += 3) {
    const shape = all.slice(first, first + 3);
    if (shape.length !== 3) throw new AnswerError(`Give ${asks}.`);
    shapes.push(shape);
  }
  return shapes;
}

function shape({ asks }, text) {
  const [first, ...more] = sizes(asks, tidy(text));
  if (more.length) throw new AnswerError(`Give ${asks}.`);
  return first;
}

function shapes({ asks, length: wanted, each }, text) {
  text = tidy(text);
  let parts = text.match(/[(\[][^()\[\]]*[)\]]/gu) ?? [];
  if (parts.length < 2) {
    const arrow = new RegExp(`${SPACE}*(?:→|->|=>|;|\\n)${SPACE}*`, "u");
    parts = inside(text).split(arrow).filter(Boolean);
  }
  const found = parts.flatMap((part) => sizes(each, part));
  if (found.length !== wanted) throw new AnswerError(`Give ${asks}, not ${found.length}.`);
  return found;
}

function pixels({ asks }, text) {
  text = inside(tidy(text).replace(/^set/, ""), ["()", "[]", "{}"]);
  if (NO_PIXEL.includes(fold(text))) return [];
  const found = [...new Set(parseNumbers(text, asks))].sort((a, b) => a - b);
  if (!found.every(Number.isInteger)) throw new AnswerError("A pixel has a whole number.");
  return found;
}

function choice({ asks, options }, text) {
  const word = fold(strip(tidy(text)));
  if (!options.includes(word)) throw new AnswerError(`Choose ${asks}.`);
  return word;
}

const TYPES = {
  Integer: integer, OneOrMore: oneOrMore, Numbers: numbers, YesNo: yesNo, Rows: rows,
  Shape: shape, Shapes: shapes, Pixels: pixels, Choice: choice,
};

/** The answer that a student typed, for a type as Python describes it: {type, asks, …}. */
export const parse = (type, text) => TYPES[type.type](type, text);
