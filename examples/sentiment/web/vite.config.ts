// Owns the build, the development proxy and the unit-test set-up.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const target = process.env.API_URL ?? "http://127.0.0.1:8080";
const proxy = { "/predict": target, "/version": target, "/readyz": target };

export default defineConfig({
  plugins: [react()],
  server: { host: "127.0.0.1", proxy },
  preview: { host: "127.0.0.1", proxy },
  // The service forbids inline scripts, styles and data: images, so nothing is inlined.
  build: { assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    testTimeout: 20_000,
  },
});
