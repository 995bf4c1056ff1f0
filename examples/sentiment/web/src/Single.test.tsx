// Owns the checks of asking about one review, from empty to every failure.
import { act, fireEvent, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { TIMEOUT_MS } from "./client";
import { Single } from "./Single";
import { answer, json, never, prediction, refusal, serve } from "./testing";

const field = () => screen.getByRole("textbox", { name: "Your review" });
const button = () => screen.getByRole("button", { name: /^Check/ });
const region = () => screen.getByRole("region", { name: "Answer" });

async function ask(text: string) {
  const user = userEvent.setup();
  await user.clear(field());
  await user.type(field(), text);
  await user.click(button());
  return user;
}

test("at first it says what to do", () => {
  render(<Single />);
  expect(region()).toHaveTextContent("Write a review and the answer appears here.");
  expect(screen.getByText("0 of 5,000 characters")).toBeVisible();
});

test("a review gets its verdict, announced", async () => {
  const words = [{ start: 0, end: 5, effect: 0.21 }];
  serve({ "/predict": () => json(200, answer({ ...prediction(0.93, words), truncated: true })) });
  render(<Single />);
  await ask("Great film");
  const headline = await screen.findByText("Positive", { selector: ".label" });
  expect(headline.closest("[aria-live=polite]")).toHaveTextContent("93% confidence");
  expect(region()).toHaveTextContent("12 ms");
  expect(region()).toHaveTextContent("9 tokens");
  expect(region()).toHaveTextContent("longer than the model can read");
  expect(screen.getByText("Great", { selector: "mark" })).toBeVisible();
});

test("inside the band the model abstains", async () => {
  serve({ "/predict": () => json(200, answer(prediction(0.52))) });
  render(<Single />);
  await ask("A film");
  expect(await screen.findByText("Too close to call")).toBeVisible();
  expect(region()).toHaveTextContent("52% confidence");
});

test("while it waits the button is busy and keeps the focus", async () => {
  let reply: (response: Response) => void = () => {};
  serve({ "/predict": () => new Promise((resolve) => (reply = resolve)) });
  render(<Single />);
  await ask("Great");
  expect(button()).toHaveTextContent("Checking…");
  expect(button()).toHaveAttribute("aria-busy", "true");
  expect(button()).toHaveFocus();
  expect(region()).toHaveAttribute("aria-busy", "true");
  await act(async () => reply(json(200, answer(prediction(0.9)))));
  expect(button()).toHaveAttribute("aria-busy", "false");
  expect(region()).toHaveAttribute("aria-busy", "false");
});

test("Ctrl+Enter and Cmd+Enter ask, Enter alone does not", async () => {
  const fetched = serve({ "/predict": () => json(200, answer(prediction(0.9))) });
  render(<Single />);
  const user = userEvent.setup();
  await user.type(field(), "Great{Enter}");
  expect(fetched).not.toHaveBeenCalled();
  await user.keyboard("{Control>}{Enter}{/Control}");
  expect(fetched).toHaveBeenCalledTimes(1);
  await user.keyboard("x{Meta>}{Enter}{/Meta}");
  expect(fetched).toHaveBeenCalledTimes(2);
});

test("an example fills the field and asks", async () => {
  const fetched = serve({ "/predict": () => json(200, answer(prediction(0.1))) });
  render(<Single />);
  await userEvent.click(screen.getByRole("button", { name: "Unhappy" }));
  expect(await screen.findByText("Negative", { selector: ".label" })).toBeVisible();
  expect(field()).toHaveValue(JSON.parse(String(fetched.mock.calls[0]?.[1]?.body)).text);
});

test("an empty review is an error at the field, and goes away on typing", async () => {
  const fetched = serve({});
  render(<Single />);
  await userEvent.click(button());
  expect(field()).toHaveAttribute("aria-invalid", "true");
  expect(field()).toHaveAccessibleDescription(expect.stringContaining("Write or paste a review first."));
  expect(field()).toHaveFocus();
  expect(fetched).not.toHaveBeenCalled();
  await userEvent.type(field(), "G");
  expect(field()).toHaveAttribute("aria-invalid", "false");
});

test("the limit counts characters as the service does", async () => {
  const fetched = serve({ "/predict": () => json(200, answer(prediction(0.9))) });
  render(<Single />);
  fireEvent.change(field(), { target: { value: "😀".repeat(5001) } });
  await userEvent.click(button());
  expect(field()).toHaveAccessibleDescription(expect.stringContaining("Too long by 1."));
  expect(fetched).not.toHaveBeenCalled();
  fireEvent.change(field(), { target: { value: "😀".repeat(5000) } });
  await userEvent.click(button());
  expect(fetched).toHaveBeenCalledTimes(1);
});

test("what the service says about the field is said at the field", async () => {
  serve({ "/predict": () => refusal(422, "Not valid.", "text", "must not be blank") });
  render(<Single />);
  await ask("?");
  expect(await screen.findByText("Must not be blank")).toBeVisible();
  expect(field()).toHaveAttribute("aria-invalid", "true");
  expect(field()).toHaveFocus();
});

test("a service that is not ready says so and names the request", async () => {
  serve({ "/predict": () => refusal(503, "No model is loaded.") });
  render(<Single />);
  await ask("Great");
  expect(await screen.findByText("The service is not ready")).toBeVisible();
  expect(region()).toHaveTextContent("No model is loaded.");
  expect(region()).toHaveTextContent("Request r9");
});

test("after an unreachable service, trying again works and the focus is not lost", async () => {
  serve({});
  render(<Single />);
  const user = await ask("Great");
  expect(await screen.findByText("The service cannot be reached")).toBeVisible();
  serve({ "/predict": () => json(200, answer(prediction(0.9))) });
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("Positive", { selector: ".label" })).toBeVisible();
  expect(button()).toHaveFocus();
});

test("after 15 seconds it gives up and says so", async () => {
  vi.useFakeTimers();
  serve({ "/predict": never });
  render(<Single />);
  fireEvent.change(field(), { target: { value: "Great" } });
  fireEvent.click(button());
  await act(() => vi.advanceTimersByTimeAsync(TIMEOUT_MS));
  expect(region()).toHaveTextContent("That took too long");
  expect(region()).toHaveTextContent("No answer within 15 seconds.");
  expect(button()).toHaveAttribute("aria-busy", "false");
});

test("a slow earlier answer never replaces a later one, even if cancelling did not reach it", async () => {
  const replies: ((response: Response) => void)[] = [];
  const signals: (AbortSignal | null | undefined)[] = [];
  serve({
    "/predict": (_body, init) => {
      signals.push(init.signal);
      return new Promise((resolve) => replies.push(resolve));
    },
  });
  render(<Single />);
  await ask("first");
  await ask("second");
  expect(signals[0]?.aborted).toBe(true);
  await act(async () => replies[1]?.(json(200, answer(prediction(0.9)))));
  await act(async () => replies[0]?.(json(200, answer(prediction(0.1)))));
  expect(region()).toHaveTextContent("Positive");
  expect(screen.queryByText("Negative", { selector: ".label" })).toBeNull();
});
