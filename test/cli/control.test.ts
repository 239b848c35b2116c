import { describe, expect, it } from 'vitest';

import { describeStandings } from '../../src/cli/control.ts';
import type { ControlStanding } from '../../src/domain/control.ts';

const PLACE = { repoId: '7', repoFullName: 'octo/shop', machineId: 'abc', scenarios: ['rank'] };

const STANDING: ControlStanding = {
  scenario: 'rank',
  metric: 'cpu_per_request',
  jobs: 100,
  noiseBand: 0.011,
  bias: -0.0004,
  falseAlarms: 0,
  planted: [{ plant: { kind: 'cpu', share: 0.03 }, found: 98, tried: 100 }],
};

describe('what control runs say of an installation', () => {
  it('is one line a metric: false alarms, band, bias, what was found', () => {
    expect(describeStandings(PLACE, [STANDING])).toEqual([
      'octo/shop on machine abc',
      '  rank, CPU / request: this installation finds 3 % in 98 of 100, and cried wolf 0 of 100; same code within ±1.10 %; off by -0.04 %',
    ]);
  });

  it('shouts when alarms are blocked, and leaves out what is not known yet', () => {
    const { noiseBand: _band, bias: _bias, ...young } = STANDING;
    const [, line] = describeStandings(PLACE, [
      { ...young, jobs: 3, planted: [], blocked: '2 alarms on the same code' },
    ]);

    expect(line).toBe(
      '  rank, CPU / request: this installation planted nothing, and cried wolf 0 of 3; ALARMS BLOCKED: 2 alarms on the same code',
    );
  });

  it('keeps the unit of a metric that is no ratio, and lets no hostile name move the cursor', () => {
    const [, line] = describeStandings(PLACE, [
      { ...STANDING, scenario: 'a\u001b[2Jb', metric: 'memory_growth', noiseBand: 120, bias: 3.14159 },
    ]);

    expect(line).toContain('±120;');
    expect(line).toContain('off by 3.14');
    // eslint-disable-next-line no-control-regex -- the very characters that must not get through
    expect(line).not.toMatch(/[\u0000-\u001f]/);
  });
});
