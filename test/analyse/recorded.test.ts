import hdr from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { MAX_CASE_PAIRS, MAX_LINE_LENGTH } from '../../src/analyse/recorded-schema.ts';
import { parseRecordedLine } from '../../src/analyse/recorded.ts';
import { PerfCiError } from '../../src/domain/errors.ts';
import { failed, pair, trial } from './builders.ts';

function refusal(line: string): string {
  try {
    parseRecordedLine(line, 7);
  } catch (error) {
    expect(error).toBeInstanceOf(PerfCiError);
    expect(error).toMatchObject({ code: 'recorded-line-invalid', blame: 'usage' });
    return (error as PerfCiError).message;
  }
  throw new Error('expected a refusal, found none');
}

/** A recorded pair as text, with one field of base's trial replaced by raw JSON text. */
function withTrialField(field: string, raw: string): string {
  const marked = { ...pair(), base: { state: 'ok', trial: { ...trial(), [field]: '@' } } };
  return JSON.stringify(marked).replace('"@"', raw);
}

function histogramOf(count: number): string {
  const histogram = hdr.build({ numberOfSignificantValueDigits: 3 });
  for (let i = 0; i < count; i++) histogram.recordValue(1000 + i);
  return hdr.encodeIntoCompressedBase64(histogram);
}

describe('parseRecordedLine', () => {
  it('reads a pair back as it was written', () => {
    const written = { ...pair({ head: 'failed' }), stealShare: 0.01 };

    expect(parseRecordedLine(JSON.stringify(written), 1)).toEqual({ form: 'pair', pair: written });
  });

  it('ignores unknown fields and fills what judging does not need', () => {
    const { seed: _s, first: _f, startedAt: _a, wallMs: _w, answers: _n, ...rest } = pair();

    const parsed = parseRecordedLine(JSON.stringify({ ...rest, schemaVersion: 1, colour: 'red' }), 1);

    expect(parsed).toMatchObject({ form: 'pair', pair: { scenario: 'everyday', answers: { compared: 0 } } });
    expect(parsed).not.toHaveProperty('pair.colour');
    expect(parsed).not.toHaveProperty('pair.schemaVersion');
  });

  it('reads a bare case', () => {
    expect(parseRecordedLine('{"case":"a/b","base":[1,2],"head":[2,1],"effect":0}', 1)).toEqual({
      form: 'case',
      bare: { case: 'a/b', base: [1, 2], head: [2, 1] },
    });
  });

  it.each([
    {
      line: '{"case":"a","base":[1',
      message: 'line 7: expected one complete JSON object, found {"case":"a","base":[1',
    },
    { line: 'hello', message: 'line 7: expected one complete JSON object, found hello' },
    { line: '[1,2]', message: 'line 7: expected one JSON object, found [1,2]' },
    { line: 'null', message: 'line 7: expected one JSON object, found null' },
    {
      line: '{"case":"a","base":[NaN],"head":[1]}',
      message: 'line 7: expected a finite number >= 0, found NaN',
    },
    {
      line: '{"case":"a","base":[1,-Infinity],"head":[1]}',
      message: 'line 7: expected a finite number >= 0, found -Infinity',
    },
    {
      line: '{"case":"a","base":[1e400],"head":[1]}',
      message: 'line 7, base.0: expected a finite number >= 0, found Infinity',
    },
    {
      line: '{"case":"a","base":[1],"head":[-1]}',
      message: 'line 7, head.0: expected a finite number >= 0, found -1',
    },
    {
      line: '{"case":"a","base":["12ms"],"head":[1]}',
      message: 'line 7, base.0: expected a finite number >= 0, found "12ms"',
    },
    {
      line: '{"case":"a","base":[1],"head":[null]}',
      message: 'line 7, head.0: expected a finite number >= 0, found null',
    },
    {
      line: '{"case":"a","base":[1]}',
      message: 'line 7, head: expected a list of finite numbers >= 0, found nothing',
    },
    {
      line: '{"case":"a","base":[],"head":[]}',
      message: 'line 7, base: need at least 1 pair, found []',
    },
    {
      line: '{"case":"a","base":[1,2],"head":[1]}',
      message: 'line 7, head: expected as many figures in head as in base, found [1]',
    },
    {
      line: '{"schemaVersion":2,"case":"a","base":[1],"head":[1]}',
      message: 'line 7, schemaVersion: expected schemaVersion 1, found 2',
    },
  ])('refuses $line', ({ line, message }) => {
    expect(refusal(line)).toBe(message);
  });

  it.each([
    {
      field: 'cpuUs',
      raw: '-1',
      message: 'line 7, base.trial.cpuUs: expected a finite number >= 0, found -1',
    },
    {
      field: 'cpuUs',
      raw: '1e400',
      message: 'line 7, base.trial.cpuUs: expected a finite number >= 0, found Infinity',
    },
    {
      field: 'startupMs',
      raw: '"12ms"',
      message: 'line 7, base.trial.startupMs: expected a finite number >= 0, found "12ms"',
    },
    {
      field: 'memoryPeakBytes',
      raw: 'null',
      message: 'line 7, base.trial.memoryPeakBytes: expected a finite number >= 0, found null',
    },
    {
      field: 'requests',
      raw: '0',
      message: 'line 7, base.trial.requests: expected at least 1 request, found 0',
    },
    {
      field: 'latencyMs',
      raw: '{"mean":1,"p50":3,"p90":4,"p99":2,"max":5}',
      message:
        'line 7, base.trial.latencyMs: expected p50 <= p90 <= p99 <= max, found {"mean":1,"p50":3,"p90":4,"p99":2,"max"…',
    },
    {
      field: 'histogram',
      raw: '"no histogram"',
      message:
        'line 7, base.trial.histogram: inconsistent histogram: expected 1000 values, found one that cannot be read',
    },
    {
      field: 'histogram',
      raw: JSON.stringify(histogramOf(999)),
      message: 'line 7, base.trial.histogram: inconsistent histogram: expected 1000 values, found 999',
    },
  ])('refuses $raw as $field of a trial', ({ field, raw, message }) => {
    expect(refusal(withTrialField(field, raw))).toBe(message);
  });

  it('accepts a histogram that counts what the trial counts', () => {
    const line = withTrialField('histogram', JSON.stringify(histogramOf(1000)));

    expect(parseRecordedLine(line, 1).form).toBe('pair');
  });

  it.each(['__proto__', '', 'two\nlines', 'right\u202eleft', 'x'.repeat(201)])(
    'refuses %j as a name',
    (name) => {
      const message = 'expected a plain name: 1 to 200 printable characters, not __proto__';

      expect(refusal(JSON.stringify({ case: name, base: [1], head: [1] }))).toContain(message);
      expect(refusal(JSON.stringify({ ...pair(), scenario: name }))).toContain(message);
    },
  );

  it('is not moved by keys that reach for the prototype', () => {
    const line = '{"__proto__":{"base":[1],"head":[1]},"case":"a"}';

    expect(refusal(line)).toBe('line 7, base: expected a list of finite numbers >= 0, found nothing');
    expect(({} as Record<string, unknown>)['base']).toBeUndefined();
  });

  it('refuses more pairs in one case than it can judge, and longer lines than it reads', () => {
    const many = Array.from({ length: MAX_CASE_PAIRS + 1 }, () => 1);

    expect(refusal(JSON.stringify({ case: 'a', base: many, head: many }))).toContain(
      'expected at most 2000 pairs',
    );
    expect(refusal(' '.repeat(MAX_LINE_LENGTH + 1))).toContain('expected at most 4000000 characters');
  });

  it('shows control characters of a broken line as harmless ones', () => {
    expect(refusal('\u001b[31mred')).toBe('line 7: expected one complete JSON object, found \uFFFD[31mred');
  });

  it('reads a failed side with nothing but its kind', () => {
    const line = JSON.stringify({ ...pair(), head: { state: 'failed', failure: { kind: 'timeout' } } });

    expect(parseRecordedLine(line, 1)).toMatchObject({ pair: { head: { state: failed().state } } });
  });
});
