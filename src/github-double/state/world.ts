import type { KeyObject } from 'node:crypto';
import { type Ids, createIds } from './ids.ts';
import type {
  CheckRunRecord,
  CommentRecord,
  InstallationRecord,
  InstallationToken,
  Permissions,
  RepositoryRecord,
  UserRecord,
} from './records.ts';

export interface AppRecord {
  id: number;
  slug: string;
  clientId: string;
  privateKeyPem: string;
  publicKey: KeyObject;
  permissions: Permissions;
  createdAtMs: number;
}

/** An event as handed to the deliveries, before any of it is signed or sent. */
export interface WorldEvent {
  name: string;
  action?: string;
  installationId: number;
  repositoryId?: number;
  payload: Record<string, unknown>;
}

/** Everything the double remembers. Actions change it, views read it. */
export interface World {
  /** Without a slash at the end. */
  url: string;
  readonly folder: string;
  readonly seed: number;
  readonly ids: Ids;
  readonly app: AppRecord;
  /** Keys are logins in lower case. */
  readonly users: Map<string, UserRecord>;
  readonly installations: Map<number, InstallationRecord>;
  readonly tokens: Map<string, InstallationToken>;
  readonly repositories: Map<number, RepositoryRecord>;
  /** Old full names in lower case; GitHub redirects from them. */
  readonly renamed: Map<string, number>;
  readonly comments: Map<number, CommentRecord>;
  readonly checkRuns: Map<number, CheckRunRecord>;
  /** Key `<repository id>:<sha>`; one suite per commit, as there is one app. */
  readonly checkSuites: Map<string, number>;
  emit(event: WorldEvent): void;
  /** Runs pieces of work that read and move git refs one after the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
  /** Grows with every commit made by the double, so that dates, and with them shas, follow the seed. */
  commitCount: number;
}

/** An empty world; `emit` is connected to the deliveries later. */
export function createWorld(options: { folder: string; seed: number; app: AppRecord }): World {
  let last: Promise<unknown> = Promise.resolve();
  return {
    url: '',
    folder: options.folder,
    seed: options.seed,
    ids: createIds(options.seed),
    app: options.app,
    users: new Map(),
    installations: new Map(),
    tokens: new Map(),
    repositories: new Map(),
    renamed: new Map(),
    comments: new Map(),
    checkRuns: new Map(),
    checkSuites: new Map(),
    emit: () => {},
    exclusively(work) {
      const next = last.then(work);
      last = next.catch(() => undefined);
      return next;
    },
    commitCount: 0,
  };
}
