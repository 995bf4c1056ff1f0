// Owns asking about one review.
import { useEffect, useRef, useState, type FormEvent } from "react";
import { MAX_CHARACTERS, predict, type Answer } from "./client";
import { EXAMPLES } from "./examples";
import { Field, type FieldError } from "./Field";
import { capital } from "./format";
import { Notice } from "./Notice";
import { countCharacters } from "./offsets";
import { SubmitButton } from "./SubmitButton";
import { useRequest } from "./useRequest";
import { Headline, Verdict } from "./Verdict";

type Asked = { text: string; answer: Answer };

export function Single({ onAnswer }: { onAnswer?: () => void }) {
  const [text, setText] = useState("");
  const [error, setError] = useState<FieldError | null>(null);
  const { busy, result, send, cancel } = useRequest<Asked>();
  const asking = useRef("");
  const button = useRef<HTMLButtonElement>(null);
  const live = useRef<HTMLDivElement>(null);

  const length = countCharacters(text);
  const count = `${length.toLocaleString("en")} of ${MAX_CHARACTERS.toLocaleString("en")} characters`;

  const ask = (review: string) => {
    if (busy && asking.current === review) return;
    const problem = check(review);
    setError(problem);
    if (problem) return cancel();
    asking.current = review;
    void send(async (signal) => {
      const answered = await predict(review, signal);
      if (!answered.ok) return answered;
      onAnswer?.();
      return { ok: true, value: { text: review, answer: answered.value } };
    });
  };

  // What the service says about the field belongs at the field.
  const refusal =
    result && !result.ok ? result.failure.fields.find(({ field }) => field === "text") : undefined;
  useEffect(() => {
    if (refusal) setError({ message: capital(refusal.problem) });
  }, [refusal]);
  useEffect(() => {
    if (result && !refusal) live.current?.scrollIntoView?.({ block: "nearest" });
  }, [result, refusal]);

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
          label="Your review"
          hint="In English, of something you bought."
          value={text}
          onChange={change}
          rows={6}
          placeholder="The acting is wonderful and the story never drags."
          count={count}
          over={length > MAX_CHARACTERS}
          error={error}
        />
        <div className="actions">
          <SubmitButton ref={button} busy={busy} idle="Check the review" working="Checking…" />
          <span className="quiet keys">
            or <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </span>
        </div>
        <div className="examples" role="group" aria-label="Examples">
          <span className="quiet">Or try</span>
          {EXAMPLES.map((example) => (
            <button
              key={example.name}
              type="button"
              className="chip"
              onClick={() => {
                setText(example.text);
                ask(example.text);
              }}
            >
              {example.name}
            </button>
          ))}
        </div>
      </form>

      <section className="card answer" aria-labelledby="single-answer" aria-busy={busy}>
        <h2 id="single-answer">Answer</h2>
        <div ref={live} className="live" aria-live="polite" aria-atomic="true">
          {!result || refusal ? (
            <p className="empty">
              {busy ? "Checking the review…" : "Write a review and the answer appears here."}
            </p>
          ) : result.ok ? (
            <Headline answer={result.value.answer} />
          ) : (
            <Notice failure={result.failure} busy={busy} onRetry={retry} />
          )}
        </div>
        {result?.ok && <Verdict text={result.value.text} answer={result.value.answer} />}
      </section>
    </div>
  );
}

function check(review: string): FieldError | null {
  if (review.trim() === "") return { message: "Write or paste a review first." };
  const over = countCharacters(review) - MAX_CHARACTERS;
  return over > 0 ? { message: `Too long by ${over.toLocaleString("en")}. Please shorten it.` } : null;
}
