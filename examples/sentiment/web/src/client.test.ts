// Owns the checks of requests, the time-out and typed errors.
import { afterEach, expect, test, vi } from "vitest";
import { predict, predictBatch, service, TIMEOUT_MS, type Failure, type Result } from "./client";
import { answer, batchAnswer, json, never, prediction, refusal, serve, version } from "./testing";

const signal = () => new AbortController().signal;
const failure = (result: Result<unknown>): Failure => {
  if (result.ok) throw new Error("expected a failure");
  return result.failure;
};

afterEach(() => vi.useRealTimers());

test("an answer comes back as a value, and the words are asked for", async () => {
  const fetched = serve({ "/predict": () => json(200, answer(prediction(0.9))) });
  const result = await predict("Good", signal());
  expect(result).toEqual({ ok: true, value: answer(prediction(0.9)) });
  const [url, init] = fetched.mock.calls[0] ?? [];
  expect(url).toBe("/predict?explain=true");
  expect(init).toMatchObject({ method: "POST", body: '{"text":"Good"}' });
});

test("a batch is sent as texts", async () => {
  const fetched = serve({ "/predict/batch": () => json(200, batchAnswer(prediction(0.9))) });
  expect((await predictBatch(["Good"], signal())).ok).toBe(true);
  expect(fetched.mock.calls[0]?.[1]).toMatchObject({ body: '{"texts":["Good"]}' });
});

test.each([
  [400, "refused"],
  [413, "refused"],
  [415, "refused"],
  [422, "refused"],
  [500, "broken"],
  [502, "unreachable"],
  [503, "not-ready"],
] as const)("status %i is %s, with what the service said", async (status, kind) => {
  serve({ "/predict": () => refusal(status, "So it said.", "text") });
  expect(failure(await predict("Good", signal()))).toEqual({
    kind,
    message: "So it said.",
    fields: [{ field: "text", problem: "is wrong" }],
    requestId: "r9",
  });
});

test("an answer that is not JSON is a failure, not an exception", async () => {
  serve({ "/predict": () => new Response("<h1>Bad gateway</h1>", { status: 500 }) });
  expect(failure(await predict("Good", signal()))).toMatchObject({
    kind: "broken",
    message: "The service answered 500.",
    fields: [],
  });
  serve({ "/predict": () => new Response("<h1>Hello</h1>", { status: 200 }) });
  expect(failure(await predict("Good", signal())).kind).toBe("broken");
});

test("no connection is unreachable", async () => {
  serve({});
  expect(failure(await predict("Good", signal())).kind).toBe("unreachable");
});

test("no answer in time is a time-out", async () => {
  vi.useFakeTimers();
  serve({ "/predict": never });
  const asked = predict("Good", signal());
  await vi.advanceTimersByTimeAsync(TIMEOUT_MS);
  expect(failure(await asked)).toMatchObject({ kind: "timeout", message: "No answer within 15 seconds." });
});

test("cancelling is told apart from failing", async () => {
  serve({ "/predict": never });
  const abort = new AbortController();
  const asked = predict("Good", abort.signal);
  abort.abort();
  expect(failure(await asked).kind).toBe("aborted");
  expect(failure(await predict("Good", abort.signal)).kind).toBe("aborted");
});

test("a service that is not ready says why; a ready one says what it serves", async () => {
  serve({ "/readyz": () => json(503, { ready: false, reason: "The model is loading." }) });
  expect(failure(await service(signal()))).toMatchObject({
    kind: "not-ready",
    message: "The model is loading.",
  });
  serve({ "/readyz": () => json(200, { ready: true, reason: "" }), "/version": () => json(200, version) });
  expect(await service(signal())).toEqual({ ok: true, value: version });
});
