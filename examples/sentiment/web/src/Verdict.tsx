// Owns the answer for one review: the label, how sure, the bar, the words and the small print.
import type { Answer } from "./client";
import { milliseconds, percent, plural } from "./format";
import { Highlight } from "./Highlight";
import { Label } from "./Label";
import { Meter } from "./Meter";

/** The part that is announced when it changes. */
export function Headline({ answer: { prediction } }: { answer: Answer }) {
  return (
    <p className="headline">
      <Label label={prediction.label} />
      <span className="sure">
        {prediction.label === "neutral"
          ? "Too close to call"
          : `${percent(prediction.confidence)} confidence`}
      </span>
    </p>
  );
}

export function Verdict({ text, answer }: { text: string; answer: Answer }) {
  const { prediction, model, latency_ms } = answer;
  return (
    <>
      {prediction.label === "neutral" && (
        <p className="quiet abstains">
          The probability lies inside the neutral band, so the model abstains (
          {percent(prediction.confidence)} confidence).
        </p>
      )}
      <Meter probability={prediction.probability} band={model.band} />
      {prediction.truncated && (
        <p className="aside">
          This review is longer than the model can read: only its first {plural(prediction.tokens, "token")}{" "}
          counted.
        </p>
      )}
      {prediction.words && <Highlight text={text} words={prediction.words} />}
      <dl className="facts">
        <div>
          <dt>Answered in</dt>
          <dd>{milliseconds(latency_ms)}</dd>
        </div>
        <div>
          <dt>Length</dt>
          <dd>{plural(prediction.tokens, "token")}</dd>
        </div>
        <div>
          <dt>Model</dt>
          <dd>{model.version}</dd>
        </div>
      </dl>
    </>
  );
}
