/** A pause that can be cut short. */
export interface Bell {
  /** Ends the pause under way, or the next one at once when there is none. */
  ring(): void;
  /** Waits for a ring, at most `ms`. */
  wait(ms: number): Promise<void>;
}

/** Lets a loop sleep until somebody has work for it. */
export function createBell(): Bell {
  let rung = false;
  let end: (() => void) | undefined;
  return {
    ring() {
      rung = true;
      end?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          end = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      end = undefined;
      rung = false;
    },
  };
}
