import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Metric, METRICS, type Unit } from '../../src/domain/metric.ts';
import { LIMITS } from '../../src/measure/host/preflight.ts';
import { configOf } from '../project-config/read-config.ts';

const PAGE = readFileSync(new URL('../../docs/measuring.md', import.meta.url), 'utf8');

const UNITS: Readonly<Record<Unit, string>> = {
  us: 'µs',
  ms: 'ms',
  bytes: 'bytes',
  'per-second': 'a second',
  share: 'share',
  'bytes-per-request': 'bytes',
  number: 'its own',
};

const LOOKED_AT: Readonly<Record<keyof typeof LIMITS, string>> = {
  steal: 'CPU time stolen by the hypervisor',
  pressure: 'time in which some task waited for a CPU (`/proc/pressure/cpu`)',
  load: 'load average over the number of CPUs, while something else runs',
  aluCv: 'arithmetic loop: spread',
  aluMedian: 'arithmetic loop: distance from this machine’s past',
  readCv: 'random reads: spread',
  readMedian: 'random reads: distance from this machine’s past',
};

function metricRow({ title, name, unit, better, scale, obtained }: Metric): string[] {
  return [title, `\`${name}\``, UNITS[unit], better, scale, obtained];
}

function limitRow([name, { flag, refuse }]: [string, { flag: number; refuse: number }]): string[] {
  const say = (limit: number): string => (name === 'load' ? String(limit) : `${Math.round(limit * 100)} %`);
  return [LOOKED_AT[name as keyof typeof LIMITS], say(flag), say(refuse)];
}

/** The cells of the first table after a mark, heading and rule left out. */
function tableAfter(mark: string): string[][] {
  const lines = PAGE.slice(PAGE.indexOf(mark)).split('\n').slice(1);
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}

describe('docs/measuring.md', () => {
  it('says of every metric what the program says, in the same order', () => {
    expect(tableAfter('<!-- metrics:')).toEqual(METRICS.map(metricRow));
  });

  it('has the limits of the look at the machine as they are', () => {
    expect(tableAfter('<!-- limits:')).toEqual(Object.entries(LIMITS).map(limitRow));
  });

  it('shows only configurations that are accepted', async () => {
    const blocks = [...PAGE.matchAll(/^( *)```yaml\n([\s\S]*?)^ *```$/gm)].map(([, indent = '', text = '']) =>
      text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    );
    const requests = JSON.stringify({ requests: [{ method: 'GET', path: '/' }] });

    expect(blocks.length).toBeGreaterThan(5);
    for (const block of blocks) {
      const whole = `version: 1\nservice: { start: [node, server.ts] }\n${block}`;
      const config = await configOf(whole, { 'benchmarks/rank-everyday.json': requests });
      expect(config.scenarios).toHaveLength(1);
    }
  });
});
