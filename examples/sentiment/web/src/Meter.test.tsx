// Owns the checks of the bar.
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Meter } from "./Meter";

test("the meter says the probability and the band", () => {
  const { container } = render(<Meter probability={0.83} band={[0.4, 0.6]} />);
  const meter = screen.getByRole("meter", { name: "Probability of positive" });
  expect(meter).toHaveAttribute("aria-valuenow", "0.83");
  expect(meter).toHaveAttribute("aria-valuetext", "83%. Neutral from 40% to 60%.");
  expect(container.querySelector(".meter-needle")).toHaveAttribute("cx", "83%");
  expect(container.querySelector(".meter-band")).toHaveAttribute("x", "40%");
});

test("no style attribute, which the page's policy would refuse", () => {
  const { container } = render(<Meter probability={0.5} band={[]} />);
  expect(container.querySelector("[style]")).toBeNull();
});

test("a tiny probability is still a plain number", () => {
  render(<Meter probability={1e-9} band={[0.4, 0.6]} />);
  expect(screen.getByRole("meter")).toHaveAttribute("aria-valuenow", "0");
  expect(screen.getByRole("meter")).toHaveAttribute("aria-valuetext", "under 1%. Neutral from 40% to 60%.");
});
