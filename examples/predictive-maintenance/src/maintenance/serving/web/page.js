// The try-it page: reads the form, asks POST /predict, shows the answer. No framework, no request to another host.
"use strict";

const form = document.getElementById("reading");
const result = document.getElementById("result");
const numbers = [...form.querySelectorAll('input[type="number"]')];
const show = (id, text) => { document.getElementById(id).textContent = text; };
const unbroken = (text) => text.replace(/(\d) (?=[A-Za-z%])/g, "$1\u00a0"); // a number stays with its unit

function reading() {
  const values = { type: form.elements.type.value };
  for (const input of numbers) {
    if (input.value !== "") values[input.name] = input.valueAsNumber;
  }
  return values;
}

// ---- errors beside their fields

function setProblem(name, text) {
  document.getElementById(`${name}-problem`).textContent = text;
  const input = document.getElementById(name);
  if (!input) return;
  input.setAttribute("aria-invalid", String(text !== ""));
  input.closest(".field").classList.toggle("wrong", text !== "");
}

function labelOf(name) {
  const label = form.querySelector(`label[for="${name}"]`);
  return label ? label.textContent : "Product quality";
}

function clearProblems() {
  for (const place of form.querySelectorAll(".problem[id]")) setProblem(place.id.replace("-problem", ""), "");
}

function showFailure(text) {
  document.getElementById("answer").hidden = true;
  document.getElementById("empty").hidden = true;
  const failure = document.getElementById("failure");
  failure.hidden = false;
  failure.textContent = text;
}

function showProblems(problem, { focus }) {
  const known = (problem.fields || []).filter(({ field }) => document.getElementById(`${field}-problem`));
  for (const { field, problem: text } of known) setProblem(field, `${labelOf(field)} ${text}.`);
  const count = known.length === 1 ? "one field" : `${known.length} fields`;
  showFailure(known.length ? `No prediction: please correct ${count} of the reading.` : `No prediction: ${problem.error}`);
  const first = known.length && document.getElementById(known[0].field);
  if (focus && first) first.focus();
}

// ---- the answer

function percent(share) {
  if (share < 0.001) return "< 0.1 %";
  if (share > 0.999) return "> 99.9 %";
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}

function reasonItem(reason) {
  const item = document.createElement("li");
  item.className = reason.contribution > 0 ? "up" : "down";
  const odds = document.createElement("b");
  odds.textContent = `odds × ${Number(reason.odds_factor.toPrecision(2))}`;
  const text = document.createElement("span");
  text.className = "sentence";
  text.textContent = unbroken(reason.text);
  item.append(text, odds);
  return item;
}

function showAnswer({ prediction: answer, model }) {
  document.getElementById("failure").hidden = true;
  document.getElementById("empty").hidden = true;
  document.getElementById("answer").hidden = false;
  result.classList.toggle("alerting", answer.alert);
  result.classList.toggle("calm", !answer.alert);
  show("verdict", answer.alert ? "Alert: inspect this machine" : "No alert: keep running");
  show("probability", percent(answer.probability));
  show("threshold", `The alert threshold is ${percent(answer.threshold)}, chosen by cost: a missed failure costs ` +
    `${form.dataset.costs} times a false alarm.`);
  document.getElementById("fill").style.width = `${100 * answer.probability}%`;
  document.getElementById("mark").style.left = `${100 * answer.threshold}%`;
  document.getElementById("gauge").setAttribute("aria-label",
    `probability ${percent(answer.probability)}, threshold ${percent(answer.threshold)}`);
  document.getElementById("reasons").replaceChildren(...answer.explanation.reasons.map(reasonItem));
  show("rule", `${unbroken(answer.nearest_rule.text)}.`);
  show("model", `Model ${model.version}, trained on ${model.data_source} data.`);
}

let latest = 0; // answers can overtake each other while a slider moves: only the newest question counts

async function predict({ asked = false } = {}) {
  const ticket = ++latest;
  clearProblems();
  try {
    const response = await fetch("predict?explain=true", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(reading()),
    });
    const body = await response.json();
    if (ticket !== latest) return;
    if (response.ok) showAnswer(body);
    else showProblems(body, { focus: asked });
  } catch {
    if (ticket === latest) showFailure("No prediction: the service did not answer. Is it still running?");
  }
  if (asked && result.getBoundingClientRect().top > window.innerHeight * 0.8) result.scrollIntoView();
}

// ---- the form

function celsius(input) {
  const place = document.getElementById(`${input.name}-celsius`);
  if (place) place.textContent = Number.isNaN(input.valueAsNumber) ? "" : `, now ${(input.valueAsNumber - 273.15).toFixed(1)} °C`;
}

function showCommand() {
  const body = JSON.stringify(reading(), null, 1).replace(/\n\s*/g, " "); // spaces, so that the line may break
  const lines = [`curl ${new URL("predict", location.href)}`, "--header 'Content-Type: application/json'", `--data '${body}'`];
  show("curl", lines.join(" \\\n  "));
}

function changed() {
  numbers.forEach(celsius);
  showCommand();
}

function fillIn(button) {
  for (const [name, value] of Object.entries(JSON.parse(button.dataset.reading))) {
    form.elements[name].value = value;
    const slider = document.getElementById(`${name}-slider`);
    if (slider) slider.value = value;
  }
  markExample(button);
  changed();
  predict({ asked: true });
}

function markExample(chosen) {
  for (const button of form.querySelectorAll("[data-reading]")) button.setAttribute("aria-pressed", String(button === chosen));
}

for (const input of numbers) {
  const slider = document.getElementById(`${input.name}-slider`);
  slider.addEventListener("input", () => { input.value = slider.value; markExample(null); changed(); predict(); });
  input.addEventListener("input", () => { slider.value = input.value; markExample(null); changed(); });
}
for (const choice of form.elements.type) {
  choice.addEventListener("change", () => { markExample(null); changed(); predict(); });
}
for (const button of form.querySelectorAll("[data-reading]")) button.addEventListener("click", () => fillIn(button));
form.addEventListener("submit", (event) => { event.preventDefault(); predict({ asked: true }); });
markExample(form.querySelector("[data-reading]")); // the form comes filled with the first example
changed();
predict();
