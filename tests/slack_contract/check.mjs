#!/usr/bin/env node
// Prints one line for each deviation. Exit 0: none; 1: some; 2: bad usage. README.md says what a record is.
import fs from 'node:fs';
import { parseArgs } from 'node:util';
import { check } from './contract.mjs';
import { blockTypesIn, kindOf, methodsIn, readRecords } from './records.mjs';

const USAGE = `usage: node check.mjs [--json] [--summary] [--answers] FILE…     judge the records; - is standard input
         --json      every record with its deviations, as JSON
         --summary   one more line, with counts
         --answers   judge Slack's answers too (a hint only)
       node check.mjs --methods | --blocks FILE…    only list the methods, or the Block Kit types, in the calls`;
const FLAGS = ['json', 'summary', 'answers', 'methods', 'blocks'];
const OPTIONS = Object.fromEntries(FLAGS.map((name) => [name, { type: 'boolean', default: false }]));

function usage(message) {
  console.error(`${message}\n${USAGE}`);
  process.exit(2);
}

function parse(args) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const { json, summary, answers, methods, blocks } = values;
    const tasks = [json || summary || answers, methods, blocks].filter(Boolean);
    if (!positionals.length) return usage('no file');
    return tasks.length > 1 ? usage('one thing at a time') : { ...values, files: positionals };
  } catch (error) {
    return usage(error.message);
  }
}

function read(file) {
  try {
    const text = fs.readFileSync(file === '-' ? 0 : file, 'utf8');
    return readRecords(text).map((record, index) => ({ file, index, record }));
  } catch (error) {
    return usage(`${file}: ${error.message}`);
  }
}

function judge({ file, index, record }, answers) {
  const what = record?.method ?? record?.inbound ?? '?';
  return { file, index, name: record?.name, what, deviations: check(record, { answers }) };
}

function print({ file, index, name, what, deviations }) {
  const where = [`${file}[${index}]`, name, what].filter(Boolean).join(' ');
  for (const { path, code, message } of deviations) console.log(`${where}: ${path}: ${code}: ${message}`);
}

function summaryOf(records, bad) {
  const kinds = records.map(kindOf);
  const count = (wanted) => kinds.filter((kind) => kind === wanted).length;
  return [
    `${records.length} records: ${count('call')} calls of ${methodsIn(records).length} methods`,
    `${blockTypesIn(records).length} Block Kit types`,
    `${count('inbound')} inbound payloads`,
    `${count('answer alone')} answers alone`,
    `${count('response_url')} response_url skipped`,
    `${bad} with deviations`,
  ].join(', ');
}

function judgeAll(found, { json, summary, answers }) {
  const report = found.map((one) => judge(one, answers));
  const bad = report.filter(({ deviations }) => deviations.length).length;
  if (json) console.log(JSON.stringify(report, null, 1));
  else report.forEach(print);
  const say = json ? console.error : console.log; // what --json prints stays JSON
  if (summary) say(summaryOf(found.map(({ record }) => record), bad));
  process.exitCode = bad ? 1 : 0;
}

function main() {
  const options = parse(process.argv.slice(2));
  const found = options.files.flatMap(read);
  const records = found.map(({ record }) => record);
  if (options.methods) console.log(JSON.stringify(methodsIn(records)));
  else if (options.blocks) console.log(JSON.stringify(blockTypesIn(records)));
  else judgeAll(found, options);
}

main();
