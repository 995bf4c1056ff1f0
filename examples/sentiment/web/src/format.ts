// Owns how numbers read on the page.

/** 0.934 -> "93%". Never rounds to a certainty the model does not have. */
export function percent(share: number): string {
  const rounded = Math.round(share * 100);
  if (rounded === 100 && share < 1) return "over 99%";
  if (rounded === 0 && share > 0) return "under 1%";
  return `${rounded}%`;
}

/** 0.214 -> "+0.21", -0.214 -> "−0.21" */
export function signed(effect: number): string {
  return `${effect < 0 ? "−" : "+"}${Math.abs(effect).toFixed(2)}`;
}

export function milliseconds(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
