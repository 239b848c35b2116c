export type FaultKind =
  | 'commit-then-502'
  | 'commit-then-reset'
  | 'commit-then-timeout'
  | 'timeout'
  | 'reset'
  | '502'
  | '403-secondary'
  | '403-primary'
  | '429'
  | '401'
  | 'stale-list'
  | 'slow';

export interface Fault {
  /** Path without query; for git `/<owner>/<repo>.git/…`. */
  match: { method?: string; path?: RegExp };
  kind: FaultKind;
  /** How often it strikes; without end when left out. */
  times?: number;
  /** Chance to strike at a matching request, 0 to 1, drawn from the seed; 1 when left out. */
  probability?: number;
  /** `retry-after` of the rate limits; the header is left out when this is. */
  retryAfterSeconds?: number;
  /** Age below which a stale list hides things, and delay of a slow answer, in milliseconds; 5,000 and 1,000. */
  durationMs?: number;
}

export interface FaultRules {
  add(fault: Fault): void;
  clear(): void;
  /** Which faults struck so far, oldest first. */
  readonly struck: { method: string; path: string; kind: FaultKind }[];
}

/** Faults to inject; the first rule that matches a request and strikes is the only one it meets. */
export function createFaults(random: () => number): FaultRules & {
  draw: (method: string, path: string) => Fault | undefined;
} {
  let rules: { fault: Fault; left: number }[] = [];
  const struck: FaultRules['struck'] = [];
  const strikes = (fault: Fault, method: string, path: string): boolean =>
    (fault.match.method === undefined || fault.match.method.toUpperCase() === method) &&
    (fault.match.path === undefined || path.search(fault.match.path) >= 0) &&
    (fault.probability === undefined || random() < fault.probability);

  return {
    add: (fault) => void rules.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }),
    clear: () => void (rules = []),
    struck,
    draw(method, path) {
      const rule = rules.find((candidate) => candidate.left > 0 && strikes(candidate.fault, method, path));
      if (rule === undefined) return undefined;
      rule.left--;
      struck.push({ method, path, kind: rule.fault.kind });
      return rule.fault;
    },
  };
}
