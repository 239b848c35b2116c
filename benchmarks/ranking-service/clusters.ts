/** Coarse index over the catalogue: which items lie around which centre. */
export interface Clusters {
  readonly count: number;
  readonly centroids: Float32Array;
  /** Members of cluster `c` are `members[firstMember[c]] .. members[firstMember[c + 1] - 1]`. */
  readonly firstMember: Uint32Array;
  /** Item ids, cluster after cluster, the most popular of each first. */
  readonly members: Uint32Array;
}

/** Groups items by their cluster; ties of popularity go to the smaller id, so that the order is one. */
export function groupByCluster(
  centroids: Float32Array,
  clusterOfItem: Uint16Array,
  popularity: Float32Array,
): Clusters {
  const count = clusterOfItem.reduce((highest, cluster) => Math.max(highest, cluster), -1) + 1;
  const firstMember = new Uint32Array(count + 1);
  for (const cluster of clusterOfItem) firstMember[cluster + 1]! += 1;
  for (let cluster = 0; cluster < count; cluster++) firstMember[cluster + 1]! += firstMember[cluster]!;

  const members = new Uint32Array(clusterOfItem.length);
  const nextFree = firstMember.slice();
  for (let id = 0; id < clusterOfItem.length; id++) members[nextFree[clusterOfItem[id]!]!++] = id;

  for (let cluster = 0; cluster < count; cluster++) {
    members
      .subarray(firstMember[cluster], firstMember[cluster + 1])
      .sort((left, right) => popularity[right]! - popularity[left]! || left - right);
  }
  return { count, centroids, firstMember, members };
}
