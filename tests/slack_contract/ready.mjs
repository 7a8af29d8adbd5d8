// npm run ready: generates the schemas unless they are there and newer than everything they are made from.
import fs from 'node:fs';
import path from 'node:path';

const SOURCES = ['gen.mjs', 'limits.mjs', 'package-lock.json', 'tsconfig.json'];
const OUTPUTS = ['request.schema.json', 'inbound.schema.json', 'limits.applied.json'];

/** When a file was written; 0 when it is not there, so that a missing output counts as too old. */
function written(name) {
  const file = path.join(import.meta.dirname, name);
  return fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isFresh() {
  return Math.min(...OUTPUTS.map(written)) > Math.max(...SOURCES.map(written));
}

if (!written('node_modules')) {
  console.error('slack-contract: no node_modules; run `npm ci` first');
  process.exit(2);
}
if (isFresh()) console.log('schemas are up to date');
else await import('./gen.mjs');
