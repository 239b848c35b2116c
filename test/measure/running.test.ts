import { expect, it } from 'vitest';

import { rememberRunning, stopAllRunning, type Stoppable } from '../../src/measure/running.ts';

it('ends also what is started while the rest is being ended', async () => {
  const stopped: string[] = [];
  const second: Stoppable = { stop: async () => void stopped.push('second') };
  rememberRunning({
    stop: async () => {
      stopped.push('first');
      rememberRunning(second);
    },
  });

  await stopAllRunning();

  expect(stopped).toEqual(['first', 'second']);
});
