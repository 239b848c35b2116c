import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  branchRef,
  isObjectName,
  pullRef,
  requireObjectName,
  requireRepositoryPath,
} from '../../src/checkout/object-names.ts';
import { BROKEN_BRANCHES, HOSTILE_BRANCHES } from './hostile-names.ts';

function gitAccepts(branch: string): boolean {
  if (branch.includes('\0')) return false;
  return spawnSync('git', ['check-ref-format', `refs/heads/${branch}`]).status === 0;
}

describe('branchRef', () => {
  it.each(HOSTILE_BRANCHES)('makes a full ref name of the valid name %j', (branch) => {
    expect(gitAccepts(branch)).toBe(true);
    expect(branchRef(branch)).toBe(`refs/heads/${branch}`);
  });

  it.each(BROKEN_BRANCHES)('refuses %j, which git refuses too', (branch) => {
    expect(gitAccepts(branch)).toBe(false);
    expect(() => branchRef(branch)).toThrow(expect.objectContaining({ code: 'bad-branch-name' }));
  });

  it('accepts nothing that git would refuse', () => {
    const piece = fc.constantFrom(
      'a',
      '-',
      '/',
      '.',
      '..',
      '@{',
      '~',
      ':',
      '*',
      '.lock',
      ' ',
      '\\',
      '[',
      '\n',
      'é',
      '@',
    );
    const names = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));

    fc.assert(
      fc.property(names, (branch) => {
        let accepted = true;
        try {
          branchRef(branch);
        } catch {
          accepted = false;
        }
        expect(accepted).toBe(gitAccepts(branch));
      }),
      { numRuns: 80, seed: 11 },
    );
  });
});

describe('object names, pull requests and paths', () => {
  it.each([
    '',
    'abc',
    'A'.repeat(40),
    '-'.repeat(40),
    `${'a'.repeat(40)}\n`,
    'a'.repeat(39),
    'a'.repeat(41),
    'a'.repeat(64),
  ])('refuses %j as an object name', (sha) => {
    expect(isObjectName(sha)).toBe(false);
    expect(() => requireObjectName(sha)).toThrow(expect.objectContaining({ code: 'bad-object-name' }));
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    'refuses pull request %j',
    (number) => {
      expect(() => pullRef(number)).toThrow(expect.objectContaining({ code: 'bad-pull-number' }));
    },
  );

  it('names the head of a pull request', () => {
    expect(pullRef(12)).toBe('refs/pull/12/head');
  });

  it.each(['..', '../x', 'a/../b', '/etc', 'a//b', 'a/./b', 'a\0b', './../x'])(
    'refuses the path %j',
    (path) => {
      expect(() => requireRepositoryPath(path)).toThrow(expect.objectContaining({ code: 'bad-path' }));
    },
  );

  it.each([
    ['', ''],
    ['.', ''],
    ['./', ''],
    ['a/b', 'a/b'],
    ['./a/b/', 'a/b'],
    ['..a/b', '..a/b'],
    [':a', ':a'],
  ])('reads the path %j as %j', (path, plain) => {
    expect(requireRepositoryPath(path)).toBe(plain);
  });
});
