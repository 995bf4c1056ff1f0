// Owns the checks of the CSV.
import { expect, test } from "vitest";
import { toCsv } from "./csv";
import { prediction } from "./testing";

test("one line a review, with a head", () => {
  expect(toCsv(["Good"], [prediction(0.9)])).toBe(
    "review,label,confidence,probability_of_positive\r\nGood,positive,0.9000,0.9000\r\n",
  );
});

test("commas and quotes are kept, formulas are made harmless", () => {
  const rows = toCsv(['So, "good"', "=1+1"], [prediction(0.9), prediction(0.1)]).split("\r\n");
  expect(rows[1]).toMatch(/^"So, ""good""",/);
  expect(rows[2]).toMatch(/^'=1\+1,negative,/);
});
