import { describe, expect, it } from 'vitest';
import { staysInside } from '../../src/checkout/symlinks.ts';

describe('staysInside', () => {
  it.each([
    ['a link beside a file', { link: 'file' }, 'link'],
    ['a link to nothing', { link: 'nowhere/at/all' }, 'link'],
    ['a link up and down within the tree', { 'a/b/link': '../../c/d' }, 'a/b/link'],
    ['a link to the root itself', { 'a/link': '..' }, 'a/link'],
    ['a link to itself', { link: 'link' }, 'link'],
    ['two links in a circle', { a: 'b', b: 'a' }, 'a'],
    ['a link through another', { d: 'x/y', link: 'd/../z' }, 'link'],
  ] as const)('accepts %s', (_what, links, path) => {
    expect(staysInside(path, new Map(Object.entries(links)))).toBe(true);
  });

  it.each([
    ['an absolute target', { link: '/etc/passwd' }, 'link'],
    ['a target above the root', { link: '../x' }, 'link'],
    ['a deep climb', { 'a/b/link': '../../../x' }, 'a/b/link'],
    ['out and back in', { link: '../tree/file' }, 'link'],
    ['a chain whose text alone looks harmless', { 'a/b/c/s': '../../..', t: 'a/b/c/s/../x' }, 't'],
    ['a link through one that leaves', { out: '/', link: 'out/etc' }, 'link'],
  ] as const)('refuses %s', (_what, links, path) => {
    expect(staysInside(path, new Map(Object.entries(links)))).toBe(false);
  });
});
