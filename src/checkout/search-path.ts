/** Where programs are looked for: the one setting that git and builds take over from this process. */
export function searchPath(): string {
  return process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
}
