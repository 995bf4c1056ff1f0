// Owns the checks of how numbers read.
import { expect, test } from "vitest";
import { milliseconds, percent, plural, signed } from "./format";

test("percentages never claim a certainty that is not there", () => {
  expect(percent(0.934)).toBe("93%");
  expect(percent(0.9999)).toBe("over 99%");
  expect(percent(0.0001)).toBe("under 1%");
  expect([percent(0), percent(1)]).toEqual(["0%", "100%"]);
});

test("effects carry their sign", () => {
  expect([signed(0.214), signed(-0.214)]).toEqual(["+0.21", "−0.21"]);
});

test("times and counts read naturally", () => {
  expect([milliseconds(6.12), milliseconds(123.4)]).toEqual(["6.1 ms", "123 ms"]);
  expect([plural(1, "review"), plural(2, "review")]).toEqual(["1 review", "2 reviews"]);
});
