import { describe, expect, it } from 'vitest';
import { createDag, runDag, stagesOf } from '../../benchmarks/ranking-service/dag.ts';

interface Outputs {
  words: string[];
  count: number;
  text: string;
}

const stage = stagesOf<string, Outputs>();
const words = stage('words', [], (request) => request.split(' '));
const count = stage('count', ['words'], (_request, done) => done.words.length);
const text = stage('text', ['words', 'count'], (_request, done) => `${done.words.join('-')} ${done.count}`);

describe('the dag of stages', () => {
  it('runs every stage once, after what it needs, and times each', () => {
    const dag = createDag([text, count, words]);

    const { outputs, stageMs } = runDag(dag, 'a b c');

    expect(dag.order.map(({ name }) => name)).toEqual(['words', 'count', 'text']);
    expect(outputs).toEqual({ words: ['a', 'b', 'c'], count: 3, text: 'a-b-c 3' });
    expect(Object.keys(stageMs)).toEqual(['words', 'count', 'text']);
    expect(Object.values(stageMs).every((ms) => Number.isFinite(ms) && ms >= 0)).toBe(true);
  });

  it('keeps the declared order where needs leave it open', () => {
    const free = stagesOf<string, { b: number; a: number; c: number }>();

    const dag = createDag([free('b', [], () => 1), free('a', [], () => 2), free('c', ['a'], () => 3)]);

    expect(dag.order.map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });

  it('names the circle when stages need each other', () => {
    const early = stage('words', ['text'], () => []);

    expect(() => createDag([early, count, text])).toThrow(
      'stages need each other in a circle: words → text → words',
    );
  });

  it('names a need that no stage fills', () => {
    expect(() => createDag([words, text])).toThrow('stage text needs count, which is none of words, text');
  });

  it('refuses two stages of one name', () => {
    expect(() => createDag([words, words])).toThrow('two stages share a name: words, words');
  });
});
