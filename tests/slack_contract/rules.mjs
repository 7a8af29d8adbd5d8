// Rules between fields, which neither the types nor a limit on one field can say. Each with its source; "d.ts" is
// Slack's comment in @slack/types or @slack/web-api.
import { isDeepStrictEqual } from 'node:util';
import { length } from './schemas.mjs';

const MESSAGE = /^chat\.(postMessage|postEphemeral|update|scheduleMessage)$/;
const VIEW_TYPE = { 'views.publish': 'home', 'views.open': 'modal', 'views.push': 'modal' };
const EVENT_TYPE = /^[\w-]+$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const NUMBER = /^-?\d+(\.\d+)?$/;
const TEXT_LIMIT = 40_000;
const MARKDOWN_LIMIT = 12_000;
const VIEW_LIMIT = 250_000;

const isObject = (value) => Boolean(value) && typeof value === 'object';
const array = (value) => (Array.isArray(value) ? value : []);
const rule = (path, message) => ({ path, code: 'rule', message });
const limit = (path, message) => ({ path, code: 'limit', message });

/** Deviations of a call's (decoded) arguments. */
export function breaches(method, args) {
  return [
    ...(method.startsWith('views.') && isObject(args.view) ? ofView(method, args.view) : []),
    ...ofBlocks(args.blocks, '/blocks'),
    ...array(args.attachments).flatMap((each, i) => ofBlocks(each?.blocks, `/attachments/${i}/blocks`)),
    ...(MESSAGE.test(method) ? ofMessage(method, args) : []),
  ];
}

// ---- messages

function ofMessage(method, { text, blocks, markdown_text: markdown, metadata }) {
  const found = [];
  // slackapi/bolt-js#2509 and learn.microsoft.com, Slack connector: "Slack API will truncate messages containing more
  // than 40,000 characters"
  if (typeof text === 'string' && length(text) > TEXT_LIMIT) {
    found.push(limit('/text', `${length(text)} characters; Slack truncates above ${TEXT_LIMIT}`));
  }
  // slackapi/bolt-js#2509: msg_blocks_too_long from about 13200 in all
  const inBlocks = array(blocks).filter((block) => block?.type === 'markdown');
  const characters = inBlocks.reduce((sum, block) => sum + length(String(block.text ?? '')), 0);
  if (characters > MARKDOWN_LIMIT) {
    found.push(limit('/blocks', `${characters} characters in all markdown blocks together, limit ${MARKDOWN_LIMIT}`));
  }
  // d.ts MarkdownText
  if (markdown && (blocks || text)) found.push(rule('/markdown_text', 'not together with blocks or text'));
  return isObject(metadata) ? [...found, ...ofMetadata(method, metadata)] : found;
}

function ofMetadata(method, metadata) {
  const found = [];
  // d.ts MessageMetadata requires both; only chat.postMessage's own type leaves them out, for the sake of `entities`
  const needs = method === 'chat.postMessage' ? [['event_type', 'event_payload'], ['event_payload', 'event_type']] : [];
  for (const [one, other] of needs) {
    if (metadata[one] !== undefined && metadata[other] === undefined) {
      found.push(rule(`/metadata/${other}`, `required with ${one}`));
    }
  }
  // docs.slack.dev/messaging/message-metadata: "letters, numbers, underscores, and hyphens"; else Slack only warns and
  // drops the metadata, and a message that is looked for by its metadata is never found
  const { event_type: type } = metadata;
  if (typeof type === 'string' && !EVENT_TYPE.test(type)) {
    found.push(rule('/metadata/event_type', `"${type}" has more than letters, numbers, _ and -`));
  }
  return found;
}

// ---- views

function ofView(method, view) {
  const found = ofBlocks(view.blocks, '/view/blocks');
  // docs.slack.dev/reference/methods/views.open, view_too_large: "if the provided view is greater than 250kb"
  const bytes = Buffer.byteLength(JSON.stringify(view));
  if (bytes > VIEW_LIMIT) found.push(limit('/view', `${bytes} bytes; Slack refuses a view above ${VIEW_LIMIT}`));
  // d.ts ModalView.submit
  const asks = array(view.blocks).some((block) => block?.type === 'input');
  if (view.type === 'modal' && asks && !view.submit) {
    found.push(rule('/view/submit', 'required when the view has an input block'));
  }
  // docs.slack.dev/reference/methods/views.publish, views.open
  const wanted = VIEW_TYPE[method];
  if (wanted && view.type && view.type !== wanted) found.push(rule('/view/type', `${method} takes a ${wanted} view`));
  return found;
}

// ---- blocks

function ofBlocks(list, at) {
  const blocks = array(list).map((block, i) => [`${at}/${i}`, block]).filter(([, block]) => isObject(block));
  const elements = blocks.flatMap(([path, block]) => elementsOf(block, path));
  return [
    // d.ts Block.block_id: "should be unique for each message"
    ...repeated(blocks, 'block_id', 'used twice'),
    ...blocks.flatMap(([path, block]) => ofBlock(block, path)),
    ...elements.flatMap(([path, element]) => ofElement(element, path)),
    // d.ts Focusable
    ...elements
      .filter(([, element]) => element.focus_on_load === true)
      .slice(1)
      .map(([path]) => rule(`${path}/focus_on_load`, 'only one element may have it')),
  ];
}

function ofBlock(block, at) {
  // d.ts SectionBlock.fields: "Required if no text is provided"
  const isEmpty = block.type === 'section' && !block.text && !block.fields;
  return [
    ...(isEmpty ? [rule(at, 'section needs text or fields')] : []),
    // d.ts Action.action_id: "unique among all other action_ids in the containing block"
    ...repeated(elementsOf(block, at), 'action_id', 'used twice in one block'),
  ];
}

/** What sits in a block directly, as [path, element]. */
function elementsOf(block, at) {
  return [
    ...array(block.elements).map((element, i) => [`${at}/elements/${i}`, element]),
    [`${at}/element`, block.element],
    [`${at}/accessory`, block.accessory],
  ].filter(([, element]) => isObject(element));
}

function repeated(items, key, message) {
  const seen = new Map();
  const found = [];
  for (const [path, item] of items) {
    const id = item[key];
    if (!id) continue;
    if (seen.has(id)) found.push(rule(`${path}/${key}`, `"${id}" ${message} (also ${seen.get(id)})`));
    else seen.set(id, path);
  }
  return found;
}

function ofElement(element, at) {
  return [
    ...ofOptions(element, at),
    ...(element.type === 'datepicker' ? ofDate(element, at) : []),
    ...(element.type === 'number_input' ? ofNumbers(element, at) : []),
  ];
}

function ofOptions(element, at) {
  const inGroups = array(element.option_groups).flatMap((group) => array(group?.options));
  const options = [...array(element.options), ...inGroups];
  const initial = [element.initial_option, ...array(element.initial_options)].filter(Boolean);
  const isStatic = /^(multi_)?static_select$/.test(element.type);
  const found = [];
  // d.ts StaticSelect: "If option_groups is specified, this field should not be"
  if (isStatic && Boolean(element.options) === Boolean(element.option_groups)) {
    found.push(rule(at, 'exactly one of options and option_groups'));
  }
  // d.ts leaves `value` out for options that open a link, which only an overflow menu has
  if (element.type !== 'overflow' && options.some((option) => option && option.value === undefined)) {
    found.push(rule(`${at}/options`, 'an option has no value'));
  }
  // d.ts initial_option: "exactly matches one of the options"
  if (options.length && initial.some((one) => !options.some((option) => isDeepStrictEqual(option, one)))) {
    found.push(rule(at, 'initial option is not exactly one of the options'));
  }
  return found;
}

/** d.ts Datepicker.initial_date: "in the format `YYYY-MM-DD`" */
function ofDate({ initial_date: date }, at) {
  if (typeof date !== 'string' || (DATE.test(date) && !Number.isNaN(Date.parse(date)))) return [];
  return [rule(`${at}/initial_date`, `"${date}" is no YYYY-MM-DD`)];
}

/** docs.slack.dev/reference/block-kit/block-elements/number-input-element: numbers as strings, min_value the smaller */
function ofNumbers(element, at) {
  const strings = ['initial_value', 'min_value', 'max_value'].filter((key) => typeof element[key] === 'string');
  const found = strings
    .filter((key) => !NUMBER.test(element[key]))
    .map((key) => rule(`${at}/${key}`, `"${element[key]}" is no number`));
  if (Number(element.min_value) > Number(element.max_value)) {
    found.push(rule(`${at}/min_value`, 'greater than max_value'));
  }
  return found;
}
