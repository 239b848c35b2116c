import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIMENSIONS } from '../../benchmarks/ranking-service/corpus.ts';
import { FEATURES } from '../../benchmarks/ranking-service/features.ts';
import { createModel, HIDDEN, INPUTS, type Model } from '../../benchmarks/ranking-service/model.ts';
import { scoreCandidates } from '../../benchmarks/ranking-service/score.ts';
import { smallCorpus } from './small-corpus.ts';

const { catalogue, users } = smallCorpus();
const model = createModel(9);
const user = users.embeddings.subarray(0, DIMENSIONS);

/** The two layers written out with lists, one idea a line. */
function scoreSlowly({ hiddenWeights, hiddenBiases, outputWeights, outputBias }: Model, input: number[]) {
  const hidden = Array.from({ length: HIDDEN }, (_, unit) => {
    const weights = hiddenWeights.slice(unit * INPUTS, (unit + 1) * INPUTS);
    return Math.max(0, hiddenBiases[unit]! + input.reduce((sum, value, at) => sum + value * weights[at]!, 0));
  });
  const logit = outputBias + hidden.reduce((sum, value, unit) => sum + value * outputWeights[unit]!, 0);
  return 1 / (1 + Math.exp(-logit));
}

describe('scoring', () => {
  it('agrees with a slow, obvious perceptron', () => {
    fc.assert(
      fc.property(
        fc.nat(catalogue.count - 1),
        fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: FEATURES, maxLength: FEATURES }),
        (id, features) => {
          const item = catalogue.embeddings.subarray(id * DIMENSIONS, (id + 1) * DIMENSIONS);
          const input = [...Array.from(user, (value, at) => value * item[at]!), ...features];

          const scores = scoreCandidates(
            model,
            catalogue,
            user,
            Uint32Array.of(id),
            Float32Array.from(features),
          );

          expect(scores[0]).toBeCloseTo(scoreSlowly(model, input), 5);
        },
      ),
    );
  });

  it('gives every candidate its own score, whatever stands beside it', () => {
    const ids = Uint32Array.of(10, 20, 30);
    const features = Float32Array.from({ length: 3 * FEATURES }, (_, at) => (at % 7) / 7);

    const together = scoreCandidates(model, catalogue, user, ids, features);
    const last = scoreCandidates(model, catalogue, user, ids.subarray(2), features.subarray(2 * FEATURES));

    expect(together[2]).toBe(last[0]);
    expect(new Set(together).size).toBe(3);
    expect([...together].every((score) => score > 0 && score < 1)).toBe(true);
  });

  it('gives nothing for no candidates', () => {
    expect(scoreCandidates(model, catalogue, user, new Uint32Array(), new Float32Array())).toHaveLength(0);
  });
});
