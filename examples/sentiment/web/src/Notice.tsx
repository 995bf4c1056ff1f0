// Owns what the page says when there is no answer.
import type { Failure } from "./client";

const TITLES: Record<Failure["kind"], string> = {
  aborted: "Cancelled",
  timeout: "That took too long",
  unreachable: "The service cannot be reached",
  "not-ready": "The service is not ready",
  refused: "The service did not accept this",
  broken: "Something went wrong in the service",
};

const HINTS: Partial<Record<Failure["kind"], string>> = {
  timeout: "The service may be busy.",
  unreachable: "Check the connection, or wait a moment.",
  "not-ready": "Wait a moment.",
};

type Props = { failure: Failure; busy: boolean; onRetry: () => void };

export function Notice({ failure, busy, onRetry }: Props) {
  const message = failure.message === `${TITLES[failure.kind]}.` ? null : failure.message;
  return (
    <div className="notice">
      <p className="notice-title">{TITLES[failure.kind]}</p>
      <p>{[message, HINTS[failure.kind]].filter(Boolean).join(" ")}</p>
      {failure.fields.map(({ field, problem }) => (
        <p key={field + problem}>
          {field}: {problem}
        </p>
      ))}
      {failure.requestId && (
        <p className="quiet">
          Request <code>{failure.requestId}</code>
        </p>
      )}
      <button type="button" className="button" aria-busy={busy} onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
