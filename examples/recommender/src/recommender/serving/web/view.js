// Shows: a list and what is said of it, what was rated, the facts about the service, and what went wrong.
import { element, row, showCards } from "./cards.js";
import { Failure } from "./service.js";
import { counted, had } from "./words.js";

export const at = (id) => document.getElementById(id);
export const list = at("list");
const show = (id, text) => { at(id).textContent = text; };

// For those who cannot see what has changed.
export const said = (text) => show("said", text);

export function showOnly(id) {
  for (const one of ["loading", "failure", "empty"]) at(one).hidden = one !== id;
}

export function showFailure(error) {
  if (!(error instanceof Failure)) throw error;
  showOnly("failure");
  show("failed", error.message);
  at("failure").scrollIntoView({ block: "nearest" });
}

export function showProblem(text) {
  show("user-problem", text);
  at("user").setAttribute("aria-invalid", String(text !== ""));
  if (text) at("user").focus();
}

function showHistory(history, facts) {
  at("rated").hidden = !history?.ratings.length;
  if (at("rated").hidden) return;
  const { ratings, ratingCount } = history;
  const newest = ratings.length < ratingCount ? ". The newest:" : "";
  show("rated-title", `${facts.feedback === "implicit" ? "Had" : "Rated"} so far: ${counted(ratingCount, "item")}${newest}`);
  at("ratings").replaceChildren(...ratings.map(({ rating, item }) =>
    row(item, element("p", { className: "caption", text: had(rating, facts) }))));
}

// Shows these edges of a list, and what the newest part of it says.
export function showList(edges, { personal, because, next, nothing, history }, { user, genre, facts }) {
  showOnly(edges.length ? null : "empty");
  show("list-title", `Recommended for ${user}`);
  show("strategy", personal ? "Personal" : "Popular");
  at("strategy").className = personal ? "pill fine" : "pill note";
  show("because", because);
  show("nothing", nothing);
  at("all").hidden = !genre;
  showHistory(history, facts);
  showCards(list, edges, facts);
  at("more").hidden = next === null;
}

export function showNoList(user) {
  for (const id of ["strategy", "because"]) show(id, "");
  show("list-title", `Recommended for ${user}`);
  for (const id of ["rated", "more"]) at(id).hidden = true;
  list.replaceChildren();
}

export function showUndo(text, possible) {
  show("done", text);
  at("undoing").hidden = !possible;
}

// ---- once, when the service has said what it is

function example(id, name, detail) {
  const made = element("button", { type: "button" }, name, " ", element("small", { text: detail }));
  made.dataset.user = id;
  return made;
}

export function showFacts({ title, kind, data, model }, { genres, users }) {
  show("title", title);
  document.title = `Try it: ${title}`;
  const synthetic = kind === "synthetic";
  show("source", synthetic ? "Synthetic data: nothing here is real" : `Real data: ${data}`);
  at("source").className = synthetic ? "pill note" : "pill fine";
  show("model", `Model ${model}, trained on ${kind} data: ${data}. The posters are drawn from title and genres.`);
  at("genre").replaceChildren(at("genre").options[0], ...genres.map((genre) => element("option", { value: genre, text: genre })));
  at("examples").replaceChildren(
    ...users.map(({ id, ratingCount }) => example(id, id, counted(ratingCount, "rating"))),
    example(`guest-${Math.random().toString(36).slice(2, 7)}`, "Somebody new", "no ratings"),
  );
}

export function showWho(user, genre) {
  at("user").value = user;
  const select = at("genre");
  const known = [...select.options].some(({ value }) => value === genre);
  if (!known) select.append(element("option", { value: genre, text: genre })); // of a mistyped address
  select.value = genre;
  for (const one of at("examples").children) one.setAttribute("aria-pressed", String(one.dataset.user === user));
}
