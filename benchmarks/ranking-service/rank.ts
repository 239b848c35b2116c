import { type Corpus, type CorpusSize, createCorpus, DIMENSIONS, FOLLOWS_PER_USER } from './corpus.ts';
import { createDag, runDag, stagesOf } from './dag.ts';
import { createOnlineStore, fetchFeatures } from './features.ts';
import { createModel } from './model.ts';
import { recallCandidates } from './recall.ts';
import type { RankRequest } from './request.ts';
import { type Ranked, rerankForDiversity } from './rerank.ts';
import { scoreCandidates } from './score.ts';

/** What a ranking is answered with; `ids` and `scores` depend on seed and request alone, `stageMs` does not. */
export interface RankAnswer {
  readonly ids: number[];
  /** Best first, to six decimals. */
  readonly scores: number[];
  /** Wall time of each stage, in milliseconds. */
  readonly stageMs: Record<string, number>;
}

/** A ready service without its HTTP side. */
export interface Ranker {
  readonly corpus: Corpus;
  rank(request: RankRequest): RankAnswer;
}

interface User {
  readonly vector: Float32Array;
  readonly follows: Uint16Array;
}

interface Outputs {
  user: User;
  recall: Uint32Array;
  features: Float32Array;
  score: Float32Array;
  rerank: Ranked[];
  topK: Ranked[];
}

/**
 * Makes corpus, counters and model from one seed and wires the stages over them.
 * @param tables of an offline feature build, instead of the seeded counters; for a catalogue of this size
 */
export function createRanker(
  seed: number,
  size?: CorpusSize,
  tables?: ReturnType<typeof createOnlineStore>,
): Ranker {
  const corpus = createCorpus(seed, size);
  const { catalogue } = corpus;
  // Seeds of their own: a larger catalogue must not change the weights.
  const store = tables ?? createOnlineStore(seed + 1, catalogue.count);
  const model = createModel(seed + 2);

  const stage = stagesOf<RankRequest, Outputs>();
  const dag = createDag([
    stage('user', [], ({ userId }) => findUser(corpus, userId)),
    stage('recall', ['user'], ({ context, candidates }, { user }) =>
      recallCandidates(corpus, user.vector, context.locale, candidates),
    ),
    stage('features', ['user', 'recall'], ({ context }, { user, recall }) =>
      fetchFeatures(store, catalogue, user.follows, context, recall),
    ),
    stage('score', ['user', 'recall', 'features'], (_request, { user, recall, features }) =>
      scoreCandidates(model, catalogue, user.vector, recall, features),
    ),
    stage('rerank', ['recall', 'score'], ({ k }, { recall, score }) =>
      rerankForDiversity(catalogue, recall, score, k),
    ),
    stage('topK', ['rerank'], ({ k }, { rerank }) => rerank.slice(0, k)),
  ]);

  function rank(request: RankRequest): RankAnswer {
    const { outputs, stageMs } = runDag(dag, request);
    return {
      ids: outputs.topK.map(({ id }) => id),
      scores: outputs.topK.map(({ score }) => Math.round(score * 1e6) / 1e6),
      stageMs,
    };
  }
  return { corpus, rank };
}

function findUser({ users }: Corpus, userId: number): User {
  return {
    vector: users.embeddings.subarray(userId * DIMENSIONS, (userId + 1) * DIMENSIONS),
    follows: users.follows.subarray(userId * FOLLOWS_PER_USER, (userId + 1) * FOLLOWS_PER_USER),
  };
}
