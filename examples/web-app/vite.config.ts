import { join } from "node:path";
import { defineConfig } from "vite";

export default defineConfig({
  root: join(import.meta.dirname, "client"),
  resolve: {
    // Only in this repository, where the package is not built: an application needs no alias.
    alias: { "cognito-auth-session/react": join(import.meta.dirname, "../../src/react.ts") },
  },
  build: {
    outDir: join(import.meta.dirname, "dist"),
    emptyOutDir: true,
    // The Content-Security-Policy allows files, no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
