import type { FrameDifference, ProfileDifference, SecondOpinion } from '../domain/diagnosis.ts';
import { formatChange, group, scaleFor, withUnit } from './numbers.ts';
import type { Fold } from './page.ts';
import { fold } from './page.ts';
import { leadVerdict } from './rank.ts';
import type { TextStyle } from './style.ts';
import type { JudgedResult } from './view.ts';

const MOST_FUNCTIONS = 3;
const MOST_ROWS = 20;
/** Beside the function that grew most, one that grew by less than this share of it is not where the time went. */
const WORTH_A_NAME = 0.1;

/** Instructions by valgrind, beside the verdict, one line; undefined when nobody counted. */
export function describeSecondOpinion(result: JudgedResult, style: TextStyle): string | undefined {
  const opinion = ofLead(result.secondOpinions, result);
  return opinion === undefined
    ? undefined
    : `${style.strong('Second opinion:')} ${sayOpinion(opinion, style)}.`;
}

function sayOpinion({ state, change, why }: SecondOpinion, style: TextStyle): string {
  const reason = why === undefined ? '' : style.code(why, 200);
  if (state === 'counted' && change !== undefined) {
    return `instructions per request ${formatChange(change)} (valgrind)${reason === '' ? '' : `; ${reason}`}`;
  }
  return `instructions were not counted${reason === '' ? '' : `: ${reason}`}`;
}

/**
 * The functions that grew most, one line; undefined when nobody profiled.
 * @param profilesUrl where both profiles open as flame graphs, where this installation has a public address
 */
export function describeWhereItWent(
  result: JudgedResult,
  style: TextStyle,
  profilesUrl?: string,
): string | undefined {
  const profile = ofLead(result.profiles, result);
  if (profile === undefined) return undefined;
  const heading = style.strong('Where it went:');
  if (profile.state === 'not-possible') {
    return `${heading} not profiled${profile.why === undefined ? '' : `: ${style.code(profile.why, 200)}`}.`;
  }
  const grown = grownFrames(profile);
  const most = grown[0] === undefined ? 0 : growthOf(grown[0]);
  const named = grown.filter((frame) => growthOf(frame) >= most * WORTH_A_NAME).slice(0, MOST_FUNCTIONS);
  const text =
    named.length === 0
      ? 'no function takes more time on head'
      : named.map((frame) => sayFrame(frame, style)).join(', ');
  const link = profilesUrl === undefined ? '' : ` — [flame graphs](${profilesUrl})`;
  return `${heading} ${text}${link}`;
}

/** Function by function, both directions, for each profiled scenario; none when nobody profiled. */
export function profileFolds(result: JudgedResult, style: TextStyle): Fold[] {
  const rows = (result.profiles ?? [])
    .filter(({ state, frames }) => state === 'profiled' && frames.length > 0)
    .flatMap((profile) => [
      `${style.code(profile.scenario, 60)}, ${PROFILERS[profile.profiler]}, ${group(String(profile.requests))} requests to each side, self time per request:`,
      ...profile.frames.slice(0, MOST_ROWS).map((frame) => `  - ${sayRow(frame, style)}`),
    ]);
  if (rows.length === 0) return [];
  return [
    fold(
      'Where the time went, function by function',
      rows.map((row) => (row.startsWith(' ') ? row : `- ${row}`)),
    ),
  ];
}

const PROFILERS: Readonly<Record<ProfileDifference['profiler'], string>> = {
  v8: 'CPU profiler of V8',
  perf: 'perf record',
  none: 'no profiler',
};

/** Of the scenario that the first line is about, else the first there is. */
function ofLead<T extends { scenario: string }>(
  all: readonly T[] | undefined,
  result: JudgedResult,
): T | undefined {
  const lead = leadVerdict(result)?.scenario;
  return all?.find(({ scenario }) => scenario === lead) ?? all?.[0];
}

function grownFrames({ frames }: ProfileDifference): FrameDifference[] {
  return frames
    .filter((frame) => growthOf(frame) > 0)
    .sort((left, right) => growthOf(right) - growthOf(left));
}

function growthOf({ baseUs, headUs }: FrameDifference): number {
  return headUs - baseUs;
}

/** `` `scoreCandidates` +190.0 µs/request (`src/score.ts`, changed here) `` */
function sayFrame(frame: FrameDifference, style: TextStyle): string {
  const file = frame.file === '' ? '' : style.code(frame.file, 80);
  const where = [file, frame.touched ? 'changed here' : ''].filter((part) => part !== '').join(', ');
  const grown = `${style.code(nameOf(frame), 60)} ${formatMicroseconds(growthOf(frame), true)}/request`;
  return where === '' ? grown : `${grown} (${where})`;
}

function sayRow(frame: FrameDifference, style: TextStyle): string {
  const { file, line, baseUs, headUs } = frame;
  const place = file === '' ? '' : ` in ${style.code(line === undefined ? file : `${file}:${line}`, 90)}`;
  const values = `${formatMicroseconds(baseUs)} to ${formatMicroseconds(headUs)}`;
  const mark = frame.touched ? ', changed here' : '';
  return `${formatMicroseconds(growthOf(frame), true)} ${style.code(nameOf(frame), 80)}${place}${mark} (${values})`;
}

function nameOf({ name }: FrameDifference): string {
  return name === '' ? '(anonymous)' : name;
}

function formatMicroseconds(us: number, signed = false): string {
  const { factor, unit } = scaleFor('us', Math.abs(us));
  const scaled = us / factor;
  const digits = group(scaled.toFixed(Math.abs(scaled) >= 100 ? 0 : Math.abs(scaled) >= 10 ? 1 : 2));
  return withUnit(signed && us > 0 ? `+${digits}` : digits, unit);
}
