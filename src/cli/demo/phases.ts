/** How long the parts of the demo took, one after the other. */
export interface Phases {
  /** Ends the part before, if there is one, and starts the next. */
  begin(name: string): void;
  /** All parts so far and their sum, as one line; the part that is running counts up to now. */
  summary(): string;
}

/** @param now milliseconds of a clock that only goes forward */
export function createPhases(now: () => number = () => performance.now()): Phases {
  const begun: { name: string; atMs: number }[] = [];
  return {
    begin(name) {
      begun.push({ name, atMs: now() });
    },
    summary() {
      const endMs = now();
      const parts = begun.map(({ name, atMs }, index) => {
        return `${name} ${inSeconds((begun[index + 1]?.atMs ?? endMs) - atMs)}`;
      });
      return [...parts, `total ${inSeconds(endMs - (begun[0]?.atMs ?? endMs))}`].join(' · ');
    },
  };
}

function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
