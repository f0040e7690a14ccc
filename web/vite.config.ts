import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import preact from "@preact/preset-vite";
import { defineConfig, type Plugin } from "vite";

const out = "../src/ecmiip/app/static";

function files(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name !== "node_modules")
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? files(path) : [path]));
}

/** Writes the digest of the sources beside the build, so that a test can tell a stale one. */
function sourceDigest(): Plugin {
  return {
    name: "source-digest",
    apply: "build",
    closeBundle() {
      const root = import.meta.dirname;
      const digest = createHash("sha256");
      const names = files(root).map((path) => relative(root, path).replaceAll("\\", "/"));
      for (const name of names.sort((a, b) => (a < b ? -1 : 1))) {
        digest.update(`${name}\n`).update(readFileSync(join(root, name))).update("\n");
      }
      writeFileSync(join(root, out, "source.sha256"), `${digest.digest("hex")}\n`);
    },
  };
}

export default defineConfig({
  plugins: [preact(), sourceDigest()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    // The page's policy forbids inline data; the polyfill is for browsers that are gone.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // The notices of the libraries in the bundle, beside it.
    license: { fileName: "licences.md" },
  },
  server: { proxy: { "/api": "http://127.0.0.1:8765", "/v1": "http://127.0.0.1:8765" } },
});
