const CHARACTERS_KEPT = 64 * 1024;
const LINES_SHOWN = 20;

/** The end of what a process printed, for the failure that it explains. */
export class OutputTail {
  #kept = '';

  add(text: string): void {
    this.#kept = (this.#kept + text).slice(-CHARACTERS_KEPT);
  }

  /** Its last lines. */
  get lines(): string {
    return this.#kept
      .split('\n')
      .slice(-LINES_SHOWN - 1)
      .join('\n')
      .trimEnd();
  }
}
