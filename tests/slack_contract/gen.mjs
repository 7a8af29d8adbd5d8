// npm run gen: writes request.schema.json, inbound.schema.json and limits.applied.json from Slack's own types.
//   - the arguments and the answer of every Web API method  (@slack/web-api)
//   - events, interactions and slash commands               (@slack/types, @slack/bolt)
// No network; nothing about Slack is typed by hand here. Numeric limits are added by limits.mjs.
import fs from 'node:fs';
import ts from 'typescript';
import { createGenerator } from 'ts-json-schema-generator';
import { applyLimits } from './limits.mjs';

process.chdir(import.meta.dirname); // TypeScript looks for node_modules/@types from the working directory

const METHODS_FILE = 'node_modules/@slack/web-api/dist/methods.d.ts';
const ENTRY = 'contract.ts';
const INBOUND = {
  event: 'SlackEvent',
  block_actions: 'BlockAction',
  view_submission: 'ViewSubmitAction',
  view_closed: 'ViewClosedAction',
  slash_command: 'SlashCommand',
  shortcut: 'SlackShortcut',
};
const REF = '#/definitions/';

// ---- the table of methods

/** Method name -> names of its argument type and its response type. */
function readMethods() {
  const text = fs.readFileSync(METHODS_FILE, 'utf8');
  const source = ts.createSourceFile(METHODS_FILE, text, ts.ScriptTarget.Latest, true);
  const isMethods = (statement) => ts.isClassDeclaration(statement) && statement.name?.text === 'Methods';
  const methods = {};
  collectMethods(source.statements.find(isMethods), [], methods);
  return methods;
}

/** `chat.postMessage` is the property `postMessage` inside the literal that is the property `chat` of the class. */
function collectMethods(node, parents, methods) {
  for (const member of node.members ?? []) {
    if (!ts.isPropertyDeclaration(member) && !ts.isPropertySignature(member)) continue;
    if (!member.type) continue;
    const name = [...parents, member.name.getText()];
    // A namespace that can itself be called is `{ its methods } & Method<…>`.
    const parts = ts.isIntersectionTypeNode(member.type) ? member.type.types : [member.type];
    for (const part of parts) {
      if (ts.isTypeLiteralNode(part)) collectMethods(part, name, methods);
      else if (ts.isTypeReferenceNode(part) && part.typeArguments?.length === 2) {
        methods[name.join('.')] = part.typeArguments.map((type) => type.getText());
      }
    }
  }
}

// ---- from types to definitions

/** The generator wants one file in which every type has a name: T_<Slack's name>. */
function writeEntry(methods) {
  const web = [...new Set(Object.values(methods).flat())].filter((name) => /^\w+$/.test(name));
  const bolt = Object.values(INBOUND).filter((name) => name !== 'SlackEvent');
  const lines = [
    `import type { ${web.join(', ')} } from '@slack/web-api';`,
    "import type { SlackEvent } from '@slack/types';",
    `import type { ${bolt.join(', ')} } from '@slack/bolt';`,
    ...[...web, ...Object.values(INBOUND)].map((name) => `export type T_${name} = ${name};`),
  ];
  write(ENTRY, `${lines.join('\n')}\n`);
}

function generator(additionalProperties) {
  return createGenerator({
    path: ENTRY,
    tsconfig: 'tsconfig.json',
    skipTypeCheck: true,
    topRef: false,
    encodeRefs: false,
    jsDoc: 'extended', // the descriptions, from which limits.mjs reads
    functions: 'hide',
    expose: 'all',
    additionalProperties,
  });
}

/** Definitions that grow root by root, and the roots Slack's types did not yield. */
class Definitions {
  all = {};
  skipped = [];

  add(from, type, root) {
    let schema;
    try {
      schema = from.createSchema(`T_${type}`);
    } catch (error) {
      this.skipped.push(`${root}: ${String(error.message).split('\n')[0].slice(0, 120)}`);
      return;
    }
    const { definitions = {}, $schema: _version, ...top } = structuredClone(schema);
    const renamed = this.#clashes(definitions, root);
    for (const [name, definition] of Object.entries(definitions)) {
      this.all[renamed.get(name) ?? name] = repoint(definition, renamed);
    }
    this.all[root] = repoint(top, renamed);
  }

  /** Same name, other body: the newcomer gets a name of its own, so that nothing is overwritten. */
  #clashes(definitions, root) {
    const differs = ([name, definition]) =>
      this.all[name] && JSON.stringify(this.all[name]) !== JSON.stringify(definition);
    return new Map(Object.entries(definitions).filter(differs).map(([name]) => [name, `${root}__${name}`]));
  }
}

/** Turns every reference to a renamed definition to its new name, in place. */
function repoint(schema, renamed) {
  if (!schema || typeof schema !== 'object') return schema;
  if (typeof schema.$ref === 'string') {
    const name = renamed.get(schema.$ref.slice(REF.length));
    if (name) schema.$ref = REF + name;
  }
  for (const part of Object.values(schema)) repoint(part, renamed);
  return schema;
}

/** `Block` is the types' way out, {type: string}: while it stands in a union, any made-up block type passes. */
function dropBlock(schema) {
  if (!schema || typeof schema !== 'object') return;
  if (Array.isArray(schema.anyOf)) schema.anyOf = schema.anyOf.filter((part) => part.$ref !== `${REF}Block`);
  Object.values(schema).forEach(dropBlock);
}

// ---- writing

/** Writes elsewhere and moves into place: whoever reads meanwhile sees the old file or the new one, never half. */
function write(name, text) {
  const draft = `node_modules/.${name}.${process.pid}`;
  fs.writeFileSync(draft, text);
  fs.renameSync(draft, name);
}

function writeSchema(name, definitions) {
  write(name, JSON.stringify({ $schema: 'http://json-schema.org/draft-07/schema#', definitions }));
}

function main() {
  const methods = readMethods();
  writeEntry(methods);
  const requests = new Definitions();
  const inbound = new Definitions();

  const closed = generator(false); // a key Slack does not know is a deviation in what we send …
  for (const [method, [args]] of Object.entries(methods)) requests.add(closed, args, `request:${method}`);
  const open = generator(true); // … and no surprise in what Slack sends
  for (const [method, [, answer]] of Object.entries(methods)) inbound.add(open, answer, `response:${method}`);
  for (const [kind, type] of Object.entries(INBOUND)) inbound.add(open, type, `inbound:${kind}`);

  Object.values(requests.all).forEach(dropBlock);
  const limits = applyLimits(requests.all);

  writeSchema('request.schema.json', requests.all);
  writeSchema('inbound.schema.json', inbound.all);
  write('limits.applied.json', JSON.stringify(limits, null, 1));

  const count = (definitions) => Object.keys(definitions).length;
  const commented = limits.filter((limit) => limit.from === 'd.ts').length;
  console.log(
    `${count(methods)} methods, ${count(requests.all)} request definitions, ` +
      `${count(inbound.all)} response and inbound definitions, ` +
      `${limits.length} limits (${commented} from Slack's comments)`,
  );
  for (const line of [...requests.skipped, ...inbound.skipped]) console.log(`  skipped ${line}`);
}

main();
