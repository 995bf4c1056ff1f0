// Owns the table of batch answers and copying it.
import { useState } from "react";
import type { BatchAnswer } from "./client";
import { toCsv } from "./csv";
import { milliseconds, percent } from "./format";
import { Label } from "./Label";

type Props = { reviews: string[]; answer: BatchAnswer };

export function BatchTable({ reviews, answer }: Props) {
  const csv = toCsv(reviews, answer.predictions);
  return (
    <>
      <table>
        <caption className="unseen">The label and confidence of each review</caption>
        <thead>
          <tr>
            <th scope="col">Review</th>
            <th scope="col">Label</th>
            <th scope="col" className="number">
              Confidence
            </th>
          </tr>
        </thead>
        <tbody>
          {answer.predictions.map((prediction, index) => (
            <tr key={index}>
              <td>
                <span className="clamp">{reviews[index]}</span>
                {prediction.truncated && <span className="quiet small">Only the beginning was read</span>}
              </td>
              <td>
                <Label label={prediction.label} />
              </td>
              <td className="number figure">{percent(prediction.confidence)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet small">
        Answered in {milliseconds(answer.latency_ms)} · Model {answer.model.version}
      </p>
      <div className="actions">
        <CopyCsv key={csv} csv={csv} />
      </div>
    </>
  );
}

function CopyCsv({ csv }: { csv: string }) {
  const [state, setState] = useState<"idle" | "copied" | "blocked">("idle");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(csv);
      setState("copied");
    } catch {
      // Plain http off this machine: browsers offer no clipboard there.
      setState("blocked");
    }
  };
  return (
    <>
      <button type="button" className="button" onClick={copy}>
        Copy as CSV
      </button>
      <span className="copied" role="status">
        {state === "copied" && "Copied"}
        {state === "blocked" && "The browser does not allow copying. Copy it from here:"}
      </span>
      {state === "blocked" && (
        <textarea readOnly rows={4} value={csv} aria-label="CSV" onFocus={(event) => event.target.select()} />
      )}
    </>
  );
}
