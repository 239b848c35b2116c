import { type Catalogue, DIMENSIONS } from './corpus.ts';
import { FEATURES } from './features.ts';
import { HIDDEN, INPUTS, type Model } from './model.ts';

/**
 * Scores every candidate for a user.
 * @param features FEATURES numbers a candidate, in the order of `ids`.
 * @returns one score in (0, 1) a candidate, in the order of `ids`.
 */
export function scoreCandidates(
  model: Model,
  catalogue: Catalogue,
  userVector: Float32Array,
  ids: Uint32Array,
  features: Float32Array,
): Float32Array {
  const scores = new Float32Array(ids.length);
  const input = new Float32Array(INPUTS);
  for (let row = 0; row < ids.length; row++) {
    fillInput(input, userVector, catalogue.embeddings, ids[row]!, features, row);
    scores[row] = predict(model, input);
  }
  return scores;
}

function fillInput(
  input: Float32Array,
  userVector: Float32Array,
  embeddings: Float32Array,
  id: number,
  features: Float32Array,
  row: number,
) {
  const item = id * DIMENSIONS;
  for (let at = 0; at < DIMENSIONS; at++) input[at] = userVector[at]! * embeddings[item + at]!;
  for (let at = 0; at < FEATURES; at++) input[DIMENSIONS + at] = features[row * FEATURES + at]!;
}

/** Runs the two layers over one input of INPUTS numbers. */
export function predict(model: Model, input: Float32Array): number {
  let logit = model.outputBias;
  for (let unit = 0; unit < HIDDEN; unit++) {
    let sum = model.hiddenBiases[unit]!;
    const weights = unit * INPUTS;
    for (let at = 0; at < INPUTS; at++) sum += model.hiddenWeights[weights + at]! * input[at]!;
    if (sum > 0) logit += model.outputWeights[unit]! * sum;
  }
  return 1 / (1 + Math.exp(-logit));
}
