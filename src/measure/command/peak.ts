import { peakMemoryOf } from '../accounts/process-tree.ts';

/** Looks so often: closely at first, so that a command of a few milliseconds is seen at all. */
function pauseMs(ageMs: number): number {
  if (ageMs < 100) return 2;
  return ageMs < 2000 ? 10 : 25;
}

/**
 * Watches the peak resident memory of a command while it runs. Each process's own peak (VmHWM) only ever rises, so what can
 * be missed is what one grew by between the last look and its end, and processes that lived between two looks.
 * @param members living processes of the command
 * @returns ends the watching, with the largest sum seen, in bytes; 0 when nothing was seen
 */
export function watchPeakMemory(members: () => number[]): () => number {
  const startedMs = performance.now();
  let peakBytes = 0;
  let timer: NodeJS.Timeout;
  const look = (): void => {
    peakBytes = Math.max(peakBytes, peakMemoryOf(members()));
    timer = setTimeout(look, pauseMs(performance.now() - startedMs));
  };
  look();
  return () => {
    clearTimeout(timer);
    return peakBytes;
  };
}
