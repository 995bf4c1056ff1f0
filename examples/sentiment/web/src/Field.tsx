// Owns a labelled text area with a hint, a count and its error; the error takes the focus when it appears.
import { useEffect, useId, useRef, type KeyboardEvent } from "react";

export type FieldError = { message: string; line?: number };

type Props = {
  label: string;
  hint: string;
  value: string;
  onChange: (value: string) => void;
  rows: number;
  placeholder: string;
  count: string;
  over: boolean;
  error: FieldError | null;
};

export function Field({ label, hint, value, onChange, rows, placeholder, count, over, error }: Props) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);

  useEffect(() => {
    if (!error || !area.current) return;
    area.current.focus();
    if (error.line !== undefined) selectLine(area.current, error.line);
  }, [error]);

  const submitOnEnter = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.currentTarget.form?.requestSubmit();
  };

  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <p id={`${id}-hint`} className="quiet hint">
        {hint}
      </p>
      <textarea
        ref={area}
        id={id}
        value={value}
        rows={rows}
        placeholder={placeholder}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={submitOnEnter}
        aria-invalid={error !== null}
        aria-describedby={`${error ? `${id}-error ` : ""}${id}-hint ${id}-count`}
      />
      <div className="under">
        <p id={`${id}-error`} className="error" hidden={!error}>
          {error?.message}
        </p>
        <p id={`${id}-count`} className={over ? "count over" : "count"}>
          {count}
        </p>
      </div>
    </div>
  );
}

function selectLine(area: HTMLTextAreaElement, line: number) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
  area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}
