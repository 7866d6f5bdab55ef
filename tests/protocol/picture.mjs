// Renders a job summary as a web page that looks much like GitHub's: `node picture.mjs NODE_MODULES SUMMARY.md PAGE.html`.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { join } from "node:path";

const [modules, summary, page] = process.argv.slice(2);
const { marked } = await import(pathToFileURL(join(modules, "marked/lib/marked.esm.js")));
const body = marked
  .parse(readFileSync(summary, "utf8"), { gfm: true })
  .replaceAll(/<pre><code class="language-mermaid">([\s\S]*?)<\/code><\/pre>/g, '<pre class="mermaid">$1</pre>');
const mermaid = pathToFileURL(join(modules, "mermaid/dist/mermaid.min.js"));
writeFileSync(
  page,
  `<!doctype html><meta charset="utf-8"><style>
  body { font: 14px/1.5 "DejaVu Sans", sans-serif; color: #1f2328; max-width: 900px; margin: 24px; }
  h2 { border-bottom: 1px solid #d1d9e0; padding-bottom: .3em; } table { border-collapse: collapse; margin: 12px 0; }
  th, td { border: 1px solid #d1d9e0; padding: 6px 13px; } tr:nth-child(2n) { background: #f6f8fa; }
  code { font: 85% "DejaVu Sans Mono", monospace; background: #818b981f; padding: .2em .4em; border-radius: 6px; }
  blockquote { border-left: .25em solid #d1d9e0; color: #59636e; margin: 0 0 12px; padding: 0 1em; } a { color: #0969da; text-decoration: none; }
  pre.mermaid { background: #fff; }</style>${body}
  <script src="${mermaid}"></script><script>mermaid.initialize({ securityLevel: "strict" });</script>`,
);
