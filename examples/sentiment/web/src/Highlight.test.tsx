// Owns the checks of the marked review and its list of words.
import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { Highlight } from "./Highlight";

const text = "😀 Great cast, boring film";
const words = [
  { start: 2, end: 7, effect: 0.21 },
  { start: 8, end: 12, effect: 0.004 },
  { start: 14, end: 20, effect: -0.06 },
];

test("words that mattered are marked by sign and strength, others are not", () => {
  const { container } = render(<Highlight text={text} words={words} />);
  const marks = [...container.querySelectorAll("mark")];
  expect(marks.map((mark) => [mark.textContent, mark.className])).toEqual([
    ["Great", "for strong"],
    ["boring", "against medium"],
  ]);
  expect(container.querySelector(".review")).toHaveTextContent(text);
});

test("the same is said in words, the strongest first", () => {
  render(
    <Highlight
      text="good great"
      words={[
        { start: 0, end: 4, effect: 0.1 },
        { start: 5, end: 10, effect: 0.3 },
      ]}
    />,
  );
  expect(screen.getByText("Spoke for positive")).toBeVisible();
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual([
    "great +0.30",
    "good +0.10",
  ]);
  expect(screen.getByText("None")).toBeVisible();
});

test("a long list is cut, and says so", () => {
  const many = Array.from({ length: 8 }, (_, index) => ({
    start: index * 2,
    end: index * 2 + 1,
    effect: -0.1,
  }));
  render(<Highlight text={"a ".repeat(8)} words={many} />);
  expect(screen.getByText("and 3 more")).toBeVisible();
});

test("when no word matters, it says so", () => {
  render(<Highlight text={text} words={[]} />);
  expect(screen.getByText(/No single word/)).toBeVisible();
});
