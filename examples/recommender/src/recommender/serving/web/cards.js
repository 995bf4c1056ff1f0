// Makes cards and keeps the list of them: an item that stays keeps its element, and the keyboard its place.
import { paint } from "./poster.js";
import { described, quoted, rating, short, steps } from "./words.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
const STAR = "M8 1.3l2.1 4.3 4.7.7-3.4 3.3.8 4.7L8 12.1l-4.2 2.2.8-4.7L1.2 6.3l4.7-.7z";

export function element(name, { text, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

function star() {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  drawing.setAttribute("viewBox", "0 0 16 16");
  drawing.setAttribute("aria-hidden", "true");
  path.setAttribute("d", STAR);
  drawing.append(path);
  return drawing;
}

function button(action, label, ...children) {
  const made = element("button", { type: "button", ariaLabel: label }, ...children);
  made.dataset.action = action;
  return made;
}

// One stop of the Tab key for all ratings of a card; the arrow keys go from one to the next.
function ratingBar(item, facts) {
  const offered = steps(facts);
  if (facts.feedback === "implicit") {
    const had = button("rate", `I have had ${quoted(item.title)}`, "I have had this");
    had.dataset.value = offered[0];
    return had;
  }
  const stars = offered.length === 5 && offered[0] === 1;
  const bar = element("div", { className: stars ? "bar stars" : "bar", role: "toolbar", ariaLabel: `Rate ${quoted(item.title)}` });
  for (const value of offered) {
    const one = button("rate", `Rate ${rating(value, facts)}`, stars ? star() : short(value));
    one.dataset.value = value;
    one.tabIndex = value === offered[0] ? 0 : -1;
    bar.append(one);
  }
  return bar;
}

// The Tab key comes back to where the arrow keys have led.
export function walk(event) {
  const bar = event.target.closest?.('[role="toolbar"]');
  const all = bar ? [...bar.querySelectorAll("button")] : [];
  const here = all.indexOf(event.target);
  const aims = { ArrowRight: here + 1, ArrowUp: here + 1, ArrowLeft: here - 1, ArrowDown: here - 1, Home: 0, End: all.length - 1 };
  if (here < 0 || !(event.key in aims)) return;
  event.preventDefault();
  const next = all[(aims[event.key] + all.length) % all.length];
  for (const one of all) one.tabIndex = one === next ? 0 : -1;
  next.focus();
}

function card(item, facts) {
  const heading = element("h3", { text: item.title, id: `item-${item.id}`, dir: "auto" });
  const poster = element("div", { className: "poster" });
  poster.append(
    paint(poster, item),
    element("span", { className: "rank" }),
    element("div", { className: "band" }, heading, element("p", { text: described(item) })),
  );
  const similar = button("similar", `Similar to ${quoted(item.title)}`, "Similar");
  const why = button("why", `Why ${quoted(item.title)}?`, "Why?");
  const article = element("article", {}, poster, ratingBar(item, facts), element("div", { className: "asks" }, why, similar));
  article.setAttribute("aria-labelledby", heading.id);
  const made = element("li", {}, article);
  made.dataset.item = item.id;
  return made;
}

// A small poster without words, and the words beside it: for dialogs and for what was rated.
export function row(item, ...more) {
  const frame = element("span", { className: "thumb" });
  frame.append(paint(frame, item));
  const words = element("div", { className: "words" }, element("p", { className: "name", text: item.title, dir: "auto" }), ...more);
  return element("li", {}, frame, words);
}

// ---- the list

function place() {
  const active = document.activeElement;
  const inside = active?.closest?.("#list > li");
  if (!inside) return null;
  return { item: inside.dataset.item, rank: [...inside.parentElement.children].indexOf(inside), ...active.dataset };
}

// Puts the keyboard where it was: on the same item, or else on the one that has taken its place.
function putBack(list, { item, rank, action, value }) {
  const same = [...list.children].find((one) => one.dataset.item === item);
  const there = same ?? list.children[Math.min(rank, list.children.length - 1)];
  const controls = [...(there?.querySelectorAll(`[data-action="${action}"]`) ?? [])];
  const control = controls.find((one) => one.dataset.value === value && one.tabIndex === 0) ?? controls.find((one) => one.tabIndex === 0);
  (control ?? document.getElementById("list-title")).focus();
}

function glide(elements, before) {
  if (STILL.matches) return;
  for (const one of elements) {
    const old = before.get(one);
    const now = one.getBoundingClientRect();
    const moved = old && (old.left !== now.left || old.top !== now.top);
    const from = moved ? { translate: `${old.left - now.left}px ${old.top - now.top}px` } : { opacity: 0, scale: 0.94 };
    if (moved || !old) one.animate([from, { translate: "0 0", opacity: 1, scale: 1 }], { duration: 350, easing: "ease-out" });
  }
}

// Shows these edges and no others.
export function showCards(list, edges, facts) {
  const focused = place();
  const kept = new Map([...list.children].map((one) => [one.dataset.item, one]));
  const before = new Map([...list.children].map((one) => [one, one.getBoundingClientRect()]));
  const cards = edges.map(({ rank, node }) => {
    const made = kept.get(node.id) ?? card(node, facts);
    made.querySelector(".rank").textContent = rank;
    return made;
  });
  list.replaceChildren(...cards);
  glide(cards, before);
  if (focused) putBack(list, focused);
}
