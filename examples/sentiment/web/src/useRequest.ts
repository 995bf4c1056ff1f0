// Owns one request at a time: a later one cancels the earlier one, and a late answer is never shown.
import { useCallback, useEffect, useRef, useState } from "react";
import type { Result } from "./client";

export function useRequest<T>() {
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<Result<T> | null>(null);
  const latest = useRef<AbortController | null>(null);

  const cancel = useCallback(() => {
    latest.current?.abort();
    latest.current = null;
    setBusy(false);
  }, []);
  useEffect(() => cancel, [cancel]);

  const send = useCallback(async (call: (signal: AbortSignal) => Promise<Result<T>>) => {
    latest.current?.abort();
    const mine = new AbortController();
    latest.current = mine;
    setBusy(true);
    const answer = await call(mine.signal);
    if (latest.current !== mine) return;
    setBusy(false);
    setResult(answer);
  }, []);

  return { busy, result, send, cancel };
}
