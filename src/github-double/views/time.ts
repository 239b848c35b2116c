/** GitHub's timestamps: UTC, whole seconds. */
export function iso(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}

/** The same, null for what has not happened. */
export function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs);
}
