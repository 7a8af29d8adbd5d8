// Judges one record: ajv decides, explain.mjs says where, rules.mjs adds what no schema says.
import Ajv from 'ajv';
import { makeExplainer } from './explain.mjs';
import { argumentsOf, kindOf } from './records.mjs';
import { breaches } from './rules.mjs';
import { schemas } from './schemas.mjs';

class Contract {
  constructor(schema) {
    this.definitions = schema.definitions;
    this.ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false }).addSchema(schema, 'slack');
    this.explain = makeExplainer(schema.definitions);
  }

  has(root) {
    return Object.hasOwn(this.definitions, root);
  }

  judge(root, value) {
    const validate = this.ajv.getSchema(`slack#/definitions/${root}`); // compiled once, then kept
    if (validate(value)) return [];
    const found = this.explain({ $ref: `#/definitions/${root}` }, value);
    if (found.length) return found;
    const plain = ({ instancePath, message }) => ({ path: instancePath || '/', code: 'schema', message });
    return validate.errors.slice(0, 5).map(plain); // ajv is the judge, even where the explanation finds nothing
  }
}

const request = new Contract(schemas.request);
const inbound = new Contract(schemas.inbound);

const unknown = (code, message) => [{ path: '/', code, message }];

function checkCall(record) {
  const root = `request:${record.method}`;
  if (!request.has(root)) return unknown('unknown-method', `${record.method}: no such method in @slack/web-api`);
  const args = argumentsOf(record);
  return [...request.judge(root, args), ...breaches(record.method, args)];
}

function checkInbound({ inbound: kind, payload }) {
  const root = `inbound:${kind}`;
  return inbound.has(root) ? inbound.judge(root, payload) : unknown('unknown-inbound', String(kind));
}

/** A hint only: Slack generates the types of its answers from samples, and they are too narrow. */
function checkAnswer({ method, response }) {
  const root = `response:${method}`;
  if (response === undefined || !inbound.has(root)) return [];
  return inbound.judge(root, response).map((one) => ({ ...one, path: `/response${one.path}` }));
}

/** The deviations of a record, as [{path, code, message}]; none also for a record that is not to be judged. */
export function check(record, { answers = false } = {}) {
  const kind = kindOf(record);
  if (kind === 'inbound') return checkInbound(record);
  if (kind === 'unknown') return unknown('unknown-record', 'neither "method" nor "inbound"');
  if (kind === 'response_url') return [];
  return [...(kind === 'call' ? checkCall(record) : []), ...(answers ? checkAnswer(record) : [])];
}
