/** Files of the measured repository that a configuration names, read once each and within limits. */

import { clip, PerfCiError } from '../domain/errors.ts';
import { found } from './found.ts';
import { decodeText } from './text-file.ts';
import { FILE_RULE, MAX_FILE_BYTES, repositoryPath } from './text-rules.ts';

/** A file as git or the disk holds it. */
export interface FileBlob {
  /** As git writes it: 100644, 100755, 120000 (link), 040000 (directory), 160000 (submodule). */
  mode: string;
  bytes: Buffer;
}

/**
 * Reads a file of one commit, or of the disk; undefined where there is none. It must not follow symbolic links,
 * and may stop reading after `maxBytes` + 1 bytes. A PerfCiError of blame `config` that it throws becomes a problem
 * of the file; anything else is passed on.
 */
export type ReadFile = (path: string, maxBytes: number) => Promise<FileBlob | undefined>;

/** The text of a file, or why it cannot be used. */
export type FileText = { ok: true; text: string } | FileRefusal;

/** The bytes of a file, or why it cannot be used. */
export type FileBytes = { ok: true; bytes: Buffer } | FileRefusal;

interface FileRefusal {
  ok: false;
  message: string;
}

/** More files than this are refused. */
export const MAX_FILES = 256;

/** More bytes than this in all files together are refused. */
export const MAX_TOTAL_BYTES = 16 * 1_048_576;

/** Reads each file once; keeps what it read for resolving. */
export class RepositoryFiles {
  readonly #readFile: ReadFile;
  readonly #blobs = new Map<string, FileBytes>();
  readonly #texts = new Map<string, FileText>();
  readonly #where: string;
  #totalBytes = 0;

  /** `ref` is shown where a file is missing. */
  constructor(readFile: ReadFile, ref?: string) {
    this.#readFile = readFile;
    this.#where = ref === undefined ? '' : ` at ${clip(ref)}`;
  }

  /** The bytes of the file at `path`, whatever they are, or why it cannot be used. */
  async readBytes(path: string): Promise<FileBytes> {
    const plain = repositoryPath(path);
    const known = this.#blobs.get(plain);
    if (known !== undefined) return known;
    const bytes = await this.#readNew(plain);
    this.#blobs.set(plain, bytes);
    return bytes;
  }

  /** The text of the file at `path`, or why it cannot be used. */
  async read(path: string): Promise<FileText> {
    const plain = repositoryPath(path);
    const known = this.#texts.get(plain);
    if (known !== undefined) return known;
    const text = textOf(plain, await this.readBytes(plain));
    this.#texts.set(plain, text);
    return text;
  }

  /** The text of a file that was read before, without complaint. */
  known(path: string): string {
    const file = this.#texts.get(repositoryPath(path));
    if (file?.ok !== true) throw new RangeError(`expected a file that was read; found ${path}`);
    return file.text;
  }

  /** The text of a file if it was read as text, without complaint. */
  textIfKnown(path: string): string | undefined {
    const file = this.#texts.get(repositoryPath(path));
    return file?.ok === true ? file.text : undefined;
  }

  /** The bytes of a file that were read before, without complaint. */
  knownBytes(path: string): Buffer {
    const file = this.#blobs.get(repositoryPath(path));
    if (file?.ok !== true) throw new RangeError(`expected a file that was read; found ${path}`);
    return file.bytes;
  }

  async #readNew(path: string): Promise<FileBytes> {
    if (this.#blobs.size >= MAX_FILES)
      return refused(`expected at most ${MAX_FILES} files in all; found more`);
    const blob = await this.#blob(path);
    if (blob instanceof PerfCiError) return refused(`must be ${FILE_RULE}; ${blob.message}`);
    if (blob === undefined)
      return refused(`must be ${FILE_RULE}; found no file ${found(path)}${this.#where}`);
    const kind = kindOfMode(blob.mode);
    if (kind !== 'file' && kind !== 'executable file')
      return refused(`must be ${FILE_RULE}; found a ${kind}`);
    if (blob.bytes.length > MAX_FILE_BYTES) return refused(`must be ${FILE_RULE}; found a larger file`);
    this.#totalBytes += blob.bytes.length;
    if (this.#totalBytes > MAX_TOTAL_BYTES)
      return refused('expected at most 16 MiB in all files together; found more');
    return { ok: true, bytes: blob.bytes };
  }

  /** A reader may refuse a file itself, e.g. before it reads 100 MB. */
  async #blob(path: string): Promise<FileBlob | PerfCiError | undefined> {
    try {
      return await this.#readFile(path, MAX_FILE_BYTES);
    } catch (error) {
      if (error instanceof PerfCiError && error.blame === 'config') return error;
      throw error;
    }
  }
}

function textOf(path: string, file: FileBytes): FileText {
  if (!file.ok) return file;
  const decoded = decodeText(file.bytes);
  return decoded.ok ? decoded : refused(`${decoded.finding.message} in ${path}`);
}

function refused(message: string): FileRefusal {
  return { ok: false, message };
}

const KINDS: Readonly<Record<string, string>> = {
  '100644': 'file',
  '100755': 'executable file',
  '120000': 'symbolic link',
  '040000': 'directory',
  '40000': 'directory',
  '160000': 'submodule',
};

/** What a git mode stands for, in words. */
export function kindOfMode(mode: string): string {
  return KINDS[mode] ?? `special file (mode ${mode})`;
}
