// Owns the page: its heading, the two modes, and what is known about the model.
import { useCallback, useEffect, useState } from "react";
import { Batch } from "./Batch";
import { service, type Version } from "./client";
import { percent } from "./format";
import { Notice } from "./Notice";
import { Single } from "./Single";
import { useRequest } from "./useRequest";

const SOURCES: Record<string, string> = {
  real: "real reviews",
  synthetic: "synthetic reviews",
  own: "the owner’s reviews",
};

const SMOKE_NOTE =
  "A small model trained on synthetic reviews: a demonstration of the pipeline, not of quality.";

export function App() {
  const [several, setSeveral] = useState(false);
  const { busy, result, send } = useRequest<Version>();
  const load = useCallback(() => void send(service), [send]);
  useEffect(load, [load]);

  // An answer proves that the service is back.
  const unknown = result !== null && !result.ok;
  const answered = useCallback(() => {
    if (unknown) load();
  }, [unknown, load]);

  return (
    <div className="page">
      <header>
        <h1>Review sentiment</h1>
        <p className="lede">Positive or negative, how sure, and which words made the difference.</p>
        <p className="aside model-note">{result?.ok && result.value.kind === "smoke" && SMOKE_NOTE}</p>
      </header>

      <main>
        <div role="status">
          {result && !result.ok && (
            <div className="card service">
              <Notice failure={result.failure} busy={busy} onRetry={load} />
            </div>
          )}
        </div>
        <div className="modes" role="group" aria-label="How many reviews">
          <button type="button" aria-pressed={!several} onClick={() => setSeveral(false)}>
            One review
          </button>
          <button type="button" aria-pressed={several} onClick={() => setSeveral(true)}>
            Several at once
          </button>
        </div>
        {/* Both stay on the page, so that switching loses nothing. */}
        <div hidden={several}>
          <Single onAnswer={answered} />
        </div>
        <div hidden={!several}>
          <Batch onAnswer={answered} />
        </div>
      </main>

      <footer>{result?.ok ? <About version={result.value} /> : <p>&nbsp;</p>}</footer>
    </div>
  );
}

function About({ version }: { version: Version }) {
  const [low = 0.5, high = 0.5] = version.band;
  return (
    <p>
      Model {version.model}, trained on {SOURCES[version.data_source] ?? version.data_source}. Between{" "}
      {percent(low)} and {percent(high)} it abstains and says neutral.
    </p>
  );
}
