// The page: whose list is shown, and how it changes with each rating. No framework, no request to another host.
import { walk } from "./cards.js";
import { similar, why } from "./dialogs.js";
import { part } from "./lists.js";
import { knowGenres } from "./poster.js";
import { ask, askFor, facts as askFacts } from "./service.js";
import { at, list, said, showFacts, showFailure, showList, showNoList, showOnly, showProblem, showUndo, showWho } from "./view.js";
import { counted, quoted, rating } from "./words.js";

const PAGE = 12; // entries that are asked for at once
const MOST_KEPT = 60; // entries that stay after a rating

const asked = { user: "", genre: "", facts: null }; // whose list, of which genre, from what kind of service
let edges = []; // the entries shown
let cursor = null; // where the next ones begin
let undoable = []; // items rated here, the last one last
let latest = 0; // answers can overtake each other: only the newest question counts
let work = Promise.resolve(); // ratings go one after the other

// ---- whose list; it is in the address, too: it can be sent to somebody, and Back works

function readAddress() {
  const address = new URLSearchParams(location.search);
  return { user: (address.get("user") ?? "").trim().slice(0, 64), genre: address.get("genre") ?? "" };
}

function writeAddress() {
  const address = new URLSearchParams({ user: asked.user, ...(asked.genre && { genre: asked.genre }) });
  if (location.search !== `?${address}`) history.pushState(null, "", `?${address}`);
}

function forget() {
  edges = [];
  undoable = [];
  showUndo("", false);
  showNoList(asked.user);
}

async function begin() {
  const [facts, start] = await Promise.all([askFacts(), ask("Start")]);
  knowGenres(start.genres);
  showFacts(facts, start);
  asked.facts = facts;
  asked.user ||= start.users[0]?.id ?? "guest";
  showWho(asked.user, asked.genre);
}

// ---- lists

async function reload(count = PAGE) {
  const ticket = ++latest;
  if (!edges.length) showOnly("loading");
  list.setAttribute("aria-busy", "true");
  try {
    if (!asked.facts) await begin();
    const found = await part(asked, Math.min(count, asked.facts.most_first));
    if (ticket !== latest) return null;
    ({ edges, next: cursor } = found);
    showList(edges, found, asked);
    return found;
  } catch (error) {
    if (ticket !== latest) return null;
    edges = [];
    showNoList(asked.user);
    showFailure(error);
    return null;
  } finally {
    if (ticket === latest) list.setAttribute("aria-busy", "false");
  }
}

async function more() {
  const ticket = ++latest;
  try {
    const found = await part(asked, Math.min(PAGE, asked.facts.most_first), cursor);
    if (ticket !== latest) return;
    const before = edges.length;
    edges = [...edges, ...found.edges];
    cursor = found.next;
    showList(edges, found, asked);
    said(`${found.edges.length} more, ${edges.length} in all.`);
    (list.children[before] ?? list.lastElementChild).querySelector("[data-action]").focus();
  } catch (error) {
    if (ticket !== latest) return;
    if (error.argument !== "after") showFailure(error);
    else if (await reload(edges.length)) said("The list had changed elsewhere; this is the new one."); // in another window
  }
}

async function choose(user, genre, { move = false } = {}) {
  showProblem("");
  const another = user !== asked.user;
  Object.assign(asked, { user, genre });
  if (another) forget();
  showWho(user, genre);
  const found = await reload();
  if (!found) return;
  said(`${counted(edges.length, "recommendation")} for ${user}. ${found.because}`);
  if (move) at("list-title").focus();
}

function chooseAnew(user, genre, options) {
  const chosen = choose(user, genre, options);
  writeAddress();
  return chosen;
}

// ---- ratings

// The list is asked for again, not taken from the mutation: the genre and the history belong to it, too.
async function change(user, act, text) {
  try {
    await act();
  } catch (error) {
    showFailure(error);
    return false;
  }
  if (user !== asked.user) return false; // somebody else was chosen meanwhile
  const found = await reload(Math.max(PAGE, Math.min(edges.length, MOST_KEPT)));
  showUndo(text, undoable.length > 0);
  if (found) said(`${text} ${found.personal ? "The list is personal" : "The list is the popular one"} and up to date.`);
  return true;
}

function rate(item, value) {
  const { user, facts } = asked;
  const text = facts.feedback === "implicit" ? `Noted: had ${quoted(item.title)}.` : `Rated ${quoted(item.title)} ${rating(value, facts)}.`;
  work = work.then(() => change(user, async () => {
    await askFor("Rated", "Rate", { user, item: item.id, rating: value });
    if (user === asked.user) undoable.push(item);
  }, text));
}

async function undoLast() {
  const item = undoable.at(-1);
  if (!item) return;
  const { user } = asked;
  const pressed = document.activeElement === at("undo");
  const done = await change(user, async () => {
    await askFor("Undone", "Undo", { user, item: item.id });
    undoable = undoable.filter((one) => one !== item);
  }, `Taken back: ${quoted(item.title)}.`);
  if (!done || !pressed || undoable.length) return;
  const card = [...list.children].find((one) => one.dataset.item === item.id); // the button has gone
  (card?.querySelector("[data-action]") ?? at("list-title")).focus();
}

function undo() {
  work = work.then(undoLast);
}

// ---- what is pressed

at("who").addEventListener("submit", (event) => {
  event.preventDefault();
  const user = at("user").value.trim();
  if (user) chooseAnew(user, at("genre").value, { move: true });
  else showProblem("Type an id, or choose one of the examples.");
});
at("genre").addEventListener("change", () => chooseAnew(asked.user, at("genre").value));
at("examples").addEventListener("click", (event) => {
  const { user } = event.target.closest("button")?.dataset ?? {};
  if (user) chooseAnew(user, at("genre").value);
});
at("all").addEventListener("click", () => chooseAnew(asked.user, "", { move: true }));
at("again").addEventListener("click", async () => { if (await reload()) at("list-title").focus(); });
at("more").addEventListener("click", more);
at("undo").addEventListener("click", undo);
list.addEventListener("keydown", walk);
list.addEventListener("click", (event) => {
  const { action, value } = event.target.closest("[data-action]")?.dataset ?? {};
  const id = event.target.closest("li")?.dataset.item;
  const item = edges.find(({ node }) => node.id === id)?.node;
  if (action === "rate") rate(item, Number(value));
  if (action === "why") why(asked.user, item, asked.facts);
  if (action === "similar") similar(item);
});
document.addEventListener("keydown", (event) => {
  const elsewhere = event.target.closest?.("input, select, dialog");
  const undoing = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey;
  if (!undoing || elsewhere || !undoable.length) return;
  event.preventDefault();
  undo();
});
window.addEventListener("popstate", () => {
  const { user, genre } = readAddress();
  choose(user || asked.user, genre);
});

Object.assign(asked, readAddress());
reload();
