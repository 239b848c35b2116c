/** A file or folder given on the command line. @throws Error when it is missing */
export function readName(value: string | undefined, option: string): string {
  if (value === undefined || value === '') throw new Error(`expected ${option} with a name, found none`);
  return value;
}

/** A whole number from 1 to `highest` given on the command line. @throws Error for anything else */
export function readCount(text: string, option: string, highest: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (value >= 1 && value <= highest) return value;
  throw new Error(
    `expected ${option} to be a whole number from 1 to ${highest}, found ${JSON.stringify(text)}`,
  );
}
