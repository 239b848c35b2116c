import { describe, expect, it } from 'vitest';
import { createLimiter } from '../../src/github/limiter.ts';

function limiterAt(startMs = 1_000_000) {
  const clock = { nowMs: startMs };
  return { clock, limiter: createLimiter(() => clock.nowMs) };
}

describe('the limiter', () => {
  it('lets nothing of a blocked installation out, and everything of the others', () => {
    const { clock, limiter } = limiterAt();

    limiter.block('7', 'read', 30_000);

    expect([limiter.waitMs('7'), limiter.waitMs('8')]).toEqual([30_000, 0]);
    clock.nowMs += 29_999;
    expect(limiter.waitMs('7')).toBe(1);
    clock.nowMs += 1;
    expect(limiter.waitMs('7')).toBe(0);
  });

  it('waits at least 60 s, doubled for each refusal in a row that states no time', () => {
    const { clock, limiter } = limiterAt();
    const waits: number[] = [];
    for (let refusal = 0; refusal < 8; refusal += 1) {
      waits.push(limiter.block('7', 'write', undefined));
      clock.nowMs += 10_000_000;
    }
    limiter.noteAnswered('7', 'write');

    expect(waits).toEqual([60, 120, 240, 480, 960, 1_920, 3_600, 3_600].map((seconds) => seconds * 1_000));
    expect(limiter.block('7', 'write', undefined)).toBe(60_000);
  });

  it('goes on doubling while only cheaper requests go through', () => {
    const { limiter } = limiterAt();
    limiter.block('7', 'write', undefined);
    limiter.noteAnswered('7', 'read');

    expect(limiter.block('7', 'write', undefined)).toBe(120_000);
  });

  it('never shortens a wait', () => {
    const { limiter } = limiterAt();
    limiter.block('7', 'read', 90_000);

    expect(limiter.block('7', 'read', 1_000)).toBe(90_000);
  });
});
