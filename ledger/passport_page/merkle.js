// RFC 6962 hashes, roots, and the root that a multi-proof leads to.

async function leafHash(bytes) {
  return sha256(joined(Uint8Array.of(0), bytes));
}

async function nodeHash(left, right) {
  return sha256(joined(Uint8Array.of(1), left, right));
}

async function rootOf(leaves) {
  let level = leaves;
  while (level.length > 1) {
    const above = [];
    for (let i = 0; i + 1 < level.length; i += 2) above.push(await nodeHash(level[i], level[i + 1]));
    if (level.length % 2) above.push(level[level.length - 1]);
    level = above;
  }
  return level[0];
}

// The root that a multi-proof leads to: docs/format.md §7. `leaves` maps a leaf's index to its hash; `size` is a BigInt.
async function rootFromMultiproof(leaves, size, proof) {
  const wanted = Array.from(leaves.keys());
  const wrong = new Wrong("the proof does not fit the tree", "证明与日志树不符");
  if (BigInt(wanted[wanted.length - 1]) >= size || proof.some((hash) => hash.length !== 32)) throw wrong;
  let used = 0;
  const combine = async (start, end, among) => {
    if (!among.length) {
      if (used === proof.length) throw wrong;
      used += 1;
      return proof[used - 1];
    }
    if (end - start === 1n) return leaves.get(among[0]);
    let half = 1n;
    while (half * 2n < end - start) half *= 2n;
    const middle = start + half;
    const cut = among.filter((index) => BigInt(index) < middle).length;
    const left = await combine(start, middle, among.slice(0, cut));
    return nodeHash(left, await combine(middle, end, among.slice(cut)));
  };
  const root = await combine(0n, size, wanted);
  if (used !== proof.length) throw wrong;
  return root;
}
