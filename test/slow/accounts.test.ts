import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

import { holdHost } from '../../src/measure/host/host-lock.ts';
import { type Accounts, accountsOf, kindsHere, whatIsMissing } from '../measure/accounts/independent.ts';

/** So long that the steps of 10 ms of GNU time are a fraction of the margin. */
const CPU_SECONDS = 5;
const MARGIN = 0.01;

const folder = mkdtempSync(join(tmpdir(), 'perf-ci-kinds-'));
afterAll(() => rmSync(folder, { recursive: true }));

const missing = (['cc', 'python3', 'time'] as const).map(whatIsMissing).filter((what) => what !== undefined);

describe(`CPU time against independent accounts${missing.length > 0 ? ` (not all: ${missing.join(', ')})` : ''}`, () => {
  it.for(kindsHere(folder))(
    'of a service of kind $name agrees within 1 %',
    async (kind, { annotate, skip }) => {
      const host = await holdHost();
      let found: Accounts;
      try {
        found = await accountsOf(kind, CPU_SECONDS);
      } finally {
        await host.release();
      }
      const { ours, withoutGroup, timeUs, handMade } = found;
      await annotate(JSON.stringify(found));
      if (timeUs === undefined && handMade === undefined)
        skip('neither GNU time nor a control group to compare with');

      const isWhole = ours.source === 'cgroup';
      if (timeUs !== undefined && kind.isWaitedFor)
        expect(Math.abs(ours.cpuUs / timeUs - 1)).toBeLessThan(MARGIN);
      if (handMade !== undefined) {
        const expected = isWhole ? handMade.wholeUs : handMade.loadUs;
        if (isWhole || kind.isWaitedFor) expect(Math.abs(ours.cpuUs / expected - 1)).toBeLessThan(MARGIN);
        // Where no group can be made the next best figure is as right, for all that is waited for.
        if (kind.isWaitedFor) expect(Math.abs(withoutGroup.cpuUs / handMade.loadUs - 1)).toBeLessThan(MARGIN);
      }
    },
  );
});
