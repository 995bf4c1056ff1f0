// Owns the batch answer as CSV.
import type { Prediction } from "./client";

export function toCsv(reviews: string[], predictions: Prediction[]): string {
  const rows = reviews.map((review, index) => {
    const prediction = predictions[index];
    return prediction
      ? [review, prediction.label, prediction.confidence.toFixed(4), prediction.probability.toFixed(4)]
      : [review, "", "", ""];
  });
  const head = ["review", "label", "confidence", "probability_of_positive"];
  return [head, ...rows].map((row) => row.map(cell).join(",") + "\r\n").join("");
}

function cell(value: string): string {
  // A spreadsheet runs a cell that starts like a formula; the quote makes it text.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
