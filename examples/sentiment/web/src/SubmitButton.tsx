// Owns the one main button: it keeps its size and the focus while it is busy.
import type { Ref } from "react";

type Props = { busy: boolean; idle: string; working: string; ref?: Ref<HTMLButtonElement> };

export function SubmitButton({ busy, idle, working, ref }: Props) {
  return (
    <button
      ref={ref}
      type="submit"
      className="button primary"
      aria-busy={busy}
      aria-keyshortcuts="Control+Enter Meta+Enter"
    >
      <span className="spinner" aria-hidden="true" hidden={!busy} />
      {busy ? working : idle}
    </button>
  );
}
