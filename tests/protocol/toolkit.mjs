// GitHub's own toolkit beside ours. Reads a document from standard input, prints one on standard output:
// `inputs` are read with getInput and its kin, `values` are written with setOutput and exportVariable into the files of
// the environment, `commands` are printed by the toolkit. Run with the folder of node_modules as its argument.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const core = await import(pathToFileURL(join(process.argv[2], "@actions/core/lib/core.js")));
const asked = JSON.parse(readFileSync(0, "utf8"));

/** What a call gives, or that it throws. */
function outcome(call) {
  try {
    return { value: call() };
  } catch {
    return { error: true };
  }
}

const inputs = asked.inputs.map((name) => ({
  text: core.getInput(name),
  boolean: outcome(() => core.getBooleanInput(name)),
  lines: core.getMultilineInput(name),
}));

const files = asked.values.map(({ name, value }) => {
  writeFileSync(process.env.GITHUB_OUTPUT, "");
  writeFileSync(process.env.GITHUB_ENV, "");
  core.setOutput(name, value);
  core.exportVariable(`PROMOTE_TEST_${name}`, value);
  return { output: readFileSync(process.env.GITHUB_OUTPUT, "utf8"), env: readFileSync(process.env.GITHUB_ENV, "utf8") };
});

// What the toolkit prints is caught on its way.
const print = process.stdout.write.bind(process.stdout);
let printed = "";
process.stdout.write = (text) => {
  printed += text;
  return true;
};
const commands = asked.commands.map(({ kind, message, properties }) => {
  printed = "";
  if (kind === "add-mask") core.setSecret(message);
  else if (kind === "group") core.startGroup(message);
  else core[kind](message, properties);
  return printed;
});
process.stdout.write = print;
print(JSON.stringify({ inputs, files, commands }));
