// Owns how a label looks: a word, a colour and a sign, so that colour is never the only difference.
import type { Prediction } from "./client";
import { capital } from "./format";

const SIGNS: Record<string, string> = { positive: "+", negative: "−", neutral: "=" };

export function Label({ label }: { label: Prediction["label"] }) {
  return (
    <span className={`label ${label}`}>
      <span className="sign" aria-hidden="true">
        {SIGNS[label]}
      </span>
      {capital(label)}
    </span>
  );
}
