// The two questions about one item, each in a dialog: why it is on the list, and what is like it.
import { element, row } from "./cards.js";
import { ask, askFor, Failure } from "./service.js";
import { described, had, quoted, written } from "./words.js";

const dialog = document.getElementById("dialog");
const body = document.getElementById("dialog-body");
let latest = 0; // an answer that comes after the dialog was closed, or asked something else, is not shown

document.getElementById("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => { latest += 1; });

const note = (text) => element("p", { className: "caption", text });

// The bar of an amount, measured against the largest of its list; the number beside it says the same.
function amountBar(amount, largest, sign = "") {
  const fill = element("span", { className: amount < 0 ? "fill against" : "fill" });
  fill.style.width = `${largest ? (100 * Math.abs(amount)) / largest : 0}%`;
  const scale = element("span", { className: "scale" }, fill);
  scale.setAttribute("aria-hidden", "true");
  return element("div", { className: "amount" }, scale, element("span", { className: "number", text: `${sign}${written(largest)(amount)}` }));
}

const effectBar = (amount, largest) => amountBar(amount, largest, amount < 0 ? "−" : "+");

function plain(name, amount, largest) {
  const words = element("div", { className: "words" }, element("p", { className: "name", text: name }), effectBar(amount, largest));
  return element("li", { className: "plain" }, words);
}

function whyParts({ strategy, score, start, rest, reasons }, facts) {
  if (strategy === "POPULAR") {
    return [element("p", { text: "It is on the popular list: so many have it. Nothing of this user's own has led here yet." })];
  }
  const largest = Math.max(...reasons.map(({ amount }) => Math.abs(amount)), Math.abs(start), Math.abs(rest));
  const rows = reasons.map(({ item, rating: value, amount }) =>
    row(item, element("p", { className: "caption", text: had(value, facts) }), effectBar(amount, largest)));
  if (start) rows.unshift(plain("Whoever it is", start, largest));
  if (rest) rows.push(plain("All other ratings together", rest, largest));
  const parts = [
    element("p", { text: "What each item of this user's history adds to the score, the strongest first." }),
    element("ul", { className: "rows" }, ...rows),
    element("p", { className: "sum", text: `Score ${score < 0 ? "−" : ""}${written(largest)(score)}, the sum of these.` }),
  ];
  const stars = facts.feedback === "explicit" && !facts.guesses_ratings;
  return stars ? [...parts, note("This model looks at what was had, not at how many stars it got.")] : parts;
}

async function open(title, find) {
  const ticket = ++latest;
  document.getElementById("dialog-title").textContent = title;
  body.replaceChildren(element("p", { text: "Asking the service …", role: "status" }));
  dialog.showModal();
  let parts;
  try {
    parts = await find();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    parts = [element("p", { className: "problem", text: error.message, role: "alert" })];
  }
  if (ticket === latest) body.replaceChildren(...parts);
}

export function why(user, item, facts) {
  return open(`Why ${quoted(item.title)}?`, async () => {
    const { explain } = await ask("Why", { user, item: item.id });
    if (explain.__typename === "Explanation") return whyParts(explain, facts);
    if (explain.__typename === "UnknownUser") return [element("p", { text: "It is one of the most popular items. Nothing is known of this user yet." })];
    throw new Failure(`The service refused: ${explain.message}.`);
  });
}

export function similar(item) {
  return open(`Similar to ${quoted(item.title)}`, async () => {
    const { items } = await askFor("SimilarItems", "Similar", { item: item.id });
    const largest = Math.max(0, ...items.map(({ score }) => score));
    const rows = items.map(({ item: near, score }) =>
      row(near, element("p", { className: "caption", text: described(near) }), amountBar(score, largest)));
    if (!rows.length) return [element("p", { text: "Nothing is like it: too few have it." })];
    return [element("p", { text: "What the model holds nearest to it, the nearest first." }), element("ul", { className: "rows" }, ...rows)];
  });
}
