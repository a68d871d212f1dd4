import { defineConfig } from "vite";

/** Static files for the gateway to serve. There is no server of Vite's: the pages need the gateway and its log-in. */
export default defineConfig({
  build: {
    target: "es2023",
    // Nothing is inlined: the content security policy has no exceptions.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
