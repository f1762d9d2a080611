// numpy's random numbers, number for number: the tests hold them against Python's.

/**
 * numpy's default_rng([seed, stream]).normal(size=count), number for number, so that a seed here is that seed in train().
 * O'Neill, PCG, 2014 (the generator) and SeedSequence, 2015; Marsaglia and Tsang, The ziggurat method, 2000.
 */
export function normals(seed, count, stream = 1) {
  const next = pcg64([seed >>> 0, stream]), out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = normal(next);
  return out;
}

const MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n, wrap = x => BigInt.asUintN(128, x);

/** What default_rng(entropy) begins with: its bit generator's state and increment. */
export function seeded(entropy) {
  const words = seedSequence(entropy, 8), big = i => BigInt(words[2 * i]) | BigInt(words[2 * i + 1]) << 32n;
  const increment = wrap((big(2) << 64n | big(3)) << 1n | 1n);
  return { state: wrap((increment + (big(0) << 64n | big(1))) * MULTIPLIER + increment), increment };
}

function pcg64(entropy) {
  let { state, increment } = seeded(entropy);
  return () => {
    state = wrap(state * MULTIPLIER + increment);
    const mixed = BigInt.asUintN(64, (state >> 64n) ^ state), turn = state >> 122n;
    return BigInt.asUintN(64, mixed >> turn | mixed << (64n - turn));
  };
}

function seedSequence(entropy, count) {
  let constant = 0x43b0d7e5;
  const stir = word => {
    word ^= constant;
    constant = Math.imul(constant, 0x931e8875);
    word = Math.imul(word, constant);
    return word ^ word >>> 16;
  };
  const mix = (a, b) => {
    const mixed = Math.imul(0xca01f9dd, a) - Math.imul(0x4973f715, b) | 0;
    return mixed ^ mixed >>> 16;
  };
  const pool = [0, 1, 2, 3].map(i => stir(entropy[i] ?? 0));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = mix(pool[to], stir(pool[from]));
  }
  constant = 0x8b51f9dd;
  return Array.from({ length: count }, (_, i) => {
    let word = pool[i % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    word = Math.imul(word, constant);
    return (word ^ word >>> 16) >>> 0;
  });
}

const TAIL = 3.654152885361009, AREA = 0.004928673233974655, TWO52 = 2 ** 52;
const ZIGGURAT = (() => {       // 256 strips of equal area under exp(-x^2/2)
  const width = new Float64Array(256), sure = new Float64Array(256), height = new Float64Array(256);
  let x = TAIL;
  height[0] = 1; height[255] = Math.exp(-0.5 * x * x);
  width[255] = x / TWO52; width[0] = AREA / height[255] / TWO52;
  sure[0] = Math.floor(x * height[255] / AREA * TWO52);
  for (let i = 254; i > 0; i--) {
    const inner = Math.sqrt(-2 * Math.log(AREA / x + height[i + 1]));
    sure[i + 1] = Math.floor(inner / x * TWO52);
    width[i] = inner / TWO52; height[i] = Math.exp(-0.5 * inner * inner);
    x = inner;
  }
  return { width, sure, height };
})();

function normal(next) {
  const uniform = () => Number(next() >> 11n) / 2 ** 53;
  for (;;) {
    const bits = next(), strip = Number(bits & 0xffn), sign = bits >> 8n & 1n ? -1 : 1;
    const along = Number(bits >> 9n & 0xfffffffffffffn), x = along * ZIGGURAT.width[strip];
    if (along < ZIGGURAT.sure[strip]) return sign * x;
    if (strip === 0) {
      for (;;) {
        const beyond = -Math.log1p(-uniform()) / TAIL, other = -Math.log1p(-uniform());
        if (2 * other > beyond * beyond) return (along >> 8 & 1 ? -1 : 1) * (TAIL + beyond);
      }
    }
    const { height } = ZIGGURAT;
    if ((height[strip - 1] - height[strip]) * uniform() + height[strip] < Math.exp(-0.5 * x * x)) return sign * x;
  }
}
