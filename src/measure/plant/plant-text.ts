import type { Plant } from '../../domain/control.ts';

/** A plant with what it takes to put it into a service. */
export interface AppliedPlant {
  plant: Plant;
  /** CPU time that each request of the head costs more, microseconds; 0 for plants of another kind. */
  cpuUsPerRequest: number;
  /** Of the coin that picks the answers that come later; 32 bits. */
  seed: number;
}

const FIELDS = ['cpu', 'share', 'delay', 'keep', 'start', 'seed'] as const;

/** What the preload reads: extra CPU (us), share and delay (ms) of late answers, bytes kept, late start (ms), seed. */
export type PlantNumbers = Record<(typeof FIELDS)[number], number>;

const WIDTHS: Record<keyof PlantNumbers, { whole: number; decimals: number }> = {
  cpu: { whole: 7, decimals: 3 },
  share: { whole: 1, decimals: 6 },
  delay: { whole: 6, decimals: 1 },
  keep: { whole: 10, decimals: 0 },
  start: { whole: 6, decimals: 1 },
  seed: { whole: 10, decimals: 0 },
};

/** The numbers behind a plant; all zero but the seed for none. */
export function plantNumbers({ plant, cpuUsPerRequest, seed }: AppliedPlant): PlantNumbers {
  return {
    cpu: plant.kind === 'cpu' ? cpuUsPerRequest : 0,
    share: plant.kind === 'stall' ? plant.share : 0,
    delay: plant.kind === 'stall' ? plant.delayMs : 0,
    keep: plant.kind === 'leak' ? plant.bytesPerRequest : 0,
    start: plant.kind === 'slow-start' ? plant.delayMs : 0,
    seed,
  };
}

/**
 * `numbers` as text for the environment of a service. Every number has its width: an environment of another length moves
 * the stack of a process, and with it its speed.
 * @throws RangeError for a number that is negative, not finite or too large for its width
 */
export function plantText(numbers: PlantNumbers): string {
  return FIELDS.map((name) => {
    const { whole, decimals } = WIDTHS[name];
    const value = numbers[name];
    const text = value.toFixed(decimals).padStart(whole + (decimals === 0 ? 0 : decimals + 1), '0');
    if (!(value >= 0) || Number(text) >= 10 ** whole || !/^[\d.]+$/.test(text)) {
      throw new RangeError(`expected ${name} of a plant from 0 to below 10^${whole}, found ${value}`);
    }
    return `${name}=${text}`;
  }).join(' ');
}
