// Owns talking to the service: requests, the time-out, and errors as typed results that never throw.
import type { components } from "./api";

type Schemas = components["schemas"];
export type Answer = Schemas["Answer"];
export type BatchAnswer = Schemas["BatchAnswer"];
export type Prediction = Schemas["Prediction"];
export type Word = Schemas["Word"];
export type Model = Schemas["Model"];
export type Problem = Schemas["Problem"];
export type Version = Schemas["Version"];

export const MAX_CHARACTERS = 5000;
export const MAX_REVIEWS = 64;
export const TIMEOUT_MS = 15_000;

/** Why there is no answer. "refused" is about the input; the rest are about the service. */
export type Failure = {
  kind: "aborted" | "timeout" | "unreachable" | "not-ready" | "refused" | "broken";
  message: string;
  fields: Problem[];
  requestId: string | null;
};

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure };

const BASE = (import.meta.env.VITE_API_URL ?? "").replace(/\/+$/, "");

export function predict(text: string, signal: AbortSignal): Promise<Result<Answer>> {
  const body: Schemas["PredictRequest"] = { text };
  return request<Answer>("/predict?explain=true", signal, body);
}

export function predictBatch(texts: string[], signal: AbortSignal): Promise<Result<BatchAnswer>> {
  const body: Schemas["BatchRequest"] = { texts };
  return request<BatchAnswer>("/predict/batch", signal, body);
}

/** What is being served, or why nothing can be asked yet. */
export async function service(signal: AbortSignal): Promise<Result<Version>> {
  const ready = await request<Schemas["Readiness"]>("/readyz", signal);
  return ready.ok ? request<Version>("/version", signal) : ready;
}

async function request<T>(path: string, signal: AbortSignal, body?: object): Promise<Result<T>> {
  const abort = new AbortController();
  let timedOut = false;
  const stop = () => abort.abort();
  const timer = setTimeout(() => {
    timedOut = true;
    stop();
  }, TIMEOUT_MS);
  signal.addEventListener("abort", stop);
  if (signal.aborted) stop();

  try {
    const response = await fetch(BASE + path, {
      method: body ? "POST" : "GET",
      headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
      signal: abort.signal,
      ...(body && { body: JSON.stringify(body) }),
    });
    // A proxy in front of the service may answer with something other than JSON.
    const answer: unknown = await response.json().catch((error: unknown) => {
      if (abort.signal.aborted) throw error;
      return null;
    });
    if (response.ok && answer !== null) return { ok: true, value: answer as T };
    return { ok: false, failure: fromAnswer(response.status, answer) };
  } catch {
    if (timedOut) return failed("timeout", `No answer within ${TIMEOUT_MS / 1000} seconds.`);
    if (signal.aborted) return failed("aborted", "Cancelled.");
    return failed("unreachable", "The service cannot be reached.");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}

function failed(kind: Failure["kind"], message: string): { ok: false; failure: Failure } {
  return { ok: false, failure: { kind, message, fields: [], requestId: null } };
}

function fromAnswer(status: number, answer: unknown): Failure {
  const said = (typeof answer === "object" && answer !== null ? answer : {}) as Partial<
    Schemas["ErrorAnswer"] & Schemas["Readiness"]
  >;
  // Gateways answer 502 and 504 for a service that is not there.
  const kind =
    status === 503
      ? "not-ready"
      : status === 502 || status === 504
        ? "unreachable"
        : status >= 400 && status < 500
          ? "refused"
          : "broken";
  return {
    kind,
    message: said.error ?? said.reason ?? `The service answered ${status}.`,
    fields: Array.isArray(said.fields) ? said.fields : [],
    requestId: said.request_id ?? null,
  };
}
