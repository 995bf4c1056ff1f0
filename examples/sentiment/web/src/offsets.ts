// Owns positions in a text: the service counts Unicode code points, JavaScript strings count UTF-16 units.
import type { Word } from "./client";

export type Piece = { text: string; effect: number | null; start: number };

export function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** The text cut into pieces at the given words. Joined, the pieces are always the whole text again. */
export function pieces(text: string, words: Word[]): Piece[] {
  const points = Array.from(text);
  const cut: Piece[] = [];
  let at = 0;
  const plain = (end: number) => {
    if (end > at) cut.push({ text: points.slice(at, end).join(""), effect: null, start: at });
  };
  for (const { start, end, effect } of [...words].sort((a, b) => a.start - b.start)) {
    if (start < at || end <= start || end > points.length) continue;
    plain(start);
    cut.push({ text: points.slice(start, end).join(""), effect, start });
    at = end;
  }
  plain(points.length);
  return cut;
}
