// Says where and why a value deviates from a schema. ajv decides whether it does; but of a union ajv only says that
// none of its forms fits, so this walks the same schema along the form the value means: the one with its `type`, else
// the one it deviates from least.
import { length, resolve } from './schemas.mjs';

// How much a deviation speaks against a form. A key that must not be there at all (TypeScript's `never`) rules the form
// out; another type or constant speaks against it louder than a text too long.
const COST = { forbidden: 2000, 'unknown-type': 20, type: 10, value: 10, choice: 5, missing: 4, limit: 1 };

/** An unknown key near the top names another form of the call; deep down it is rather a slip within this one. */
const costOfUnknownKey = (at) => Math.max(3, 1e6 / 20 ** `${at}/`.split('/').length);

const costOf = (deviations) => deviations.reduce((sum, deviation) => sum + deviation.cost, 0);
const deviation = (at, code, message, cost = COST[code]) => [{ path: at || '/', code, message, cost }];
const show = (value) => JSON.stringify(value)?.slice(0, 60);
const list = (value) => (Array.isArray(value) ? value : [value]);

function kindOf(value) {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

class Explainer {
  constructor(definitions) {
    this.definitions = definitions;
  }

  explain(reference, value, at = '') {
    const schema = resolve(reference, this.definitions);
    if (schema === undefined || schema === true) return [];
    if (this.#isNever(schema)) return deviation(at, 'forbidden', 'must be absent here (type: never)');
    const kind = kindOf(value);
    const types = schema.type ? list(schema.type) : [kind];
    if (!types.includes(kind) && !(kind === 'integer' && types.includes('number'))) {
      return deviation(at, 'type', `must be ${types.join(' or ')}, is ${kind}`);
    }
    return [
      ...(schema.allOf ?? []).flatMap((part) => this.explain(part, value, at)),
      ...(schema.anyOf ? this.#union(schema, value, at) : []),
      ...this.#constant(schema, value, at),
      ...this.#content(kind, schema, value, at),
    ];
  }

  #isNever(schema) {
    const not = schema.not && resolve(schema.not, this.definitions);
    return Boolean(not) && Object.keys(not).length === 0;
  }

  // ---- unions

  #union(schema, value, at) {
    const forms = schema.anyOf.flatMap((part) => this.#forms(part));
    const { meant, unknown } = this.#meant(forms, value, at);
    if (!meant.length) return unknown;
    const found = meant.map((form) => this.explain(form, value, at)).sort((a, b) => costOf(a) - costOf(b))[0];
    if (meant.length === 1) return [...unknown, ...found];
    const nearest = ` (nearest of ${meant.length} allowed forms)`;
    const isBare = ({ code, message }) => code === 'missing' && !message.includes('form');
    return [...unknown, ...found.map((one) => (isBare(one) ? { ...one, message: one.message + nearest } : one))];
  }

  /** A union of unions as one list. */
  #forms(part) {
    const schema = resolve(part, this.definitions);
    return schema.anyOf ? schema.anyOf.flatMap((inner) => this.#forms(inner)) : [schema];
  }

  /** The forms that have the value's `type` (and of these, its `subtype`). */
  #meant(forms, value, at) {
    let meant = forms;
    for (const key of ['type', 'subtype']) {
      if (typeof value?.[key] !== 'string') continue;
      const hits = meant.filter((form) => this.#constants(form, key)?.includes(value[key]) ?? key === 'subtype');
      const tagged = meant.filter((form) => this.#constants(form, key));
      if (hits.length) meant = hits;
      else if (tagged.length === meant.length) {
        const allowed = [...new Set(tagged.flatMap((form) => this.#constants(form, key)))].join(', ');
        const message = `"${value[key]}" is not allowed here; allowed: ${allowed}`;
        return { meant: [], unknown: deviation(`${at}/${key}`, 'unknown-type', message) };
      }
    }
    return { meant, unknown: [] };
  }

  /** What a form allows for its key, when that is a constant or a choice of constants. */
  #constants(form, key) {
    const schema = resolve(form, this.definitions);
    if (schema.allOf) return schema.allOf.map((part) => this.#constants(part, key)).find(Boolean);
    const property = schema.properties && resolve(schema.properties[key] ?? {}, this.definitions);
    return property?.const === undefined ? property?.enum : [property.const];
  }

  // ---- one form

  #constant(schema, value, at) {
    if ('const' in schema && value !== schema.const) {
      return deviation(at, 'value', `must be ${JSON.stringify(schema.const)}, is ${show(value)}`);
    }
    if (schema.enum && !schema.enum.includes(value)) {
      const message = `must be one of ${schema.enum.join(', ')}; is ${show(value)}`;
      return deviation(at, 'value', message, COST.choice);
    }
    return [];
  }

  #content(kind, schema, value, at) {
    if (kind === 'string') return this.#between(length(value), schema.minLength, schema.maxLength, ' characters', at);
    if (kind === 'integer' || kind === 'number') return this.#between(value, schema.minimum, schema.maximum, '', at);
    if (kind === 'array') return this.#array(schema, value, at);
    return kind === 'object' ? this.#object(schema, value, at) : [];
  }

  #between(size, least, most, unit, at) {
    if (size > most) return deviation(at, 'limit', `${size}${unit}, limit ${most}`);
    if (size < least) return deviation(at, 'limit', `${size}${unit}, at least ${least} needed`);
    return [];
  }

  #array(schema, items, at) {
    const schemaOf = (i) => (Array.isArray(schema.items) ? schema.items[i] ?? schema.additionalItems : schema.items);
    return [
      ...this.#between(items.length, schema.minItems, schema.maxItems, ' items', at),
      ...items.flatMap((item, i) => this.explain(schemaOf(i), item, `${at}/${i}`)),
    ];
  }

  #object(schema, value, at) {
    const missing = (schema.required ?? []).filter((key) => value[key] === undefined);
    return [
      ...missing.flatMap((key) => deviation(`${at}/${key}`, 'missing', 'required, is missing')),
      ...Object.entries(value).flatMap(([key, part]) => this.#property(schema, key, part, `${at}/${key}`)),
    ];
  }

  #property(schema, key, part, at) {
    if (schema.properties && Object.hasOwn(schema.properties, key)) {
      return this.explain(schema.properties[key], part, at);
    }
    if (schema.additionalProperties === false) {
      return deviation(at, 'unknown-key', "no such key in Slack's type", costOfUnknownKey(at));
    }
    return typeof schema.additionalProperties === 'object' ? this.explain(schema.additionalProperties, part, at) : [];
  }
}

/** A function (schema, value) -> [{path, code, message}]; the same code at the same path is said once. */
export function makeExplainer(definitions) {
  const explainer = new Explainer(definitions);
  return (schema, value) => {
    const distinct = new Map();
    for (const { path, code, message } of explainer.explain(schema, value)) {
      if (!distinct.has(`${path} ${code}`)) distinct.set(`${path} ${code}`, { path, code, message });
    }
    return [...distinct.values()];
  };
}
