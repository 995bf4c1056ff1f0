// Owns the made-up service of the unit tests.
import { vi } from "vitest";
import type { Answer, BatchAnswer, Prediction, Version, Word } from "./client";

const model = { version: "1.2.3", data_source: "synthetic", kind: "smoke", band: [0.4, 0.6] } as const;

export function prediction(probability: number, words: Word[] | null = null): Prediction {
  return {
    label: probability > 0.6 ? "positive" : probability < 0.4 ? "negative" : "neutral",
    probability,
    confidence: Math.max(probability, 1 - probability),
    tokens: 9,
    truncated: false,
    words,
  };
}

export function answer(given: Prediction): Answer {
  return { prediction: given, model: { ...model, band: [0.4, 0.6] }, latency_ms: 12.3, request_id: "r1" };
}

export function batchAnswer(...predictions: Prediction[]): BatchAnswer {
  return { predictions, model: { ...model, band: [0.4, 0.6] }, latency_ms: 20, request_id: "r2" };
}

export const version: Version = {
  model: "1.2.3",
  data_source: "synthetic",
  kind: "smoke",
  band: [0.4, 0.6],
  data_sha256: "0".repeat(64),
  git_commit: "abc1234",
};

export function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

export function refusal(status: number, error: string, field?: string, problem = "is wrong"): Response {
  return json(status, { error, fields: field ? [{ field, problem }] : [], request_id: "r9" });
}

type Reply = (body: unknown, init: RequestInit) => Response | Promise<Response>;

/** Replaces fetch by one reply a path. Anything else is a network error. */
export function serve(replies: Record<string, Reply>) {
  const fake = vi.fn(async (input: string, init: RequestInit = {}) => {
    const reply = replies[input.split("?")[0] ?? ""];
    if (!reply) throw new TypeError("Failed to fetch");
    return reply(init.body === undefined ? undefined : JSON.parse(String(init.body)), init);
  });
  vi.stubGlobal("fetch", fake);
  return fake;
}

/** A reply that never comes, but that can be cancelled, like fetch. */
export const never: Reply = (_body, { signal }) =>
  new Promise((_resolve, reject) => {
    const stop = () => reject(new DOMException("Aborted", "AbortError"));
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop);
  });
