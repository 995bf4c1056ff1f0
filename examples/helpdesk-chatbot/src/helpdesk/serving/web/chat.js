// The chat: replies arrive piece by piece, a person's reply by itself, and what fails leaves the text where it was.
// Every reply is drawn by the server, with or without this script.
import { Failure, at, localise, part, request } from "./live.js";

const POLL_MS = 4_000;
const NEAR_LIMIT = 0.8;

const [form, field, transcript] = [at("ask"), at("text"), at("transcript")];
const limit = Number(field.dataset.limit);
let busy = false;

const length = (text) => [...text].length; // as the service counts: characters, not halves of them
const announce = (text) => { at("announced").textContent = text; };

function showProblem(text) {
  const line = document.createElement("p");
  line.className = "problem";
  line.textContent = text;
  at("problem").replaceChildren(...(text ? [line] : []));
  field.setAttribute("aria-invalid", String(Boolean(text)));
}

function showCount() {
  const count = length(field.value);
  const shown = count > limit * NEAR_LIMIT;
  at("count").textContent = shown ? `${count.toLocaleString("en")} of ${limit.toLocaleString("en")} characters` : "";
  at("count").classList.toggle("over", count > limit);
}

// ---- what the server has drawn

function adopt(item) {
  const here = at(item.id);
  if (!here) {
    item.classList.add("arriving");
    transcript.append(item);
    return true;
  }
  for (const part of [".vote", ".offer"]) { // all that changes about a message; what was opened stays open
    const [old, fresh] = [here.querySelector(part), item.querySelector(part)];
    if (old?.textContent === fresh?.textContent) continue;
    if (old && fresh) old.replaceWith(fresh);
    else if (old) old.remove();
    else here.querySelector(".bubble").append(fresh);
  }
  return false;
}

const spoken = (item) => [".name", ".said"].map((part) => item.querySelector(part).textContent.trim()).join(": ");

// Brings the conversation up to date; answers the messages that are new.
async function refresh() {
  const found = await part("/page/conversation");
  const fresh = found.getElementById("transcript");
  transcript.querySelectorAll(".provisional").forEach((one) => one.remove());
  if (fresh.dataset.first !== transcript.dataset.first) transcript.replaceChildren();
  const added = [...fresh.children].filter(adopt);
  Object.assign(transcript.dataset, fresh.dataset);
  at("status").replaceChildren(...found.getElementById("status").childNodes);
  at("new").hidden = !transcript.children.length || transcript.dataset.waiting === "yes";
  const others = added.filter((item) => !item.matches(".by-visitor"));
  if (others.length) announce(others.map(spoken).join(" "));
  return added;
}

function reveal(added) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  added.at(-1)?.scrollIntoView({ block: "nearest", behavior: calm ? "instant" : "smooth" });
}

// ---- asking

function provisional(who, name, text) {
  const made = document.createElement("li");
  made.className = `message by-${who} provisional`;
  const [by, bubble, said] = ["p", "div", "p"].map((tag) => document.createElement(tag));
  [by.className, bubble.className, said.className] = ["by", "bubble", "said"];
  by.append(name);
  said.append(text);
  bubble.append(said);
  made.append(by, bubble);
  transcript.append(made);
  return said;
}

// Answers the events of a stream, one after the other.
async function* events(response) {
  let text = "";
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    text += piece;
    const whole = text.split("\n\n");
    text = whole.pop();
    for (const one of whole) {
      const [, name, data] = /^event: (\w+)\ndata: (.*)$/s.exec(one) ?? [];
      if (name) yield [name, JSON.parse(data)];
    }
  }
}

async function ask(text) {
  if (!text.trim()) throw new Failure("Type a question first.");
  if (length(text) > limit) {
    throw new Failure(`The question is too long: ${length(text).toLocaleString("en")} characters; at most ${limit.toLocaleString("en")} are taken.`);
  }
  document.body.classList.remove("empty");
  provisional("visitor", "You", text);
  const said = provisional("assistant", "Assistant", "Looking through past tickets …");
  said.scrollIntoView({ block: "nearest" });
  const response = await request("/page/ask", { accept: "text/event-stream", body: new URLSearchParams({ text }) });
  let begun = false;
  for await (const [name, data] of events(response)) {
    if (name === "failed") throw new Failure(data.error);
    if (name !== "part") continue;
    said.textContent = begun ? `${said.textContent} ${data.text}` : data.text;
    begun = true;
  }
}

const json = (address, data) => request(address, { accept: "application/json", body: new URLSearchParams(data) });

function emptied(typed) {
  if (field.value === typed) field.value = "";
  showCount();
}

const ACTIONS = {
  ask: async (data) => {
    await ask(data.get("text"));
    emptied(data.get("text"));
  },
  person: async (data) => {
    await json("/page/person", data);
    emptied(data.get("text"));
  },
  vote: (data) => json("/page/vote", data),
};

async function act(action, data) {
  busy = true;
  at("send").disabled = true;
  showProblem("");
  try {
    await ACTIONS[action](data);
    reveal(await refresh());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    showProblem(error.message);
  } finally {
    transcript.querySelectorAll(".provisional").forEach((one) => one.remove());
    document.body.classList.toggle("empty", !transcript.children.length);
    at("send").disabled = false;
    busy = false;
  }
}

const actionOf = (element) => Object.keys(ACTIONS).find((name) => name in (element?.dataset ?? {}));

addEventListener("submit", async (event) => {
  const { submitter } = event;
  const action = actionOf(submitter) ?? actionOf(event.target);
  if (!action) return; // the browser does it
  event.preventDefault();
  if (busy) return;
  const message = submitter?.closest(".message")?.id;
  await act(action, new FormData(event.target, submitter));
  // What was pressed may have been drawn anew: the focus goes to its successor.
  const next = action === "vote" ? at(message)?.querySelector(`.vote [value="${submitter.value}"]`) ?? at(message)?.querySelector(".vote button") : field;
  next?.focus();
});

field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  form.requestSubmit(at("send"));
});
field.addEventListener("input", showCount);

// ---- a person's reply

async function poll() {
  if (busy || document.hidden || transcript.dataset.waiting !== "yes") return;
  try {
    reveal(await refresh());
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // it is tried again
  }
}

form.noValidate = true; // an empty question is answered in words, as everything else
setInterval(poll, POLL_MS);
document.addEventListener("visibilitychange", poll);
localise(document);
showCount();
