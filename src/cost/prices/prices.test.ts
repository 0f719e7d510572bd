import assert from 'node:assert/strict';
import { test } from 'node:test';
import Big from 'big.js';
import fc from 'fast-check';
import type { PriceFormat } from '../../contracts/cost.ts';
import type { EventTokens } from '../../contracts/event.ts';
import { BUILT_IN_PRICES } from './built-in-prices.ts';
import { modelNames } from './match-model.ts';
import { type ModelPrice, type PriceList, RATE_CLASSES, readRate } from './model-price.ts';
import { mostCost, priceCall } from './price-call.ts';
import { readPriceFile } from './price-file.ts';
import { PriceIndex } from './price-index.ts';
import { priceVersion } from './price-version.ts';
import { repeatedKeys } from './repeated-keys.ts';

const model = (more: Partial<ModelPrice> = {}): ModelPrice => ({
  model: 'm',
  rates: { input: '3', output: '15', cacheRead: '0.3', cacheWrite: '3.75' },
  tiers: [],
  ...more,
});
const list = (models: readonly ModelPrice[], name = 'own'): PriceList => ({
  ...{ name, models, version: priceVersion(name, { models }), format: 'swarm' },
  ...{ builtIn: false, createdAtMs: 0, createdBy: 'root' },
});
const cost = (tokens: EventTokens, price = model()) => priceCall(tokens, price)?.toFixed();
const problem = (text: string, format: PriceFormat = 'swarm') => {
  try {
    readPriceFile(text, format);
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'prices_invalid');
    return (error as Error).message;
  }
  return undefined;
};

const count = fc.integer({ min: 0, max: 2_000_000 });
const tokens = fc
  .record({
    ...{ input: count, output: count, cacheRead: count, cacheWrite: count, reasoning: count },
    long: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ long, ...classes }) => ({
    ...classes,
    cacheWriteLong: Math.floor(classes.cacheWrite * long),
  }));
type Counts = { readonly [Class in keyof EventTokens]-?: number };
/** In classes that do not overlap, so that a sum over them counts every token once. */
const apart = ({ cacheWrite, ...classes }: Counts) => ({
  ...classes,
  cacheWrite: cacheWrite - classes.cacheWriteLong,
});
const rate = fc
  .tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 999_999_999_999 }))
  .map(([whole, part]) => `${whole}.${String(part).padStart(12, '0')}`);
const rates = fc.record(
  {
    ...{ input: rate, output: rate, reasoning: rate },
    ...{ cacheRead: rate, cacheWrite: rate, cacheWriteLong: rate },
  },
  { requiredKeys: ['input', 'output'] },
);
const price = fc.record({
  model: fc.constant('m'),
  rates,
  tiers: fc
    .uniqueArray(fc.integer({ min: 0, max: 3_000_000 }), { maxLength: 3 })
    .chain((above) =>
      fc.tuple(
        ...above.sort((a, b) => a - b).map((at) => rates.map((r) => ({ above: at, rates: r }))),
      ),
    ),
});

test('what a call costs is exact, by class', () => {
  assert.equal(cost({ input: 1 }), '0.000003');
  assert.equal(cost({ input: 1_000_000, output: 1_000_000 }), '18');
  assert.equal(cost({ cacheRead: 10, cacheWrite: 4 }), '0.000018');
  assert.equal(cost({ output: 100, reasoning: 900 }), '0.015', 'reasoning costs what output does');
  assert.equal(
    cost({ reasoning: 1 }, model({ rates: { output: '1', reasoning: '7' } })),
    '0.000007',
  );
  assert.equal(cost({ cacheRead: 1 }, model({ rates: { input: '9' } })), '0.000009');
  assert.equal(cost({ output: 1 }, model({ rates: { input: '9' } })), undefined, 'never 0');
  assert.equal(cost({ input: 1 }, model({ rates: { input: '9' } })), '0.000009');
  assert.equal(cost({}), '0');
});

test('what is cached for an hour has a price of its own', () => {
  const long = model({ rates: { input: '3', cacheWrite: '3.75', cacheWriteLong: '6' } });
  assert.equal(cost({ cacheWrite: 100, cacheWriteLong: 40 }, long), '0.000465');
  assert.equal(cost({ cacheWrite: 100 }, long), '0.000375');
  assert.equal(cost({ cacheWrite: 100, cacheWriteLong: 40 }), '0.000375', 'else as all the rest');
  assert.equal(cost({ cacheWriteLong: 40 }, long), '0', 'it is part of cacheWrite');
  const index = new PriceIndex([BUILT_IN_PRICES]);
  for (const { model: name, provider, rates: r } of BUILT_IN_PRICES.models)
    if (provider === 'anthropic') {
      assert.ok(r.cacheWriteLong, name);
      assert.equal(new Big(r.cacheWriteLong).toFixed(), new Big(r.input ?? 0).times(2).toFixed());
      assert.ok(index.find(`${name}-20990101`, provider));
    }
});

test('a list without the price of long caching has the version it always had', () => {
  assert.equal(priceVersion('own', { models: [model()] }), 'own@21da867a52af');
  const rates = { ...model().rates, cacheWriteLong: '6' };
  assert.notEqual(
    priceVersion('own', { models: [model({ rates })] }),
    priceVersion('own', { models: [model()] }),
  );
});

test('a tier prices the whole call, by all that went in', () => {
  const tiered = model({ tiers: [{ above: 200_000, rates: { input: '6' } }] });
  assert.equal(cost({ input: 200_000, output: 1 }, tiered), '0.600015');
  assert.equal(cost({ input: 200_001 }, tiered), '1.200006');
  assert.equal(cost({ input: 1, cacheRead: 200_000 }, tiered), '0.060006');
});

test('a cost fits an event, and is the sum of its classes in any order', () => {
  fc.assert(
    fc.property(
      tokens,
      rates,
      fc.shuffledSubarray([...RATE_CLASSES], { minLength: RATE_CLASSES.length }),
      (used, r, order) => {
        const whole = priceCall(used, model({ rates: r }));
        const counts = apart(used);
        const parts = order.map((name) => {
          const long = name === 'cacheWriteLong' && { cacheWrite: counts[name] };
          return priceCall({ [name]: counts[name], ...long }, model({ rates: r }));
        });
        const sum = parts.reduce((total: Big, part) => total.plus(part ?? 0), new Big(0));
        assert.equal(whole?.toFixed(), sum.toFixed());
        assert.match(whole?.toFixed() ?? '', /^\d{1,18}(\.\d{1,18})?$/);
      },
    ),
  );
});

test('a cost is what whole numbers say it is', () => {
  fc.assert(
    fc.property(tokens, rates, (used, r) => {
      const scaled = (text: string) => BigInt(text.replace('.', ''));
      let sum = 0n;
      for (const name of RATE_CLASSES) {
        const cached = name === 'cacheWriteLong' ? r.cacheWrite : undefined;
        const fallback = name === 'reasoning' ? r.output : (cached ?? r.input);
        sum += BigInt(apart(used)[name]) * scaled(r[name] ?? fallback);
      }
      const whole = priceCall(used, model({ rates: r }));
      assert.equal(whole?.times('1e18').toFixed(), sum.toString());
    }),
  );
});

test('no call costs more than the most that was said, whatever its tokens turn out to be', () => {
  fc.assert(
    fc.property(price, tokens, (one, used) => {
      const most = mostCost(one, {
        inputTokens: used.input + used.cacheRead + used.cacheWrite,
        outputTokens: used.output + used.reasoning,
      });
      assert.ok(most?.gte(priceCall(used, one) ?? Number.NaN));
    }),
  );
});

test('the order of sums does not matter', () => {
  fc.assert(
    fc.property(fc.array(tokens, { maxLength: 20 }), rates, (calls, r) => {
      const costs = calls.map((used) => priceCall(used, model({ rates: r })) ?? new Big(0));
      const sum = (all: Big[]) => all.reduce((total, one) => total.plus(one), new Big(0)).toFixed();
      assert.equal(sum(costs), sum(costs.toReversed()));
    }),
  );
});

test('a number is read as it is written, and nothing else is a number', () => {
  const read = (text: unknown, scale: 0 | 6 = 6) => {
    const result = readRate(text, { scale });
    return result.ok ? `${result.rate}${result.rounded ? ' rounded' : ''}` : result.problem;
  };
  assert.equal(read('1.5e-06'), '1.5');
  assert.equal(read('0.0000001'), '0.1');
  assert.equal(read('2.8799999999999998e-06'), '2.88 rounded');
  assert.equal(read('1.0999999999e-07'), '0.10999999999');
  assert.equal(read('0', 0), '0');
  assert.equal(read('1E2', 0), '100');
  for (const text of ['', 'NaN', 'Infinity', '0x10', '1,5', ' 1', '1e9999', {}, null, true])
    assert.equal(read(text), 'is not a number');
  assert.equal(read('-0.1'), 'is negative');
  assert.match(read('1', 6), /check the unit/);
});

test('a model is found as it came, with its provider, and without its date', () => {
  assert.deepEqual(modelNames('gpt-5-2025-08-07', 'openai'), [
    ...['openai/gpt-5-2025-08-07', 'gpt-5-2025-08-07', 'openai/gpt-5', 'gpt-5'],
  ]);
  for (const name of ['m-20250807', 'm@20250807', 'm@2025-08-07', 'm-latest', 'm@latest'])
    assert.equal(modelNames(name, undefined).at(-1), 'm', name);
  for (const name of ['m-2025', 'm-8-07', 'm-latest-x', 'latest', 'm-mini'])
    assert.deepEqual(modelNames(name, undefined), [name]);
  const index = new PriceIndex([BUILT_IN_PRICES]);
  const found = (name: string, provider = 'openai') => index.find(name, provider)?.price.model;
  assert.equal(found('gpt-4o-2024-08-06'), 'gpt-4o');
  assert.equal(found('claude-sonnet-4-5-20250929', 'anthropic'), 'claude-sonnet-4-5');
  assert.equal(found('gpt-4o', 'models.example.com'), 'gpt-4o', 'at any host');
  assert.equal(found('openai/gpt-4o', 'openrouter'), 'gpt-4o');
  assert.equal(found('gpt-4o-audio-preview'), undefined, 'nothing is guessed');
  assert.equal(found('__proto__'), undefined);
  assert.equal(found('constructor'), undefined);
});

test('the first list that knows a model has the word, and a name for two prices stands for none', () => {
  const mine = list([model({ model: 'gpt-4o', rates: { input: '1', output: '1' } })]);
  const index = new PriceIndex([mine, BUILT_IN_PRICES]);
  assert.equal(index.find('gpt-4o-2024-08-06', 'openai')?.version, mine.version);
  assert.equal(index.find('gpt-4o-mini', 'openai')?.version, BUILT_IN_PRICES.version);
  const two = new PriceIndex([
    list([
      model({ model: 'x', provider: 'a' }),
      model({ model: 'x', provider: 'b', rates: { input: '4' } }),
      model({ model: 'y', provider: 'a' }),
      model({ model: 'y', provider: 'b' }),
    ]),
  ]);
  assert.equal(two.find('x', 'b')?.price.rates.input, '4');
  assert.equal(two.find('x', 'c'), undefined);
  assert.equal(two.find('y', 'c')?.price.rates.input, '3');
});

test('the same prices have the same version, others another', () => {
  const one = [model(), model({ model: 'n' })];
  assert.equal(
    priceVersion('own', { models: one }),
    priceVersion('own', { models: one.toReversed() }),
  );
  const dearer = [model({ rates: { input: '4' } }), model({ model: 'n' })];
  assert.notEqual(priceVersion('own', { models: one }), priceVersion('own', { models: dearer }));
  assert.match(priceVersion('own', { models: one }), /^own@[0-9a-f]{12}$/);
});

test('the built-in prices are whole, and say where they are from', () => {
  for (const { model: name, source, asOf, rates: r, maxOutputTokens } of BUILT_IN_PRICES.models) {
    assert.ok(source && asOf && maxOutputTokens !== undefined, name);
    for (const one of Object.values(r)) assert.ok(readRate(one, { scale: 0 }).ok, name);
  }
});

test('LiteLLM’s file: what is priced by tokens, exactly', () => {
  const file = readPriceFile(
    `{"sample_spec": {"mode": "one of: chat", "input_cost_per_token": "none"},
      "big": {"mode": "chat", "litellm_provider": "anthropic", "max_input_tokens": 1000000, "max_output_tokens": 64000,
        "input_cost_per_token": 3e-06, "output_cost_per_token": 1.5e-05,
        "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
        "input_cost_per_token_above_200k_tokens": 6e-06,
        "output_cost_per_token_above_200k_tokens": 2.25e-05,
        "input_cost_per_token_batches": 1.5e-06},
      "thinks": {"mode": "responses", "input_cost_per_token": 0.0000011, "output_cost_per_token": 4.4e-6,
        "output_cost_per_reasoning_token": 5e-6, "max_output_tokens": "as the provider says"},
      "embed": {"mode": "embedding", "max_input_tokens": 8191, "input_cost_per_token": 2e-08},
      "draw": {"mode": "image_generation", "output_cost_per_image": 0.04},
      "by-second": {"mode": "chat", "input_cost_per_second": 0.01}}`,
    'litellm',
  );
  assert.deepEqual(file.models, [
    {
      ...{ model: 'big', provider: 'anthropic' },
      ...{ maxInputTokens: 1_000_000, maxOutputTokens: 64_000 },
      rates: {
        ...{ input: '3', output: '15', cacheRead: '0.3', cacheWrite: '3.75', cacheWriteLong: '6' },
      },
      tiers: [{ above: 200_000, rates: { input: '6', output: '22.5', cacheWriteLong: '12' } }],
    },
    {
      ...{ model: 'thinks', rates: { input: '1.1', output: '4.4', reasoning: '5' }, tiers: [] },
    },
    { model: 'embed', rates: { input: '0.02' }, tiers: [] },
  ]);
  assert.deepEqual([file.skipped, file.rounded], [2, 0]);
});

test('agentgateway’s catalog: rates and tiers by provider', () => {
  const file = readPriceFile(
    `{"providers": {"gcp.gemini": {"models": {"pro": {
        "rates": {"input": "1.25", "output": "10", "cacheRead": "0.125", "inputAudio": "2"},
        "tiers": [{"contextOver": 200000, "rates": {"input": "2.5", "output": "15"}}],
        "limits": {"contextWindow": 1048576, "maxOutputTokens": 65536}},
        "tagged": {"tags": ["x"]}}}}}`,
    'agentgateway',
  );
  assert.deepEqual(file.models, [
    {
      ...{ model: 'pro', provider: 'gcp.gemini' },
      ...{ maxInputTokens: 1_048_576, maxOutputTokens: 65_536 },
      rates: { input: '1.25', output: '10', cacheRead: '0.125' },
      tiers: [{ above: 200_000, rates: { input: '2.5', output: '15' } }],
    },
  ]);
  assert.equal(file.skipped, 1);
});

test('what is wrong is named with model, field and value, and nothing is taken', () => {
  const own = (rates: string) => problem(`{"models": {"good": {"input": 1}, "m": {${rates}}}}`);
  assert.match(own('"input": -1') ?? '', /model "m": input: -1 is negative/);
  assert.match(own('"input": "abc"') ?? '', /model "m": input: "abc" is not a number/);
  assert.match(own('"output": 1') ?? '', /model "m": input: is missing/);
  assert.match(own('"input": 1e12') ?? '', /model "m": input: 1e12 is more than 100000 dollars/);
  assert.match(own('"input": 1, "cachRead": 2') ?? '', /cachRead: 2 is not known/);
  assert.match(own('"input": 1, "tiers": [{"above": 5}, {"above": 5}]') ?? '', /tiers\[1\]\.above/);
  assert.match(
    own('"input": 1, "tiers": [{"above": 1.5}]') ?? '',
    /1\.5 is not a number of tokens/,
  );
  assert.match(problem('{"models": {"m": {"input": NaN}}}') ?? '', /is not JSON/);
  assert.match(problem('[]') ?? '', /not a JSON object/);
  assert.match(problem('{}') ?? '', /no price that could be used/);
  assert.match(problem('{"model": {}}') ?? '', /"model" is not known/);
  assert.match(
    problem('{"machineTime": {"vcpuSecond": "-1"}}') ?? '',
    /vcpuSecond: "-1" is negative.*gibSecond: is missing: write 0 if it is free/,
  );
  assert.doesNotMatch(own('"input": -1') ?? '', /missing/, 'one fault is told once');
  const litellm = (more: string) => problem(`{"m": {"mode": "chat", ${more}}}`, 'litellm');
  assert.match(
    litellm('"input_cost_per_token": 1e-6') ?? '',
    /model "m": output_cost_per_token: is missing/,
  );
  assert.match(
    litellm('"input_cost_per_token": 2.5, "output_cost_per_token": 1e-6') ?? '',
    /input_cost_per_token: 2\.5 is more than/,
  );
  assert.match(
    problem(
      '{"providers": {"p": {"models": {"m": {"rates": {"output": "1"}}}}}}',
      'agentgateway',
    ) ?? '',
    /model "p\/m": input: is missing/,
  );
});

test('a key that stands twice is refused, with both lines', () => {
  const twice = (second: string) =>
    `{"models": {\n  "m": {"input": 1},\n  "n": {"input": 1},\n\n  ${second}: {"input": 2}}}`;
  for (const written of ['"m"', '"\\u006d"'])
    assert.match(
      problem(twice(written)) ?? '',
      /"m" stands twice in one object, in lines 2 and 5\./,
    );
  assert.equal(problem(twice('"o"')), undefined);
  const inOne = '{"models": {"m": {"input": 1, "source": "a \\" {,", "input": 1}}}';
  assert.match(problem(inOne) ?? '', /"input" stands twice in one object, both in line 1\./);
  const tiers = '{"models": {"m": {"input": 1, "tiers": [{"above": 1}, {"above": 2}]}}}';
  assert.equal(problem(tiers), undefined);

  const litellm = (cost: string) =>
    problem(
      `{"e": {"mode": "embedding", "input_cost_per_token": 1e-6},
        "e": {"mode": "embedding", "input_cost_per_token": ${cost}}}`,
      'litellm',
    );
  assert.match(litellm('2e-6') ?? '', /"e" stands twice in one object, in lines 1 and 2\./);
  assert.equal(litellm('1e-6'), undefined, 'said twice, and the same');
  const agentgateway = (model: string) =>
    problem(
      `{"providers": {"p": {"models": {"m": {"rates": {"input": "1"}},
        "${model}": {"rates": {"input": "2"}}}}}}`,
      'agentgateway',
    );
  assert.match(agentgateway('m') ?? '', /"m" stands twice/);
  assert.equal(agentgateway('n'), undefined);
});

test('keys are told twice exactly where they are', () => {
  const name = fc.constantFrom('a', 'b', '"', '\\', '{', '\n', ':', '__proto__');
  const lines = fc.array(fc.constantFrom('\n', ' '), { maxLength: 2 }).map((all) => all.join(''));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.jsonValue({ maxDepth: 2 }), lines)), (members) => {
      const written = members.map(([key, value, gap]) => {
        const nested = JSON.stringify(value, undefined, 1);
        return `${gap}${JSON.stringify(key)}${gap}: ${gap}${nested}${gap}`;
      });
      const text = `[{${written.join(',')}}]`;
      JSON.parse(text);
      const names = members.map(([key]) => key);
      assert.deepEqual(
        repeatedKeys(text).map(({ key }) => key),
        names.filter((key, index) => names.indexOf(key) < index),
      );
    }),
  );
});

test('no file makes it do anything but read or refuse', () => {
  const deep = `{"models": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  assert.match(problem(deep) ?? '', /nests deeper/);
  const formats = fc.constantFrom<PriceFormat>('swarm', 'litellm', 'agentgateway');
  const odd = fc.dictionary(
    fc.constantFrom('models', 'providers', 'm', 'tiers', 'rates', 'input', 'mode', '__proto__'),
    fc.jsonValue({ maxDepth: 4 }),
  );
  fc.assert(
    fc.property(odd, formats, (file, format) => {
      problem(JSON.stringify(file), format);
      problem(JSON.stringify({ models: file, providers: { p: { models: file } } }), format);
    }),
  );
});
