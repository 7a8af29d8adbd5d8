// npm test: the samples, thousands of small changes to them, and the command itself.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { check } from './contract.mjs';

const HERE = import.meta.dirname;
const VALID = path.join('samples', 'valid.json');
const CHANNEL = { channel: 'C1', text: 'x' };
const CALL = { method: 'chat.postMessage', arguments: CHANNEL, encoding: 'json', token: 'xoxb-1', t: 1.5, fault: null };
const ANSWER = { method: 'auth.test', response: { ok: true, user_id: 7 } };
const RESPONSE_URL = { method: 'response_url', id: '1', arguments: { anything: true }, t: 1.5 };

const read = (name) => JSON.parse(fs.readFileSync(path.join(HERE, name), 'utf8'));
const valid = read(VALID);
const invalid = read(path.join('samples', 'invalid.json')).map(expand);

/** Long samples are written short: {"times": 3001, "of": "x"}. */
function expand(sample) {
  if (!sample || typeof sample !== 'object') return sample;
  if (Array.isArray(sample)) return sample.map(expand);
  if ('times' in sample) {
    return typeof sample.of === 'string' ? sample.of.repeat(sample.times) : Array(sample.times).fill(expand(sample.of));
  }
  return Object.fromEntries(Object.entries(sample).map(([key, value]) => [key, expand(value)]));
}

const briefly = (deviations) => deviations.map((one) => `${one.path}: ${one.code}`).sort();

test('what is valid passes', () => {
  for (const record of valid) assert.deepEqual(check(record), [], record.name);
});

test('what is invalid is caught, at the place and for the reason that its sample names', () => {
  for (const record of invalid) assert.deepEqual(briefly(check(record)), [...record.deviations].sort(), record.name);
});

// ---- changes to the valid samples

const FREE = /event_payload/; // free by Slack's own type

function changesOf(value) {
  if (Array.isArray(value)) return [['a string for an array', 'x']];
  if (value && typeof value === 'object') return [['an unknown key', { ...value, zzz: 1 }], ['a number', 7]];
  return [['another type', typeof value === 'string' ? 7 : 'x'], ['null', null]];
}

/** Changes each value inside, one at a time, and puts it back. */
function* eachChange(owner, at = '') {
  for (const [key, value] of Object.entries(owner)) {
    const here = `${at}/${key}`;
    if (FREE.test(here)) continue;
    for (const [what, changed] of changesOf(value)) {
      owner[key] = changed;
      yield `${here}: ${what}`;
    }
    owner[key] = value;
    if (value && typeof value === 'object') yield* eachChange(value, here);
  }
}

test('any change of a type, any null and any unknown key in a valid sample is caught', (t) => {
  let count = 0;
  const missed = [];
  for (const record of structuredClone(valid).filter(({ encoding }) => encoding !== 'form')) {
    for (const change of eachChange(record.arguments)) {
      count += 1;
      if (!check(record).length) missed.push(`${record.name} ${change}`);
    }
  }
  assert.deepEqual(missed, []);
  t.diagnostic(`${valid.length} valid, ${invalid.length} invalid, ${count} changes caught`);
});

// ---- which records are judged, and as what

test('a call with its answer is judged by its arguments', () => {
  const wrongAnswer = { ...CALL, response: { ok: true, ts: 7 } };
  assert.deepEqual(check(wrongAnswer), []);
  assert.deepEqual(briefly(check(wrongAnswer, { answers: true })), ['/response/ts: type']);
  assert.notDeepEqual(check({ ...CALL, arguments: { channel: 'C1' }, response: { ok: true } }), []);
});

test('an answer alone is a hint, judged only when asked for', () => {
  assert.deepEqual(check(ANSWER), []);
  assert.deepEqual(briefly(check(ANSWER, { answers: true })), ['/response/user_id: type']);
});

test('response_url is no method of the Web API and is skipped', () => {
  assert.deepEqual(check(RESPONSE_URL), []);
});

test('a record of nothing, of no method and of no known payload is a deviation', () => {
  assert.deepEqual(briefly(check({})), ['/: unknown-record']);
  assert.deepEqual(briefly(check({ method: 'chat.postmessage', arguments: CHANNEL })), ['/: unknown-method']);
  assert.deepEqual(briefly(check({ inbound: 'gossip', payload: {} })), ['/: unknown-inbound']);
});

test('what Slack sends may have more keys, but not fewer', () => {
  const command = {
    token: 'x', command: '/desk', text: '', response_url: 'https://example.com', trigger_id: '1.2', user_id: 'U1',
    user_name: 'mori', team_id: 'T1', team_domain: 'd', channel_id: 'C1', channel_name: 'help', api_app_id: 'A1',
  };
  const { user_id: _user, ...without } = command;
  assert.deepEqual(check({ inbound: 'slash_command', payload: { ...command, anything: 1 } }), []);
  assert.deepEqual(briefly(check({ inbound: 'slash_command', payload: without })), ['/user_id: missing']);
});

// ---- the command

function run(args, records = []) {
  return runOn(records.map((record) => `${JSON.stringify(record)}\n`).join(''), args);
}

function runOn(input, args) {
  const { status, stdout, stderr } = spawnSync('node', ['check.mjs', ...args], { cwd: HERE, input, encoding: 'utf8' });
  return { status, stdout, stderr, lines: stdout.split('\n').filter(Boolean) };
}

test('the command says nothing and exits 0 when all is well', () => {
  const { status, stdout } = run([VALID]);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
});

test('the command prints a line for each deviation and exits 1', () => {
  const wrong = { method: 'users.info', arguments: { usr: 'U1' } };
  const { status, lines } = run(['-'], [CALL, RESPONSE_URL, wrong]);
  assert.equal(status, 1);
  assert.deepEqual(lines, [
    '-[2] users.info: /user: missing: required, is missing',
    "-[2] users.info: /usr: unknown-key: no such key in Slack's type",
  ]);
});

test('--summary counts what was judged and what was not', () => {
  const section = { type: 'rich_text_section', elements: [{ type: 'text', text: 'x' }] };
  const rich = { type: 'rich_text', elements: [section] };
  const { status, lines } = run(['--summary', '-'], [
    CALL, { ...CALL, arguments: { ...CHANNEL, blocks: [rich] } }, ANSWER, RESPONSE_URL,
  ]);
  assert.equal(status, 0);
  assert.deepEqual(lines, [
    '4 records: 2 calls of 1 methods, 3 Block Kit types, 0 inbound payloads, 1 answers alone, ' +
      '1 response_url skipped, 0 with deviations',
  ]);
});

test('--json gives every record with its deviations', () => {
  const { status, stdout, stderr } = run(['--json', '--summary', '-'], [CALL, { method: 'users.info', arguments: {} }]);
  assert.equal(status, 1);
  assert.deepEqual(JSON.parse(stdout).map(({ what, deviations }) => [what, briefly(deviations)]), [
    ['chat.postMessage', []],
    ['users.info', ['/user: missing']],
  ]);
  assert.match(stderr, /^2 records: 2 calls of 2 methods, /);
});

test('--methods lists the methods of the calls, whatever deviates', () => {
  const unheard = { method: 'a.b', arguments: {} };
  const { status, stdout } = run(['--methods', '-'], [CALL, unheard, CALL, ANSWER, RESPONSE_URL]);
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(stdout), ['a.b', 'chat.postMessage']);
});

test('--blocks lists the types in blocks, attachments and views, not those of views and metadata', () => {
  const blocks = JSON.stringify([{ type: 'section', text: { type: 'mrkdwn', text: 'x' } }]);
  const metadata = { event_type: 'a', event_payload: { type: 'not_a_block' } };
  const view = { type: 'modal', title: { type: 'plain_text', text: 'x' }, blocks: [{ type: 'anything' }] };
  const { stdout } = run(['--blocks', '-'], [
    { ...CALL, encoding: 'form', arguments: { ...CHANNEL, blocks, attachments: '[{"blocks":[{"type":"divider"}]}]' } },
    { ...CALL, arguments: { ...CHANNEL, metadata } },
    { method: 'views.open', arguments: { view } },
  ]);
  assert.deepEqual(JSON.parse(stdout), ['anything', 'divider', 'mrkdwn', 'plain_text', 'section']);
});

test('bad usage exits 2', () => {
  assert.equal(run([]).status, 2);
  assert.equal(run(['--colour', VALID]).status, 2);
  assert.equal(run(['--methods', '--json', VALID]).status, 2);
  assert.equal(run(['no-such-file']).status, 2);
  const broken = runOn('{"method":"a"}\n{"method":\n', ['-']);
  assert.equal(broken.status, 2);
  assert.match(broken.stderr, /^-: line 2 is not JSON/);
});

// ---- the files

test('the lock file names no address that a package was fetched from', () => {
  const { packages } = read('package-lock.json');
  const outside = Object.entries(packages).filter(([name]) => name);
  assert.deepEqual(outside.filter(([, entry]) => entry.resolved || !entry.integrity).map(([name]) => name), []);
});

test('schemas that are newer than their sources are not generated again', () => {
  const { status, stdout } = spawnSync('node', ['ready.mjs'], { cwd: HERE, encoding: 'utf8' });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'schemas are up to date\n' });
});
