import { defineConfig } from "vite";

/** Static files for the dashboard's server: nothing is fetched from elsewhere, so that the page works offline. */
export default defineConfig({
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2023",
    // Nothing is inlined: the content security policy has no exceptions.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
