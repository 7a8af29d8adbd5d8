// The vendor's client, driven by lines of JSON: node client.cjs ENDPOINT TOKEN FOLDER
// in:  {"do": "look"} | {"do": "send", "room", "content", "tag"} | {"do": "answers", "tag"} | {"do": "end"}
// out: {"is": "event" | "sent" | "world" | "answers" | "log" | "fault", …}
'use strict';

const { createInterface } = require('node:readline');
const { DirectAPI } = require('direct-js');

const [, , endpoint, token, folder] = process.argv;
const tell = (is, what) => process.stdout.write(`${JSON.stringify({ is, ...what })}\n`);
const words = (parts) => [...parts].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');
const log = (level) => (parts) => {
  if (level === 'error') tell('log', { level, text: words(parts).slice(0, 400) });
};
const person = (user) => (user ? { id: user.id, name: user.name } : null);

const client = DirectAPI.getInstance();
client.setOptions({
  host: new URL(endpoint).host,
  endpoint,
  access_token: token,
  storage_path: folder,
  name: 'desk',
  internalLogger: Object.fromEntries(
    ['verbose', 'debug', 'info', 'warn', 'error'].map((level) => [level, log(level)]),
  ),
});

const plain = [
  'data_recovered', 'error_occurred', 'current_page_changed', 'password_expiration_overed',
  'notify_update_read_statuses', 'notify_create_pair_talk', 'notify_create_group_talk', 'notify_delete_talk',
];
for (const name of plain) {
  client.on(name, (...told) => {
    const [first, second] = told;
    const error = first instanceof Error ? { message: first.message, ...second } : first;
    tell('event', { name, body: error === undefined ? null : error });
  });
}
for (const name of ['TextMessage', 'EnterMessage', 'LeaveMessage', 'JoinMessage', 'TopicChangeMessage']) {
  client.on(name, (talk, user, message) => tell('event', { name, room: talk.room, user: person(user), message }));
}

const stamps = new Map();
const acts = {
  look: () => tell('world', {
    me: client.data.me && person(client.hubotObject.meObject(client.data.me)),
    domains: Object.values(client.domainObjects()).map(({ id, domainInfo }) => ({ id, name: domainInfo.name })),
    talks: Object.values(client.talkObjects()).map((talk) => ({
      id: talk.id, type: talk.type, domain: talk.domainId, users: talk.users.map(person),
    })),
    users: Object.values(client.userObjects()).map(person),
  }),
  send: ({ room, content, tag }) => {
    client.send({ room }, {
      ...content,
      onsend: (sent) => {
        stamps.set(tag, sent);
        tell('sent', { tag, id: sent.message && sent.message.id, type: sent.message && sent.message.type });
      },
    });
  },
  answers: ({ tag }) => stamps.get(tag).answer((...groups) => {
    const lists = groups.length === 1 && Array.isArray(groups[0][0]) ? groups[0] : groups;
    tell('answers', { tag, groups: lists.map((list) => list.map(person)) });
  }),
  end: () => process.exit(0),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  try {
    const told = JSON.parse(line);
    acts[told.do](told);
  } catch (error) {
    tell('fault', { text: String(error && error.stack) });
  }
});
lines.on('close', () => process.exit(0));
client.listen();
