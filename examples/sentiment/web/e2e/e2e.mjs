// Owns the end-to-end checks: a real browser against a running service, one line a check.
// usage: node e2e/e2e.mjs URL [--shots DIR]      CHROMIUM=/path/to/chromium, else /usr/bin/chromium
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import axe from "axe-core";
import { chromium } from "playwright-core";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { shots: { type: "string" } } });
const url = positionals[0];
if (!url) {
  console.error("usage: node e2e/e2e.mjs URL [--shots DIR]");
  process.exit(2);
}

const WAIT = 20_000;
const REVIEW = "The acting is wonderful 😀 and I loved the story, but the ending is boring.";
const LABELS = ["Positive", "Negative", "Neutral"];

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
let failures = 0;

/** Runs one check on a fresh page and prints one line. */
async function check(name, options, body) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT);
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await body(page, complaints, context);
    console.log(`ok    ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL  ${name}\n      ${String(error.message ?? error).replaceAll("\n", "\n      ")}`);
  } finally {
    await context.close();
  }
}

const review = (page) => page.getByLabel("Your review", { exact: true });
const reviews = (page) => page.getByLabel("Your reviews", { exact: true });
const headline = (page) => page.locator(".headline");
const mode = (page, name) => page.getByRole("button", { name, exact: true });

async function open(page) {
  await page.goto(url, { waitUntil: "networkidle" });
}

async function askOne(page, text = REVIEW) {
  await review(page).fill(text);
  await mode(page, "Check the review").click();
  await headline(page).waitFor();
}

async function askThree(
  page,
  texts = ["I loved it, a wonderful film.", "Boring and terrible.", "It was a film."],
) {
  await mode(page, "Several at once").click();
  await reviews(page).fill(texts.join("\n\n"));
  await mode(page, "Check the reviews").click();
  await page
    .locator("tbody tr")
    .nth(texts.length - 1)
    .waitFor();
}

/** Presses Tab until the locator has the focus. */
async function tabTo(page, locator) {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press("Tab");
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  assert.fail("Tab never reaches the control");
}

async function axeFinds(page) {
  await page.evaluate(axe.source); // not a script element: the page's own policy would refuse one
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }),
  );
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

await check("the page loads, complains about nothing and calls nobody else", {}, async (page, complaints) => {
  const origin = new URL(url).origin;
  const elsewhere = [];
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== origin) elsewhere.push(request.url());
  });
  await open(page);
  assert.equal(await page.title(), "Review sentiment");
  assert.equal(await page.locator("h1").innerText(), "Review sentiment");
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await askOne(page);
  await askThree(page);
  assert.equal(await page.locator("script:not([src]), style, [style]").count(), 0, "inline script or style");
  assert.deepEqual(elsewhere, []);
  assert.deepEqual(complaints, []);
});

await check("a review gets the verdict that the service gave", {}, async (page) => {
  await open(page);
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.url().includes("/predict?explain=true")),
    askOne(page),
  ]);
  const { prediction } = await response.json();
  const shown = (await headline(page).innerText()).toLowerCase();
  assert.ok(shown.includes(prediction.label), `${shown} is not ${prediction.label}`);
  const meter = page.getByRole("meter");
  const stated = Number(await meter.getAttribute("aria-valuenow"));
  assert.ok(Math.abs(stated - prediction.probability) < 0.001, `the meter says ${stated}`);
  assert.equal(await page.locator(".review").evaluate((element) => element.textContent), REVIEW);
  const points = Array.from(REVIEW);
  const expected = prediction.words
    .filter(({ effect }) => Math.abs(effect) >= 0.01)
    .map(({ start, end }) => points.slice(start, end).join(""));
  assert.deepEqual(await page.locator("mark").allTextContents(), expected);
});

await check("the keyboard alone is enough", {}, async (page) => {
  await open(page);
  await tabTo(page, review(page));
  await page.keyboard.type("I loved this wonderful film.");
  await tabTo(page, mode(page, "Check the review"));
  await page.keyboard.press("Enter");
  await headline(page).waitFor();
  await open(page);
  await tabTo(page, mode(page, "Several at once"));
  await page.keyboard.press("Space");
  await tabTo(page, reviews(page));
  await page.keyboard.type("I loved it.");
  await page.keyboard.press("Enter");
  await page.keyboard.type("I hated it.");
  await page.keyboard.press("Control+Enter");
  await page.locator("tbody tr").nth(1).waitFor();
});

await check("an empty review is answered at the field", {}, async (page) => {
  await open(page);
  await mode(page, "Check the review").click();
  const area = review(page);
  assert.equal(await area.getAttribute("aria-invalid"), "true");
  assert.ok(await area.evaluate((element) => element === document.activeElement), "no focus on the field");
  const described = (await area.getAttribute("aria-describedby")).split(" ")[0];
  assert.match(await page.locator(`[id="${described}"]`).innerText(), /review first/);
  await area.fill("Good");
  assert.equal(await area.getAttribute("aria-invalid"), "false");
});

await check("three reviews make a table, a summary and a CSV", {}, async (page, _complaints, context) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: new URL(url).origin });
  await open(page);
  await askThree(page);
  assert.equal(await page.locator("tbody tr").count(), 3);
  for (const label of await page.locator("tbody .label").allInnerTexts())
    assert.ok(LABELS.some((known) => label.includes(known)));
  assert.match(
    await page.locator(".summary").innerText(),
    /^3 reviews: \d\spositive, \d\snegative, \d\sneutral$/,
  );
  await mode(page, "Copy as CSV").click();
  await page.getByText("Copied").waitFor();
  const csv = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(csv.trim().split(/\r?\n/).length, 4);
});

await check("a slow earlier answer never replaces a later one", {}, async (page) => {
  await open(page);
  await page.route("**/predict?*", async (route) => {
    if (route.request().postData().includes("first")) await new Promise((done) => setTimeout(done, 1500));
    await route.continue().catch(() => {}); // the page has cancelled it
  });
  await review(page).fill("The first review.");
  await mode(page, "Check the review").click();
  await review(page).fill("The later review.");
  await review(page).press("Control+Enter");
  await headline(page).waitFor();
  await page.waitForTimeout(2500);
  assert.equal(await page.locator(".review").innerText(), "The later review.");
});

await check("an unreachable service is said, and trying again works", {}, async (page) => {
  await open(page);
  await page.route("**/predict?*", (route) => route.abort());
  await review(page).fill("A good film.");
  await mode(page, "Check the review").click();
  await page.getByText("The service cannot be reached").waitFor();
  await page.unroute("**/predict?*");
  await mode(page, "Try again").click();
  await headline(page).waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  for (const [name, ask] of [
    ["one review", askOne],
    ["several at once", askThree],
  ]) {
    await check(`axe finds nothing: ${name}, ${colorScheme}`, { colorScheme }, async (page) => {
      await open(page);
      assert.deepEqual(await axeFinds(page), []);
      await ask(page);
      assert.deepEqual(await axeFinds(page), []);
      if (ask === askOne) {
        await askOne(page, "A boring and terrible film. ".repeat(40)); // scrolls in its box, and is very sure
        await page.locator(".review[tabindex]").waitFor();
        assert.deepEqual(await axeFinds(page), []);
      }
      await (name === "one review" ? review(page) : reviews(page)).fill("");
      await page.keyboard.press("Control+Enter");
      await page.locator(".error:visible").waitFor();
      assert.deepEqual(await axeFinds(page), []);
    });
  }
}

await check("nothing scrolls sideways at 320 px", { viewport: { width: 320, height: 640 } }, async (page) => {
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
  const long = `Wonderful ${"o".repeat(300)} boring`;
  await open(page);
  assert.ok(await fits(), "empty");
  await askOne(page, long);
  assert.ok(await fits(), "one review");
  await askThree(page, [long, "Boring", "A film"]);
  assert.ok(await fits(), "several at once");
});

if (values.shots) {
  await mkdir(values.shots, { recursive: true });
  for (const [device, viewport] of [
    ["desktop", { width: 1280, height: 900 }],
    ["phone", { width: 390, height: 844 }],
  ]) {
    for (const colorScheme of ["light", "dark"]) {
      const options = { viewport, colorScheme, deviceScaleFactor: 2, hasTouch: device === "phone" };
      await check(`screenshots: ${device}, ${colorScheme}`, options, async (page) => {
        const shoot = (name) =>
          page.screenshot({
            path: join(values.shots, `${device}-${colorScheme}-${name}.png`),
            fullPage: true,
            caret: "initial", // hiding it would need the inline style that the policy forbids
          });
        await open(page);
        await shoot("empty");
        await askOne(page);
        await shoot("one");
        await askThree(page);
        await shoot("several");
      });
    }
  }
}

await browser.close();
console.log(failures === 0 ? "all checks passed" : `${failures} failed`);
process.exit(failures === 0 ? 0 : 1);
