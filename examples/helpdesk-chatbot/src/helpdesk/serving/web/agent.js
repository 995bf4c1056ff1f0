// The agents' desk: the list of those who wait keeps itself up to date, and times are in the reader's own zone.
import { Failure, at, localise, part } from "./live.js";

const POLL_MS = 10_000;

const links = (root) => new Set([...root.querySelectorAll("#queue h2 a")].map((link) => link.pathname));

async function refresh() {
  const found = await part("/agent", { "X-Looking": "yes" });
  if (!found.getElementById("queue")) return location.reload(); // the log-in is over, and the page says so
  const before = links(document);
  const fresh = [...links(found)].filter((path) => !before.has(path)).length;
  const focused = document.activeElement?.closest("#queue a")?.getAttribute("href");
  at("queue").replaceChildren(...found.getElementById("queue").childNodes);
  if (focused) at("queue").querySelector(`a[href="${focused}"]`)?.focus();
  at("waiting").textContent = found.getElementById("waiting").textContent;
  document.title = found.title;
  if (fresh) at("announced").textContent = fresh === 1 ? "One more question is waiting." : `${fresh} more questions are waiting.`;
}

async function poll() {
  if (document.hidden) return;
  try {
    await refresh();
  } catch (error) {
    if (!(error instanceof Failure)) throw error; // it is tried again
  }
}

// A reply that was typed for longer than the log-in lasts is still there after the next one.
function keepDraft(field) {
  const key = `reply to ${location.pathname}`;
  const keep = () => sessionStorage.setItem(key, field.value);
  field.value ||= sessionStorage.getItem(key) ?? "";
  field.addEventListener("input", keep);
  keep(); // what was typed before this script ran
}

function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("reply to ")) sessionStorage.removeItem(key);
}

localise(document);
if (at("resolve")) keepDraft(at("resolution"));
else if (document.querySelector(".done")) forgetDrafts();
if (at("queue")) {
  setInterval(poll, POLL_MS);
  document.addEventListener("visibilitychange", poll);
}
