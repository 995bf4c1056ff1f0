// Owns the checks of asking about several reviews.
import { fireEvent, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { Batch } from "./Batch";
import { batchAnswer, json, prediction, refusal, serve } from "./testing";

const field = () => screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Your reviews" });
const button = () => screen.getByRole("button", { name: /^Check/ });

async function ask(text: string) {
  const user = userEvent.setup();
  fireEvent.change(field(), { target: { value: text } });
  await user.click(button());
  return user;
}

test("one review a line; empty lines are skipped", async () => {
  const fetched = serve({
    "/predict/batch": () => json(200, batchAnswer(prediction(0.97), prediction(0.1), prediction(0.5))),
  });
  render(<Batch />);
  await ask("Great\n\n  Boring \n\nA film\n");
  expect(screen.getByText("3 of 64 reviews")).toBeVisible();
  expect(await screen.findByText("3 reviews: 1 positive, 1 negative, 1 neutral")).toBeVisible();
  expect(fetched.mock.calls[0]?.[1]).toMatchObject({ body: '{"texts":["Great","Boring","A film"]}' });
  const rows = screen.getAllByRole("row").slice(1);
  expect(rows).toHaveLength(3);
  expect(
    within(rows[0]!)
      .getAllByRole("cell")
      .map((cell) => cell.textContent),
  ).toEqual(["Great", "+Positive", "97%"]);
});

test("the table is copied as CSV", async () => {
  serve({ "/predict/batch": () => json(200, batchAnswer(prediction(0.9))) });
  render(<Batch />);
  const user = await ask("Great, really");
  await user.click(await screen.findByRole("button", { name: "Copy as CSV" }));
  expect(await screen.findByText("Copied")).toBeVisible();
  expect(await navigator.clipboard.readText()).toContain('"Great, really",positive,0.9000,0.9000');
});

test("where the browser forbids copying, the CSV is shown", async () => {
  serve({ "/predict/batch": () => json(200, batchAnswer(prediction(0.9))) });
  render(<Batch />);
  const user = await ask("Great");
  vi.spyOn(navigator.clipboard, "writeText").mockRejectedValue(new Error("no"));
  await user.click(await screen.findByRole("button", { name: "Copy as CSV" }));
  expect(await screen.findByRole("textbox", { name: "CSV" })).toHaveValue(
    "review,label,confidence,probability_of_positive\nGreat,positive,0.9000,0.9000\n",
  );
});

test("no review, and too many, are errors at the field", async () => {
  const fetched = serve({});
  render(<Batch />);
  await ask(" \n ");
  expect(field()).toHaveAccessibleDescription(expect.stringContaining("at least one review"));
  expect(field()).toHaveFocus();
  await ask("Good\n".repeat(65));
  expect(field()).toHaveAccessibleDescription(expect.stringContaining("65 reviews: at most 64 at once."));
  expect(fetched).not.toHaveBeenCalled();
});

test("a refused review is named by its line, and selected", async () => {
  serve({ "/predict/batch": () => refusal(422, "Not valid.", "texts[1]", "is not text") });
  render(<Batch />);
  await ask("Great\n\nBoring");
  expect(await screen.findByText("Line 3: is not text")).toBeVisible();
  expect(field()).toHaveFocus();
  expect(field().value.slice(field().selectionStart, field().selectionEnd)).toBe("Boring");
});

test("an unreachable service is said, with a way to try again", async () => {
  serve({});
  render(<Batch />);
  await ask("Great");
  expect(await screen.findByText("The service cannot be reached")).toBeVisible();
  expect(screen.getByRole("button", { name: "Try again" })).toBeVisible();
});
