/** Whether `stream` is a terminal on which escape sequences are welcome; NO_COLOR as on no-color.org. */
export function wantsColor(
  stream: { isTTY?: boolean },
  environment: NodeJS.ProcessEnv = process.env,
): boolean {
  return stream.isTTY === true && (environment['NO_COLOR'] ?? '') === '';
}
