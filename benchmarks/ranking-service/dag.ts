/** One named step: what it needs from other stages, and how it makes its own output from that. */
export interface Stage<Request, Outputs> {
  readonly name: keyof Outputs & string;
  readonly needs: readonly (keyof Outputs & string)[];
  readonly run: (request: Request, done: Outputs) => Outputs[keyof Outputs & string];
}

/** Stages in an order in which each comes after all that it needs. */
export interface Dag<Request, Outputs> {
  readonly order: readonly Stage<Request, Outputs>[];
}

/**
 * Gives a function that declares stages. Its `run` sees only the outputs it has declared to need, so a
 * forgotten need is a type error rather than an `undefined` at run time.
 */
export function stagesOf<Request, Outputs>() {
  return function stage<Name extends keyof Outputs & string, Need extends keyof Outputs & string>(
    name: Name,
    needs: readonly Need[],
    run: (request: Request, done: Pick<Outputs, Need>) => Outputs[Name],
  ): Stage<Request, Outputs> {
    return { name, needs, run };
  };
}

/**
 * Orders the stages, as declared where their needs leave it open.
 * @throws Error when two stages share a name, a need has no stage, or stages need each other in a circle.
 */
export function createDag<Request, Outputs>(
  stages: readonly Stage<Request, Outputs>[],
): Dag<Request, Outputs> {
  const byName = new Map(stages.map((stage) => [stage.name, stage]));
  if (byName.size < stages.length) throw new Error(`two stages share a name: ${namesOf(stages)}`);

  const order = new Set<Stage<Request, Outputs>>();
  function place(name: keyof Outputs & string, path: readonly string[]) {
    if (path.includes(name))
      throw new Error(`stages need each other in a circle: ${[...path, name].join(' → ')}`);
    const stage = byName.get(name);
    if (!stage) throw new Error(`stage ${path.at(-1)} needs ${name}, which is none of ${namesOf(stages)}`);
    if (order.has(stage)) return;
    for (const need of stage.needs) place(need, [...path, name]);
    order.add(stage);
  }
  for (const { name } of stages) place(name, []);
  return { order: [...order] };
}

/** Runs every stage once; `stageMs` is the wall time of each in milliseconds, to the microsecond. */
export function runDag<Request, Outputs>(
  { order }: Dag<Request, Outputs>,
  request: Request,
): { outputs: Outputs; stageMs: Record<string, number> } {
  const outputs = {} as Outputs;
  const stageMs: Record<string, number> = {};
  let startedMs = performance.now();
  for (const { name, run } of order) {
    outputs[name] = run(request, outputs);
    const endedMs = performance.now();
    stageMs[name] = Math.round((endedMs - startedMs) * 1000) / 1000;
    startedMs = endedMs;
  }
  return { outputs, stageMs };
}

function namesOf(stages: readonly { readonly name: string }[]): string {
  return stages.map(({ name }) => name).join(', ');
}
