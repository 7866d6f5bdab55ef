// Holds requests and answers against GitHub's own descriptions: its OpenAPI document, and its GraphQL schema. Reads
// `[{ method, target, sent, status, body }]`, and prints what is wrong with each, or what in it nothing is said of.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.argv[2]}/`);
const Ajv = require("ajv").default;
const formats = require("ajv-formats").default;
const { buildSchema, parse, validate, execute } = require("graphql");

const api = JSON.parse(readFileSync(`${process.argv[2]}/@octokit/openapi/generated/api.github.com.deref.json`, "utf8"));
const schema = buildSchema(readFileSync(`${process.argv[2]}/@octokit/graphql-schema/schema.graphql`, "utf8"), { assumeValid: true, assumeValidSDL: true });
const ajv = formats(new Ajv({ strict: false, allErrors: true, validateFormats: true, logger: false }));

// JSON Schema has no `nullable`; without a type beside it, it says nothing here, and of listed values `null` is one more.
function plain(value) {
  if (!value || typeof value !== "object") return;
  if (value.nullable && value.type === undefined) delete value.nullable;
  if (value.nullable && Array.isArray(value.enum) && !value.enum.includes(null)) value.enum.push(null);
  Object.values(value).forEach(plain);
}

plain(api.paths);

const shapes = Object.keys(api.paths).map((path) => ({
  path,
  fits: new RegExp(`^${path.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`),
  fixed: path.split("/").filter((part) => part && !part.includes("{")).length,
}));

function told(check, value, what) {
  return check(value) ? [] : check.errors.map((error) => `${what}${error.instancePath} ${error.message}`);
}

function rest({ method, target, sent, status, body }) {
  const url = new URL(target, "https://api.github.com");
  const found = shapes.filter((one) => one.fits.test(url.pathname)).sort((a, b) => b.fixed - a.fixed)[0];
  const operation = found && api.paths[found.path][method.toLowerCase()];
  if (!operation) return [`${method} ${url.pathname} is not described`];
  const wrong = [];
  const known = new Map((operation.parameters ?? []).filter((one) => one.in === "query").map((one) => [one.name, one.schema]));
  for (const [name, value] of url.searchParams) {
    const shape = known.get(name);
    if (!shape) wrong.push(`the parameter ${name} is not described`);
    else wrong.push(...told(ajv.compile(shape), shape.type === "integer" ? Number(value) : value, `the parameter ${name}`));
  }
  const asked = operation.requestBody?.content?.["application/json"]?.schema;
  if (asked && sent !== null) wrong.push(...told(ajv.compile(asked), sent, "the request"));
  if (status === 304) return wrong;
  const answer = operation.responses[status];
  // That any request may be refused so stands on the page about troubleshooting, not beside each request:
  // https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
  if (!answer && [401, 403, 404].includes(status)) return typeof body.message === "string" ? wrong : [...wrong, "no message"];
  if (!answer) return [...wrong, `the status ${status} is not described`];
  const shape = answer.content?.["application/json"]?.schema;
  return shape ? [...wrong, ...told(ajv.compile(shape), body, "the answer")] : wrong;
}

// An answer is right when the schema itself, asked the same, gives back just that.
function graphql({ sent, body }) {
  const document = parse(sent.query);
  const wrong = validate(schema, document).map((error) => error.message);
  if (wrong.length || !body.data) return wrong;
  for (const [type, kind] of [["Actor", "User"], ["GitObject", "Commit"], ["GitSignature", "GpgSignature"]]) {
    schema.getType(type).resolveType = (value) => value.__typename ?? kind;
  }
  const again = execute({ schema, document, rootValue: body.data, variableValues: sent.variables });
  if (again.errors) return again.errors.map((error) => error.message);
  const sorted = (value) =>
    value && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
      : Array.isArray(value) ? value.map(sorted) : value;
  const same = JSON.stringify(sorted(again.data)) === JSON.stringify(sorted(body.data));
  return same ? [] : [`the answer holds something else than was asked: ${JSON.stringify(again.data)}`];
}

let text = "";
for await (const chunk of process.stdin) text += chunk;
const told_of = JSON.parse(text).map((one) => (typeof one.sent?.query === "string" ? graphql(one) : rest(one)));
process.stdout.write(JSON.stringify(told_of));
