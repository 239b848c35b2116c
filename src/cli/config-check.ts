import { PerfCiError } from '../domain/errors.ts';
import { jsonSchema } from '../project-config/json-schema.ts';
import { formatProblems } from '../project-config/problem.ts';
import { starterConfig } from '../project-config/starter.ts';
import { configOfDisk } from './disk-config.ts';
import { EXIT } from './exit-code.ts';

/** `perf-ci config check [FILE]`. @returns 0 when the file is right, 3 when it is not */
export async function runConfigCheck(file: string): Promise<number> {
  const parsed = await configOfDisk(file);
  if (parsed.ok === 'absent') {
    throw new PerfCiError('config-missing', `no file ${file}`, {
      blame: 'usage',
      remedy: 'perf-ci config example > perf-ci.yml writes one to start from',
    });
  }
  if (!parsed.ok) {
    process.stderr.write(`${formatProblems(parsed.problems)}\n`);
    return EXIT.usage;
  }
  const { scenarios } = parsed.config;
  const gating = scenarios.filter((scenario) => scenario.gates.length > 0).length;
  process.stdout.write(`${file} is right: ${scenarios.length} scenarios, ${gating} of them gating\n`);
  return EXIT.pass;
}

/** `perf-ci config schema`. @returns the exit code */
export function printSchema(): number {
  process.stdout.write(`${JSON.stringify(jsonSchema(), undefined, 2)}\n`);
  return EXIT.pass;
}

/** `perf-ci config example`. @returns the exit code */
export function printExample(): number {
  process.stdout.write(starterConfig());
  return EXIT.pass;
}
