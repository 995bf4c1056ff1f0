// Owns the checks of the page as a whole.
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { App } from "./App";
import { answer, json, prediction, refusal, serve, version } from "./testing";

const ready = () => json(200, { ready: true, reason: "" });
const NOTE = /a demonstration of the pipeline, not of quality/;

test("a smoke model is called one, a fine-tuned one is not", async () => {
  serve({ "/readyz": ready, "/version": () => json(200, version) });
  const { unmount } = render(<App />);
  expect(await screen.findByText(NOTE)).toBeVisible();
  expect(screen.getByText(/Model 1.2.3, trained on synthetic reviews. Between 40% and 60%/)).toBeVisible();
  unmount();

  serve({
    "/readyz": ready,
    "/version": () => json(200, { ...version, kind: "fine-tuned", data_source: "real" }),
  });
  render(<App />);
  expect(await screen.findByText(/trained on real reviews/)).toBeVisible();
  expect(screen.queryByText(NOTE)).toBeNull();
});

test("switching modes keeps what was written", async () => {
  serve({ "/readyz": ready, "/version": () => json(200, version) });
  render(<App />);
  const several = screen.getByRole("button", { name: "Several at once" });
  await userEvent.type(screen.getByRole("textbox", { name: "Your review" }), "Great");
  await userEvent.click(several);
  expect(several).toHaveAttribute("aria-pressed", "true");
  expect(screen.queryByRole("textbox", { name: "Your review" })).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "One review" }));
  expect(screen.getByRole("textbox", { name: "Your review" })).toHaveValue("Great");
});

test("a service that is not ready is said at once; an answer clears it", async () => {
  serve({ "/readyz": () => refusal(503, "The model is loading.") });
  render(<App />);
  expect(await screen.findByText("The service is not ready")).toBeVisible();
  serve({
    "/readyz": ready,
    "/version": () => json(200, version),
    "/predict": () => json(200, answer(prediction(0.9))),
  });
  await userEvent.click(screen.getByRole("button", { name: "Happy" }));
  expect(await screen.findByText("Positive", { selector: ".label" })).toBeVisible();
  expect(await screen.findByText(NOTE)).toBeVisible();
  expect(screen.queryByText("The service is not ready")).toBeNull();
});
