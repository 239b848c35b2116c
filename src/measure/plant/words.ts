import type { Plant } from '../../domain/control.ts';
import { PerfCiError } from '../../domain/errors.ts';

const FORMS = 'none, cpu:PERCENT, stall[:PERCENT:MS], leak[:BYTES], slow-start:MS';

/**
 * A plant in the short form of the command line: `cpu:3` is 3 % more CPU a request, `stall` 1 % of the answers 20 ms
 * later, `leak` 2 KiB kept a request.
 * @throws PerfCiError `plant-unknown` (usage)
 */
export function parsePlant(text: string): Plant {
  const [kind, ...numbers] = text.split(':');
  const [first, second] = numbers.map((number) =>
    /^\d{1,6}(\.\d{1,3})?$/.test(number) ? Number(number) : NaN,
  );
  const count = numbers.length;
  if (kind === 'none' && count === 0) return { kind };
  if (kind === 'cpu' && count === 1 && isWithin(first, 100)) return { kind, share: first / 100 };
  if (kind === 'stall' && count === 0) return { kind, share: 0.01, delayMs: 20 };
  if (kind === 'stall' && count === 2 && isWithin(first, 100) && isWithin(second, 10_000))
    return { kind, share: first / 100, delayMs: second };
  if (kind === 'leak' && count === 0) return { kind, bytesPerRequest: 2048 };
  if (kind === 'leak' && count === 1 && isWithin(first, 999_999) && Number.isInteger(first))
    return { kind, bytesPerRequest: first };
  if (kind === 'slow-start' && count === 1 && isWithin(first, 60_000)) return { kind, delayMs: first };
  throw new PerfCiError('plant-unknown', `expected a plant such as ${FORMS}; found ${JSON.stringify(text)}`, {
    blame: 'usage',
  });
}

function isWithin(value: number | undefined, highest: number): value is number {
  return value !== undefined && value > 0 && value <= highest;
}

/** A plant for people. */
export function plantWords(plant: Plant): string {
  switch (plant.kind) {
    case 'none':
      return 'nothing planted';
    case 'cpu':
      return `${percent(plant.share)} CPU`;
    case 'stall':
      return `${percent(plant.share)} of answers ${plant.delayMs} ms later`;
    case 'leak':
      return `${plant.bytesPerRequest} bytes kept a request`;
    case 'slow-start':
      return `start ${plant.delayMs} ms later`;
  }
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(3))} %`;
}
