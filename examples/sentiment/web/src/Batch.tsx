// Owns asking about several reviews at once.
import { useEffect, useMemo, useRef, useState, type FormEvent } from "react";
import { BatchTable } from "./BatchTable";
import { MAX_CHARACTERS, MAX_REVIEWS, predictBatch, type BatchAnswer, type Failure } from "./client";
import { BATCH_EXAMPLE } from "./examples";
import { Field, type FieldError } from "./Field";
import { capital, plural } from "./format";
import { Notice } from "./Notice";
import { countCharacters } from "./offsets";
import { SubmitButton } from "./SubmitButton";
import { useRequest } from "./useRequest";

type Review = { line: number; text: string };
type Asked = { reviews: string[]; answer: BatchAnswer };

export function Batch({ onAnswer }: { onAnswer?: () => void }) {
  const [text, setText] = useState("");
  const [error, setError] = useState<FieldError | null>(null);
  const { busy, result, send, cancel } = useRequest<Asked>();
  const asking = useRef<Review[]>([]);
  const askingText = useRef("");
  const button = useRef<HTMLButtonElement>(null);
  const live = useRef<HTMLDivElement>(null);
  const reviews = useMemo(() => readLines(text), [text]);

  const ask = (input: string) => {
    if (busy && askingText.current === input) return;
    const asked = readLines(input);
    const problem = check(asked);
    setError(problem);
    if (problem) return cancel();
    asking.current = asked;
    askingText.current = input;
    const texts = asked.map((review) => review.text);
    void send(async (signal) => {
      const answered = await predictBatch(texts, signal);
      if (!answered.ok) return answered;
      onAnswer?.();
      return { ok: true, value: { reviews: texts, answer: answered.value } };
    });
  };

  const failure = result && !result.ok ? result.failure : null;
  const refused = failure !== null && failure.fields.some(({ field }) => field.startsWith("texts"));
  useEffect(() => {
    if (failure && refused) setError(atLines(failure, asking.current));
  }, [failure, refused]);
  useEffect(() => {
    if (result && !refused) live.current?.scrollIntoView?.({ block: "nearest" });
  }, [result, refused]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask(text);
  };
  const change = (value: string) => {
    setText(value);
    setError(null);
  };
  const retry = () => {
    button.current?.focus();
    ask(text);
  };

  return (
    <div className="columns">
      <form className="card" onSubmit={submit} noValidate>
        <Field
          label="Your reviews"
          hint={`One review a line, up to ${MAX_REVIEWS}. Empty lines are skipped.`}
          value={text}
          onChange={change}
          rows={6}
          placeholder={"Excellent buy, I love it.\nTerrible, and broken after a day."}
          count={`${reviews.length} of ${MAX_REVIEWS} reviews`}
          over={reviews.length > MAX_REVIEWS}
          error={error}
        />
        <div className="actions">
          <SubmitButton ref={button} busy={busy} idle="Check the reviews" working="Checking…" />
          <span className="quiet keys">
            or <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </span>
        </div>
        <div className="examples" role="group" aria-label="Examples">
          <span className="quiet">Or try</span>
          <button
            type="button"
            className="chip"
            onClick={() => {
              setText(BATCH_EXAMPLE);
              ask(BATCH_EXAMPLE);
            }}
          >
            Three short ones
          </button>
        </div>
      </form>

      <section className="card answer" aria-labelledby="batch-answer" aria-busy={busy}>
        <h2 id="batch-answer">Answers</h2>
        <div ref={live} className="live" aria-live="polite" aria-atomic="true">
          {!result || refused ? (
            <p className="empty">
              {busy ? "Checking the reviews…" : "Paste some reviews and the answers appear here."}
            </p>
          ) : result.ok ? (
            <p className="summary">{summary(result.value.answer)}</p>
          ) : (
            <Notice failure={result.failure} busy={busy} onRetry={retry} />
          )}
        </div>
        {result?.ok && <BatchTable reviews={result.value.reviews} answer={result.value.answer} />}
      </section>
    </div>
  );
}

function readLines(text: string): Review[] {
  return text
    .split("\n")
    .map((line, index) => ({ line: index + 1, text: line.trim() }))
    .filter((review) => review.text !== "");
}

function check(reviews: Review[]): FieldError | null {
  if (reviews.length === 0) return { message: "Write or paste at least one review first." };
  if (reviews.length > MAX_REVIEWS)
    return { message: `${reviews.length} reviews: at most ${MAX_REVIEWS} at once.` };
  const long = reviews.find((review) => countCharacters(review.text) > MAX_CHARACTERS);
  return long
    ? { message: `Line ${long.line} is longer than ${MAX_CHARACTERS} characters.`, line: long.line }
    : null;
}

/** The service counts reviews from 0; the reader counts lines, empty ones too. */
function atLines({ fields }: Failure, asked: Review[]): FieldError {
  const found = fields.map(({ field, problem }) => {
    const index = /^texts\[(\d+)\]$/.exec(field)?.[1];
    const line = index === undefined ? undefined : asked[Number(index)]?.line;
    return { line, message: line === undefined ? capital(problem) : `Line ${line}: ${problem}` };
  });
  const first = found.find(({ line }) => line !== undefined)?.line;
  const message = found.map((item) => item.message).join(" · ");
  return first === undefined ? { message } : { message, line: first };
}

function summary({ predictions }: BatchAnswer): string {
  const labels = ["positive", "negative", "neutral"];
  const counts = labels.map(
    (name) => `${predictions.filter(({ label }) => label === name).length}\u00a0${name}`,
  );
  return `${plural(predictions.length, "review")}: ${counts.join(", ")}`;
}
