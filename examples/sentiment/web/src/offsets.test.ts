// Owns the checks of positions in a text, emoji included.
import { expect, test } from "vitest";
import { countCharacters, pieces } from "./offsets";

const joined = (text: string, ...words: Parameters<typeof pieces>[1]) =>
  pieces(text, words)
    .map((piece) => piece.text)
    .join("");

test("an emoji is one character, like in the service", () => {
  expect(countCharacters("")).toBe(0);
  expect(countCharacters("good")).toBe(4);
  expect(countCharacters("😀😀")).toBe(2);
});

test("offsets count code points, so words after an emoji are cut right", () => {
  const text = "😀 Great film 🎬!";
  const cut = pieces(text, [
    { start: 2, end: 7, effect: 0.2 },
    { start: 13, end: 14, effect: 0.1 },
  ]);
  expect(cut.map((piece) => piece.text)).toEqual(["😀 ", "Great", " film ", "🎬", "!"]);
  expect(cut.map((piece) => piece.effect)).toEqual([null, 0.2, null, 0.1, null]);
});

test("words come in any order", () => {
  const cut = pieces("bad good", [
    { start: 4, end: 8, effect: 0.2 },
    { start: 0, end: 3, effect: -0.2 },
  ]);
  expect(cut.map((piece) => piece.text)).toEqual(["bad", " ", "good"]);
});

test("whatever the offsets, no text is lost or doubled", () => {
  const text = "a 👩‍👩‍👧 family film";
  expect(joined(text)).toBe(text);
  expect(joined(text, { start: 0, end: 99, effect: 1 })).toBe(text);
  expect(joined(text, { start: 3, end: 3, effect: 1 }, { start: 5, end: 2, effect: 1 })).toBe(text);
  expect(joined(text, { start: 0, end: 4, effect: 1 }, { start: 2, end: 6, effect: 1 })).toBe(text);
  expect(joined(text, { start: -1, end: 4, effect: 1 })).toBe(text);
  expect(pieces("", [])).toEqual([]);
});
