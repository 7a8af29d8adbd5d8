// Numeric limits. Slack's types do not carry them, but the comments in those types do ("Maximum length for this field
// is 255 characters"). They are read here and written into the schema as real keywords. EXTRA holds the few that the
// comments lack or where the comment is stale, each with its source.
const REF = '#/definitions/';
const TEXTS = new Set(['PlainTextElement', 'MrkdwnElement', 'TextObject']);

const MESSAGES = /^request:chat\.(postMessage|postEphemeral|update|scheduleMessage)$/;
const DOCS = 'https://docs.slack.dev/reference/block-kit';
const OPTION_VALUE =
  `slack_sdk 3.47 Option.value_max_length = 150; docs.rs/slack-messaging 0.7.3, citing ` +
  `${DOCS}/composition-objects/option-object, has 150; @slack/types' comment still says 75 ` +
  `(staying under 75 is safe under both)`;
const NOT_EMPTY = 'slack_sdk.models.basic_objects: "do not allow an empty array for a property value"';
const INDENT = 'the comment itself, in words that the patterns below do not know: "from `0` (default) to `8`"';

/** [definition, or pattern of definitions; property; keyword; value; source] */
export const EXTRA = [
  [
    MESSAGES, 'blocks', 'maxItems', 50,
    `${DOCS}/blocks "up to 50 blocks in each message, and 100 blocks in modals or home tabs" ` +
      `(as quoted by docs.rs/slack-blocks); @slack/types BlocksChunk: "Maximum of 50 blocks"`,
  ],
  [
    MESSAGES, 'attachments', 'maxItems', 100,
    'slack_sdk.models.messages.message attachments_max_length = 100 ("actual limit is 100"); ' +
      'error too_many_attachments (containrrr/shoutrrr#238)',
  ],
  ['MrkdwnOption', 'value', 'maxLength', 150, OPTION_VALUE],
  ['PlainTextOption', 'value', 'maxLength', 150, OPTION_VALUE],
  ['UrlImageObject', 'image_url', 'maxLength', 3000, 'slack_sdk ImageBlock.image_url_max_length = 3000'],
  ['ImageBlock', 'image_url', 'maxLength', 3000, 'slack_sdk ImageBlock.image_url_max_length = 3000'],
  ['ImageElement', 'image_url', 'maxLength', 3000, 'slack_sdk ImageElement.image_url_max_length = 3000'],
  ['ImageElement', 'alt_text', 'maxLength', 2000, 'slack_sdk ImageElement.alt_text_max_length = 2000'],
  ['ActionsBlock', 'elements', 'minItems', 1, NOT_EMPTY],
  ['ContextBlock', 'elements', 'minItems', 1, NOT_EMPTY],
  ['SectionBlock', 'fields', 'minItems', 1, NOT_EMPTY],
  ['StaticSelect', 'options', 'minItems', 1, NOT_EMPTY],
  ['MultiStaticSelect', 'options', 'minItems', 1, NOT_EMPTY],
  ['RadioButtons', 'options', 'minItems', 1, NOT_EMPTY],
  ['Checkboxes', 'options', 'minItems', 1, NOT_EMPTY],
  ['Overflow', 'options', 'minItems', 1, NOT_EMPTY],
  [
    'RichTextText', 'text', 'minLength', 1,
    'NousResearch/hermes-agent#59621: Slack answered invalid_blocks, "must be more than 0 characters"',
  ],
  ['RichTextList', 'indent', 'minimum', 0, INDENT],
  ['RichTextList', 'indent', 'maximum', 8, INDENT],
  [
    'PlainTextInput', 'max_length', 'maximum', 3000,
    'slackapi/node-slack-sdk#940: a modal with max_length 16000 is refused, 3000 is the most',
  ],
];

// ---- reading a comment

const EACH_TEXT = /max(?:imum)? length for the text in each item is ([\d,]+)/i;
const LENGTH = [
  /max(?:imum)? length(?:[^.]{0,60}?)(?: is| of) (?:the )?([\d,]+)/i,
  /limit (?:this field to )?([\d,]+) characters/i,
];
const LESS_THAN = /must be less than ([\d,]+) characters/i;
const MIN_LENGTH = /minimum length[^.]{0,40}? is (\d+)/i;
const SENTENCE_ON_LENGTH = /max(?:imum)? length[^.]*\./gi;
const ITEMS = /(?:max(?:imum)?(?: number of [a-z ]+? is| of)?|array of up to) (\d+)\b/i;
const MAXIMUM = /max(?:imum)?(?: value)?(?: is| of)? (\d+)/i;
const MINIMUM = /min(?:imum)?(?: number)?(?: of| is)? (\d+)/i;

/** The number a pattern finds in a comment, as [[keyword, number]], or nothing. */
function found(keyword, comment, ...patterns) {
  for (const pattern of patterns) {
    const match = pattern.exec(comment);
    if (match) return [[keyword, Number(match[1].replaceAll(',', ''))]];
  }
  return [];
}

const oneLine = (comment) => comment.replace(/\{@link\s+([^}\s]+)[^}]*\}/g, '$1').replace(/[`\s]+/g, ' ');

function isText(property) {
  const names = (part) => Boolean(part.$ref) && TEXTS.has(part.$ref.slice(REF.length));
  return names(property) || Boolean(property.anyOf?.length && property.anyOf.every(names));
}

/** What a comment says about its property: [keyword, value] pairs. "text.…" means the text of a text object. */
function read(property, comment) {
  const withoutEach = comment.replace(EACH_TEXT, '');
  if (property.type === 'array') {
    const items = withoutEach.replace(SENTENCE_ON_LENGTH, '');
    return [...found('maxItems', items, ITEMS), ...found('text.maxLength', comment, EACH_TEXT)];
  }
  if (property.type === 'number') {
    return [...found('maximum', comment, MAXIMUM), ...found('minimum', comment, MINIMUM)];
  }
  const inText = isText(property);
  if (!inText && property.type !== 'string') return [];
  const prefix = inText ? 'text.' : '';
  return [
    ...found(`${prefix}maxLength`, withoutEach, ...LENGTH),
    ...found(`${prefix}maxLength`, comment, LESS_THAN).map(([keyword, value]) => [keyword, value - 1]),
    ...found(`${prefix}minLength`, comment, MIN_LENGTH),
  ];
}

// ---- writing into the schema

/** Every object schema inside a schema, the outermost first. */
function* objectsIn(schema, seen = new Set()) {
  if (!schema || typeof schema !== 'object' || seen.has(schema)) return;
  seen.add(schema);
  if (schema.properties) yield schema;
  for (const part of Object.values(schema)) yield* objectsIn(part, seen);
}

/** A limit on the text of a text object is composed with allOf: the text object's type itself is shared by all. */
function limitText(schema, keyword, value) {
  if (schema.allOf) {
    schema.allOf[1].properties.text[keyword] = value;
    return schema;
  }
  const limit = { properties: { text: { [keyword]: value } } };
  return { description: schema.description, allOf: [schema, limit] };
}

function put(owner, key, keyword, value) {
  const property = owner.properties[key];
  const [, inText] = /^text\.(.*)$/.exec(keyword) ?? [];
  if (!inText) property[keyword] = value;
  else if (property.type === 'array') property.items = limitText(property.items, inText, value);
  else owner.properties[key] = limitText(property, inText, value);
}

function applyComments(definitions, applied) {
  for (const [name, definition] of Object.entries(definitions)) {
    for (const owner of objectsIn(definition)) {
      for (const [key, property] of Object.entries(owner.properties)) {
        if (!property.description) continue;
        const comment = oneLine(property.description);
        for (const [limit, value] of read(property, comment)) {
          put(owner, key, limit, value);
          applied.push({ where: `${name}.${key}`, limit, value, from: 'd.ts', why: comment.slice(0, 400) });
        }
      }
    }
  }
}

function applyExtra(definitions, applied) {
  const isMeant = (selector, name) => (selector instanceof RegExp ? selector.test(name) : selector === name);
  for (const [selector, key, limit, value, why] of EXTRA) {
    for (const [name, definition] of Object.entries(definitions)) {
      if (!isMeant(selector, name)) continue;
      const root = definition.$ref ? definitions[definition.$ref.slice(REF.length)] : definition;
      for (const owner of objectsIn(root)) {
        if (!owner.properties[key]) continue;
        put(owner, key, limit, value);
        applied.push({ where: `${name}.${key}`, limit, value, from: 'extra', why });
      }
    }
  }
}

/** Writes the limits into the definitions and says which, each once. */
export function applyLimits(definitions) {
  const applied = [];
  applyComments(definitions, applied);
  applyExtra(definitions, applied);
  const byName = new Map();
  for (const limit of applied) {
    const name = `${limit.where} ${limit.limit} ${limit.from}`;
    if (!byName.has(name)) byName.set(name, limit);
  }
  return [...byName.values()];
}
