// Recorded calls as the fake Slack dumps them: reading them, what each is to be judged as, and what they contain.
import { resolve, schemas } from './schemas.mjs';

/** The records of a file: one JSON value, an array of them, or one a line. */
export function readRecords(text) {
  try {
    return [JSON.parse(text)].flat();
  } catch {
    return text.split('\n').flatMap((line, i) => (line.trim() ? [parseLine(line, i + 1)] : []));
  }
}

function parseLine(line, number) {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new SyntaxError(`line ${number} is not JSON: ${error.message}`);
  }
}

/** call, inbound, or why a record is not judged. A call with its answer is judged as a call. */
export function kindOf(record) {
  if (record?.method === 'response_url') return 'response_url'; // no method of the Web API: the types say nothing of it
  if (record?.inbound) return 'inbound';
  if (record?.method && record.response !== undefined && record.arguments === undefined) return 'answer alone';
  return record?.method ? 'call' : 'unknown';
}

// ---- form bodies

const BOOLEAN = /^(0|1|true|false)$/i;
const argumentTypes = new Map();

/** Names of a method's arguments -> the JSON types each may have, over all forms of the method's type. */
export function typesOfArguments(method) {
  if (!argumentTypes.has(method)) {
    const { definitions } = schemas.request;
    argumentTypes.set(method, collectArguments(definitions[`request:${method}`], definitions));
  }
  return argumentTypes.get(method);
}

const parts = (schema) => [...(schema.anyOf ?? []), ...(schema.allOf ?? [])];

function collectArguments(reference, definitions, found = {}) {
  const schema = resolve(reference, definitions) ?? {};
  for (const part of parts(schema)) collectArguments(part, definitions, found);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    collectTypes(property, definitions, (found[name] ??= new Set()));
  }
  return found;
}

function collectTypes(reference, definitions, found) {
  const schema = resolve(reference, definitions);
  for (const type of [schema.type ?? []].flat()) found.add(type);
  for (const part of parts(schema)) collectTypes(part, definitions, found);
}

/** A form body carries only strings: "1", "10" and "[{…}]" become what the argument's type asks for. */
function decode(text, types) {
  if (typeof text !== 'string' || !types || types.has('string')) return text;
  if (types.has('boolean') && BOOLEAN.test(text)) return /^(1|true)$/i.test(text);
  if (types.has('number') && text !== '' && !Number.isNaN(Number(text))) return Number(text);
  if (!types.has('array') && !types.has('object')) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // stays a string, which the type then refuses
  }
}

/** The arguments of a call as Slack reads them. */
export function argumentsOf({ method, encoding, arguments: args }) {
  const types = typesOfArguments(method);
  const known = Object.entries(args ?? {}).filter(
    // Bolt for Python adds team_id to every call; Slack ignores it where the method has none.
    ([name]) => name !== 'team_id' || name in types,
  );
  const value = (name, sent) => (encoding === 'form' ? decode(sent, types[name]) : sent);
  return Object.fromEntries(known.map(([name, sent]) => [name, value(name, sent)]));
}

// ---- what a test compares with the renderer

const calls = (records) => records.filter((record) => kindOf(record) === 'call');
const sorted = (values) => [...new Set(values)].sort();

export const methodsIn = (records) => sorted(calls(records).map(({ method }) => method));

/** Every `type` inside blocks and views: blocks, elements, parts of rich text, text objects. */
export function blockTypesIn(records) {
  return sorted(calls(records).flatMap((record) => blockTypes(argumentsOf(record))));
}

function blockTypes({ blocks, attachments, view }) {
  const attached = Array.isArray(attachments) ? attachments.map((attachment) => attachment?.blocks) : [];
  const { type: _modalOrHome, ...inView } = view && typeof view === 'object' ? view : {};
  return typesWithin([blocks, attached, inView]);
}

function typesWithin(value) {
  if (!value || typeof value !== 'object') return [];
  const own = !Array.isArray(value) && typeof value.type === 'string' ? [value.type] : [];
  return [...own, ...Object.values(value).flatMap(typesWithin)];
}
