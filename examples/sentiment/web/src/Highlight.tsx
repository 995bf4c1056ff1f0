// Owns the review with the words that mattered marked, and the same as a list for those who do not see marks.
import { Fragment } from "react";
import type { Word } from "./client";
import { signed } from "./format";
import { pieces, type Piece } from "./offsets";

/** Smaller effects are not worth a reader's eye. */
export const MATTERS = 0.01;
const LISTED = 5;
/** Longer reviews scroll in their box, so that the words below stay near. */
const LONG = 900;

type Props = { text: string; words: Word[] };
type Marked = Piece & { effect: number };

export function Highlight({ text, words }: Props) {
  const all = pieces(
    text,
    words.filter(({ effect }) => Math.abs(effect) >= MATTERS),
  );
  const marked = all.filter((piece): piece is Marked => piece.effect !== null);
  return (
    <>
      <h3>The review</h3>
      <blockquote
        className="review"
        {...(text.length > LONG && { tabIndex: 0, role: "region", "aria-label": "The review" })}
      >
        {all.map((piece) =>
          piece.effect === null ? (
            <Fragment key={piece.start}>{piece.text}</Fragment>
          ) : (
            <mark
              key={piece.start}
              className={`${piece.effect > 0 ? "for" : "against"} ${strength(piece.effect)}`}
            >
              {piece.text}
            </mark>
          ),
        )}
      </blockquote>
      <h3>Words that mattered</h3>
      {marked.length === 0 ? (
        <p className="quiet">No single word moves the probability by {MATTERS} or more.</p>
      ) : (
        <div className="words">
          <WordList name="for" title="Spoke for positive" words={marked.filter((word) => word.effect > 0)} />
          <WordList
            name="against"
            title="Spoke for negative"
            words={marked.filter((word) => word.effect < 0)}
          />
        </div>
      )}
    </>
  );
}

function WordList({ name, title, words }: { name: string; title: string; words: Marked[] }) {
  const ranked = [...words].sort((a, b) => Math.abs(b.effect) - Math.abs(a.effect));
  const more = ranked.length - LISTED;
  return (
    <div>
      <p className={`words-title ${name}`}>{title}</p>
      {ranked.length === 0 ? (
        <p className="quiet">None</p>
      ) : (
        <ul>
          {ranked.slice(0, LISTED).map((word) => (
            <li key={word.start}>
              {word.text} <span className="figure">{signed(word.effect)}</span>
            </li>
          ))}
          {more > 0 && <li className="quiet">and {more} more</li>}
        </ul>
      )}
    </div>
  );
}

function strength(effect: number): string {
  const size = Math.abs(effect);
  return size >= 0.15 ? "strong" : size >= 0.05 ? "medium" : "weak";
}
