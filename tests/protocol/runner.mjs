// The runner's rules for files of outputs and for commands, written from its documentation and independent of ours.
// Reads [{ file } | { log }, …] from standard input; prints what the runner would take from each.
import { readFileSync } from "node:fs";

/** The pairs in a file of outputs; a line feed alone ends a line. */
function pairs(text) {
  const found = {};
  let at = 0;
  const line = () => {
    if (at >= text.length) return null;
    const end = text.indexOf("\n", at);
    const got = end < 0 ? text.slice(at) : text.slice(at, end);
    const ended = end >= 0;
    at = end < 0 ? text.length : end + 1;
    return { got, ended };
  };
  for (let next = line(); next; next = line()) {
    const { got } = next;
    if (got === "") continue;
    const equals = got.indexOf("=");
    const heredoc = got.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      found[got.slice(0, equals)] = got.slice(equals + 1);
    } else if (heredoc >= 0) {
      const name = got.slice(0, heredoc);
      const delimiter = got.slice(heredoc + 2);
      if (name === "" || delimiter === "") return { error: `Invalid format '${got}'` };
      const lines = [];
      for (;;) {
        const inner = line();
        if (!inner || (!inner.ended && inner.got !== delimiter)) return { error: "Matching delimiter not found" };
        if (inner.got === delimiter) break;
        lines.push(inner.got);
      }
      found[name] = lines.join("\n");
    } else {
      return { error: `Invalid format '${got}'` };
    }
  }
  return { pairs: found };
}

const KNOWN = ["add-mask", "debug", "notice", "warning", "error", "group", "endgroup", "stop-commands", "set-output", "save-state",
  "set-env", "add-path", "echo", "add-matcher", "remove-matcher", "internal-set-repo-path"];

/** The commands in a log: the new form at the start of a line, the old one anywhere in it. */
function commands(text) {
  const found = [];
  let stop = null;
  for (const raw of text.split("\n")) {
    const trimmed = raw.replace(/^\s+/, "");
    const modern = /^::([^ :]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::([\s\S]*)$/.exec(trimmed);
    const old = /##\[([^ \]]+)(?: ([^\]]*))?\]([\s\S]*)$/.exec(raw);
    const [, name, , data] = modern ?? old ?? [];
    if (name === undefined) continue;
    if (stop !== null) {
      if (name === stop) stop = null;
      continue;
    }
    if (name.toLowerCase() === "stop-commands") stop = data;
    else if (KNOWN.includes(name.toLowerCase())) found.push(name.toLowerCase());
  }
  return { commands: found, stopped: stop !== null };
}

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map((one) => (one.file === undefined ? commands(one.log) : pairs(one.file)))));
