// What both pages share: times in the reader's own zone, requests whose failure is a sentence, parts of pages.

const PATIENCE_MS = 30_000;

export const at = (id) => document.getElementById(id);

// What the page shows instead of an answer.
export class Failure extends Error {}

export function localise(root) {
  for (const time of root.querySelectorAll("time")) {
    const moment = new Date(time.dateTime);
    const today = moment.toDateString() === new Date().toDateString();
    const style = today && !("precise" in time.dataset) ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" };
    time.textContent = moment.toLocaleString(document.documentElement.lang, style);
  }
}

async function reason(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `Something other than the service answered, with status ${response.status}.`;
  }
}

// Answers the response; throws a Failure where there is none, or it is a refusal.
export async function request(address, { accept, body, headers = {} }) {
  let response;
  try {
    response = await fetch(address, {
      method: body ? "POST" : "GET",
      body,
      headers: { Accept: accept, ...headers },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  } catch (error) {
    const late = error.name === "TimeoutError";
    throw new Failure(late ? "The service did not answer in time." : "The service cannot be reached. Are you online?");
  }
  if (!response.ok) throw new Failure(await reason(response));
  return response;
}

// Answers a part of a page as a document of its own: nothing in it runs or loads before it is moved into this one.
export async function part(address, headers = {}) {
  const response = await request(address, { accept: "text/html", headers });
  const found = new DOMParser().parseFromString(await response.text(), "text/html");
  localise(found);
  return found;
}
