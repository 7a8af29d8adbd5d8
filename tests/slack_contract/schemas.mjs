// The generated schemas: loading them, and following their references.
import fs from 'node:fs';
import path from 'node:path';

const REF = '#/definitions/';

function load(name) {
  const file = path.join(import.meta.dirname, `${name}.schema.json`);
  if (!fs.existsSync(file)) {
    console.error(`slack-contract: ${path.basename(file)} is not there; run \`npm ci && npm run ready\` first`);
    process.exit(2);
  }
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

/** What we send, and what Slack sends: answers, events, interactions. */
export const schemas = { request: load('request'), inbound: load('inbound') };

/** The schema behind a reference, however long the chain. */
export function resolve(schema, definitions) {
  let found = schema;
  while (found?.$ref) found = definitions[found.$ref.slice(REF.length)];
  return found;
}

/** What a limit on characters counts. Code points: what Slack counts is not documented. */
export const length = (text) => [...text].length;
