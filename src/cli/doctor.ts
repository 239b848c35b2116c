import { readConfig } from '../config.ts';
import { examineMachine } from './doctor-machine.ts';
import { examineApp, examineSecret, examineStores } from './doctor-services.ts';
import { EXIT } from './exit-code.ts';
import { formatFindings } from './findings.ts';

/** `perf-ci doctor`. @returns 0 when nothing is missing, 3 when something is */
export async function runDoctor(options: { json?: boolean }): Promise<number> {
  const config = readConfig(process.env);
  const findings = [
    ...(await examineMachine(config.dataFolder)),
    ...(await examineStores(config)),
    ...(await examineApp(config)),
    examineSecret(config),
  ];
  process.stdout.write(
    `${options.json ? JSON.stringify(findings, undefined, 2) : formatFindings(findings)}\n`,
  );
  return findings.some((finding) => finding.state === 'missing') ? EXIT.usage : EXIT.pass;
}
