import { DIMENSIONS } from './corpus.ts';
import { FEATURES } from './features.ts';
import { createRandom, drawVector } from './random.ts';

/** Inputs of the first layer: user and item embedding multiplied element by element, then the features. */
export const INPUTS = DIMENSIONS + FEATURES;
/** Units of the hidden layer. */
export const HIDDEN = 24;

/** Two-layer perceptron: INPUTS → HIDDEN (ReLU) → 1 (sigmoid). */
export interface Model {
  /** Row by row: the weights of unit `u` start at `u * INPUTS`. */
  readonly hiddenWeights: Float32Array;
  readonly hiddenBiases: Float32Array;
  readonly outputWeights: Float32Array;
  readonly outputBias: number;
}

/** Stands in for a trained model: seeded weights, scaled so that the scores spread over (0, 1). */
export function createModel(seed: number): Model {
  const random = createRandom(seed);
  return {
    hiddenWeights: drawVector(random, HIDDEN * INPUTS, Math.sqrt(6 / INPUTS)),
    hiddenBiases: drawVector(random, HIDDEN, 0.1),
    outputWeights: drawVector(random, HIDDEN, Math.sqrt(6 / HIDDEN)),
    outputBias: random() - 0.5,
  };
}
