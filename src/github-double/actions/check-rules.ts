import { invalidRequest } from '../http/problem.ts';
import type { AnnotationRecord } from '../state/records.ts';

/** Limits of the Checks API (https://docs.github.com/rest/checks/runs). */
const TEXT_LIMIT = 65_535;
const ANNOTATION_LIMIT = 50;
const ACTION_LIMIT = 3;

const STATUSES = ['queued', 'in_progress', 'completed'];
const CONCLUSIONS = ['action_required', 'cancelled', 'failure', 'neutral', 'success', 'skipped', 'timed_out'];
const LEVELS = ['notice', 'warning', 'failure'];

type Fields = Record<string, unknown>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkText(fields: Fields, name: string, limit: number, isRequired: boolean): string[] {
  const value = fields[name];
  if (value === undefined || value === null) return isRequired ? [`"${name}" wasn't supplied.`] : [];
  if (typeof value !== 'string') return [`For '${name}', ${JSON.stringify(value)} is not a string.`];
  const size = Array.from(value).length;
  return size > limit ? [`Only ${limit} characters are allowed; ${size} were supplied.`] : [];
}

function checkChoice(fields: Fields, name: string, choices: string[]): string[] {
  const value = fields[name];
  if (value === undefined || choices.some((choice) => choice === value)) return [];
  return [`For '${name}', ${JSON.stringify(value)} is not a member of [${choices.join(', ')}].`];
}

function checkDate(fields: Fields, name: string): string[] {
  const value = fields[name];
  if (value === undefined) return [];
  return typeof value === 'string' && !Number.isNaN(Date.parse(value))
    ? []
    : [`For '${name}', ${JSON.stringify(value)} is not a date-time.`];
}

function checkAnnotation(annotation: unknown): string[] {
  if (!isFields(annotation)) return ['An annotation is not an object.'];
  const lines = ['start_line', 'end_line'].flatMap((name) =>
    Number.isInteger(annotation[name]) ? [] : [`For '${name}', a line number wasn't supplied.`],
  );
  const hasLevel = LEVELS.some((level) => level === annotation['annotation_level']);
  return [
    ...checkText(annotation, 'path', TEXT_LIMIT, true),
    ...checkText(annotation, 'message', TEXT_LIMIT, true),
    ...checkText(annotation, 'title', 255, false),
    ...checkText(annotation, 'raw_details', TEXT_LIMIT, false),
    ...lines,
    ...(hasLevel ? [] : ["For 'annotation_level', none of notice, warning, failure was supplied."]),
  ];
}

function checkItems(value: unknown, limit: number, check: (item: unknown) => string[]): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return ['A list was expected.'];
  if (value.length > limit) {
    return [`No more than ${limit} items are allowed; ${value.length} were supplied.`];
  }
  return value.flatMap(check);
}

function checkAction(action: unknown): string[] {
  if (!isFields(action)) return ['An action is not an object.'];
  return [
    ...checkText(action, 'label', 20, true),
    ...checkText(action, 'description', 40, true),
    ...checkText(action, 'identifier', 20, true),
  ];
}

function checkOutput(output: unknown, isNew: boolean): string[] {
  if (output === undefined) return [];
  if (!isFields(output)) return ["For 'output', an object was expected."];
  return [
    // Only on creation: an update without a title keeps the one that is there.
    ...checkText(output, 'title', TEXT_LIMIT, isNew),
    ...checkText(output, 'summary', TEXT_LIMIT, true),
    ...checkText(output, 'text', TEXT_LIMIT, false),
    ...checkItems(output['annotations'], ANNOTATION_LIMIT, checkAnnotation),
  ];
}

/** The fields of a request to create or update a check run, after `checkCheckRun` let them through. */
export interface CheckRunFields {
  name?: string;
  head_sha?: string;
  details_url?: string;
  external_id?: string;
  status?: 'queued' | 'in_progress' | 'completed';
  conclusion?: string;
  started_at?: string;
  completed_at?: string;
  output?: { title?: string; summary: string; text?: string; annotations?: AnnotationRecord[] };
  actions?: { label: string; description: string; identifier: string }[];
}

/**
 * Holds a request about a check run against GitHub's rules.
 * @throws HttpProblem 422 that lists everything wrong with it
 */
export function checkCheckRun(body: Record<string, unknown>, isNew: boolean): CheckRunFields {
  const needsConclusion = body['status'] === 'completed' || body['completed_at'] !== undefined;
  const detailsUrl = body['details_url'];
  const findings = [
    ...checkText(body, 'name', TEXT_LIMIT, isNew),
    ...checkText(body, 'head_sha', 40, isNew),
    ...checkText(body, 'details_url', TEXT_LIMIT, false),
    ...(typeof detailsUrl === 'string' && !/^https?:\/\//.test(detailsUrl)
      ? ['details_url must use the http or https scheme.']
      : []),
    ...checkText(body, 'external_id', TEXT_LIMIT, false),
    ...checkChoice(body, 'status', STATUSES),
    ...checkChoice(body, 'conclusion', CONCLUSIONS),
    ...(needsConclusion && body['conclusion'] === undefined ? ['"conclusion" wasn\'t supplied.'] : []),
    ...checkDate(body, 'started_at'),
    ...checkDate(body, 'completed_at'),
    ...checkOutput(body['output'], isNew),
    ...checkItems(body['actions'], ACTION_LIMIT, checkAction),
  ];
  if (findings.length > 0) throw invalidRequest(...findings);
  return body;
}
