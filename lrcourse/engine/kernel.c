/* The training of `digits`, all of it, in one file: what problems.py and optimizers.py say with numpy, fused.

One call trains one run. From lrcourse/problems.py, for a batch of B images x (pixels), with hidden units h and classes c:

    a = x W1,   z = a + b1                                          (or with batch norm:)
    n = (a - mean a) / deviation,   z = scale n + b1
    y = max(z, 0),   logits = y W2^T + b2,   q = softmax(logits),   loss = mean of -log q[label]
    d_logits = (q - onehot) / B,   d_z = (d_logits W2) * (z > 0)
    gradients:  W2: d_logits^T y,   b2: sum d_logits,   W1: x^T d_a,   b1: sum d_z,   scale: sum d_z n

The same bits come out of every compiler and processor, and of WebAssembly, since
  - a float addition, multiplication, division and square root have one right result, and so we take them one by one:
    compile with -ffp-contract=off, without -ffast-math;
  - every sum runs in an order that stands here. Vectors run along hidden units, which are never summed over by vectors;
    images, pixels and classes are summed one after the other. So LANES, the length of a vector, changes no result;
  - exp and log are polynomials, written below.
No library is used. What is not summed is a plain loop, which compilers turn into vectors themselves.

Blank pixels. Half of all pixels are without ink. Python hands us images from which the value of a blank pixel has been
subtracted, so that these are 0 and need no arithmetic; `blank` is that value. Then x = blank + image, and
    x W1 + b1 = image W1 + (blank * sum of W1's rows + b1),   x^T d = image^T d + blank * sum d.
Batch norm removes what is common to all images anyway, so there `blank` is not needed. Pixels are numbered column by
column: the outer columns are often blank, and four pixels above each other are more often blank together. */

#ifndef LANES
#define LANES 4
#endif
#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define INLINE static inline __attribute__((always_inline))
#define POINTER(type, name) union { type *name; unsigned long long name##_address; }    /* 8 bytes, in WebAssembly too */

typedef float vec __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef int mask __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef unsigned long long u64;
typedef unsigned int u32;

enum { PIXELS = 64, CLASSES = 10, TRAIN = 1000, STEP = 16, TESTED = 32, SOME = 8 };  /* rows are filled up to multiples of STEP floats */
enum { SGD, MOMENTUM, NESTEROV, ADAGRAD, RMSPROP, ADAM, ADAMW, SCHEDULE_FREE };

typedef struct {                            /* lrcourse/engine/__init__.py fills these in, in this order, 8 bytes each */
    POINTER(const float, images);           /* (copies * 1000, 64), less `blank` */
    POINTER(const u64, ink);                /* for each image a bit for each pixel that is not blank */
    POINTER(const unsigned char, labels);   /* (1000) */
    POINTER(const float, test_images);
    POINTER(const u64, test_ink);
    POINTER(const unsigned char, test_labels);
    POINTER(const float, mean);             /* of all training images and shifts, for testing with batch norm: (64) */
    POINTER(const float, covariance);       /* (64, 64) */
    u64 hidden, batch, copies, tests, batch_norm, optimizer;
    double blank, decay, own_decay, beta1, beta2, eps;      /* own_decay: the optimizer's, for biases too */
} Problem;

typedef struct {
    POINTER(float, weights);                /* in the order of digits.parameters: what to begin with, and the result */
    POINTER(const float, rates);            /* of each update to come */
    POINTER(double, figures);               /* (epochs, 4): training loss and error, test loss and error */
    POINTER(float, memory);                 /* as much as memory_needed says */
    u64 epochs;
    u64 high, low, high_step, low_step, kept, half;         /* the state of numpy's PCG64 */
    double power1, power2, total;           /* beta1^k, beta2^k; the sum of the squared rates (schedule-free) */
} Run;

typedef struct {                            /* where all of it lies. H: hidden units, filled up; rows: images, filled up */
    int H, B, rows, size;
    float *w, *m, *s;                       /* weights, and what the optimizer remembers, (size) each */
    float *grad;                            /* of up to CLASSES rows of weights */
    float *x, *a, *y, *d, *logits, *top, *start, *mean, *deviation, *W2T, *W1, *right, *total;
    u64 *ink, *turned;
    int *order, *label;
} Net;

INLINE vec load(const float *p) { return *(const vec *)p; }
INLINE void store(float *p, vec v) { *(vec *)p = v; }
INLINE vec positive(vec v, vec by) { return (vec)((by > 0) & (mask)v); }    /* v where by > 0, else 0 */

/* ---- where things lie: W1 (64, H), scale (H), b1 (H), W2 (10, H), b2 (16) ------------------------------------------ */

enum { AT_W1, AT_SCALE = PIXELS, AT_B1, AT_W2, AT_B2 = AT_W2 + CLASSES };   /* times H */

static int up(int n, int to) { return (n + to - 1) / to * to; }

static u64 layout(const Problem *p, float *memory, Net *net) {
    u64 at = (64 - (u64)(unsigned long)memory % 64) % 64 / 4, H = up(p->hidden, STEP), B = p->batch;
    u64 rows = up(B > TESTED ? B : TESTED, 4), size = AT_B2 * H + STEP;
#define TAKE(type, name, n) net->name = (type *)(memory + at); at += up((n) * (int)sizeof(type) / 4, STEP);
    net->H = H; net->B = B; net->rows = rows; net->size = size;
    TAKE(float, w, size) TAKE(float, m, size) TAKE(float, s, size)
    TAKE(float, grad, CLASSES * H) TAKE(float, x, rows * PIXELS) TAKE(float, a, rows * H) TAKE(float, y, rows * H)
    TAKE(float, d, rows * H) TAKE(float, logits, rows * STEP) TAKE(float, top, rows) TAKE(float, start, H)
    TAKE(float, mean, H) TAKE(float, deviation, H) TAKE(float, W2T, H * STEP) TAKE(float, W1, 2 * PIXELS * H)
    TAKE(float, right, rows) TAKE(float, total, rows) TAKE(u64, ink, up(rows, 64)) TAKE(u64, turned, up(rows, 64))
    TAKE(int, order, TRAIN) TAKE(int, label, rows)
    return at + 2 * STEP;
}

EXPORT u64 memory_needed(const Problem *p) {        /* in floats */
    Net net;
    return layout(p, 0, &net) + STEP;
}

/* between the order of digits.parameters and ours */
static float *find(const Net *net, const Problem *p, float *w, int at, int *n) {
    int hidden = p->hidden, row = 0;                /* parameter `at`, the first of a row of *n */
    *n = hidden;
    if (!p->batch_norm && at >= PIXELS * hidden) at += hidden;      /* there is no scale */
    row = at / hidden;
    if (row >= AT_B2) { *n = CLASSES; return w + AT_B2 * net->H; }
    if (row < PIXELS) row = row % 8 * 8 + row / 8;  /* column by column */
    return w + row * net->H;
}

static int parameters(const Problem *p) { return (PIXELS + 1 + (p->batch_norm ? 1 : 0) + CLASSES) * (int)p->hidden + CLASSES; }

EXPORT void begin(const Problem *p, Run *run) {
    Net net;
    layout(p, run->memory, &net);
    for (int j = 0; j < 3 * net.size; j++) net.w[j] = 0;
    for (int at = 0, n; at < parameters(p); at += n) {
        float *row = find(&net, p, net.w, at, &n);
        for (int j = 0; j < n; j++) row[j] = run->weights[at + j];
    }
    if (p->optimizer == SCHEDULE_FREE) for (int j = 0; j < net.size; j++) net.m[j] = net.s[j] = net.w[j];
    run->power1 = run->power2 = 1;
    run->total = 0;
}

EXPORT void end(const Problem *p, Run *run) {
    Net net;
    layout(p, run->memory, &net);
    for (int at = 0, n; at < parameters(p); at += n) {
        const float *row = find(&net, p, p->optimizer == SCHEDULE_FREE ? net.s : net.w, at, &n);
        for (int j = 0; j < n; j++) run->weights[at + j] = row[j] == row[j] ? row[j] : __builtin_nanf("");   /* one NaN of many */
    }
}

/* ---- random numbers: numpy's PCG64, and what its Generator makes of it --------------------------------------------- */

static u64 random64(Run *run) {     /* O'Neill, PCG, 2014: state = state * factor + step, in 128 bits; XSL-RR */
    const u64 FACTOR_HIGH = 2549297995355413924u, FACTOR_LOW = 4865540595714422341u, M = 0xffffffffu;
    u64 a = run->low & M, b = run->low >> 32, c = FACTOR_LOW & M, d = FACTOR_LOW >> 32;
    u64 middle = b * c + (a * c >> 32), other = a * d + (middle & M);
    u64 high = b * d + (middle >> 32) + (other >> 32) + run->high * FACTOR_LOW + run->low * FACTOR_HIGH;
    u64 low = run->low * FACTOR_LOW + run->low_step;
    run->high = high + run->high_step + (low < run->low_step);
    run->low = low;
    u64 x = run->high ^ low;
    int turn = run->high >> 58;
    return x >> turn | x << (-turn & 63);
}

static u32 random32(Run *run) {     /* numpy keeps the upper half for the next time */
    run->kept = !run->kept;
    if (!run->kept) return run->half;
    u64 x = random64(run);
    run->half = x >> 32;
    return x;
}

static u32 up_to(Run *run, u32 most) {      /* as many bits as `most` has, drawn until they are no more than it */
    u32 bits = most, drawn;
    for (int by = 1; by < 32; by *= 2) bits |= bits >> by;
    do drawn = random32(run) & bits; while (drawn > most);
    return drawn;
}

static u32 below(Run *run, u32 n) {         /* Lemire, Fast random integer generation in an interval, 2019 */
    u64 m = (u64)random32(run) * n;
    if ((u32)m < n) for (u32 least = -n % n; (u32)m < least;) m = (u64)random32(run) * n;
    return m >> 32;
}

/* digits.batches: generator.permutation(1000)[:count] + 1000 * generator.integers(copies, size=count) */
EXPORT void draw(const Problem *p, Run *run, int *order) {
    int count = TRAIN / (int)p->batch * (int)p->batch;
    for (int i = 0; i < TRAIN; i++) order[i] = i;
    for (int i = TRAIN - 1; i > 0; i--) {
        int j = up_to(run, i), kept = order[j];
        order[j] = order[i];
        order[i] = kept;
    }
    if (p->copies > 1) for (int i = 0; i < count; i++) order[i] += TRAIN * below(run, p->copies);
}

/* ---- sums of products ---------------------------------------------------------------------------------------------- */

enum { WIDE = 8, HALF = 4, NARROW = STEP / LANES };      /* vectors beside each other */

/* A tile: out[r][..] = start[..] + sum over k of a[r, k] * b[k][..], for some rows r and vectors, all held in registers.
   k goes from 0 to n - 1; or else over the bits of `ink`, where it has any. a_row, a_k, ...: the way to the next. */
INLINE void tile(const int rows, const int vectors, float *out, int out_row, const float *start, int start_row, const float *a,
                 int a_row, int a_k, const float *b, int b_k, int n, u64 ink) {
    vec sum[4][WIDE], by[WIDE];
    for (int r = 0; r < rows; r++) for (int v = 0; v < vectors; v++) sum[r][v] = start ? load(start + r * start_row + v * LANES) : (vec){0};
    for (int j = 0; n ? j < n : ink != 0; n ? j++ : (ink &= ink - 1)) {
        int k = n ? j : __builtin_ctzll(ink);
        for (int v = 0; v < vectors; v++) by[v] = load(b + k * b_k + v * LANES);
        for (int r = 0; r < rows; r++) for (int v = 0; v < vectors; v++) sum[r][v] += a[r * a_row + k * a_k] * by[v];
    }
    for (int r = 0; r < rows; r++) for (int v = 0; v < vectors; v++) store(out + r * out_row + v * LANES, sum[r][v]);
}

/* Tiles beside each other: all columns of some rows of out */
INLINE void strip(const int rows, float *out, int out_row, int columns, const float *start, const float *a, int a_row, int a_k,
                  const float *b, int b_k, int n) {
    int c = 0;
    for (; c + HALF * LANES <= columns; c += HALF * LANES)
        tile(rows, HALF, out + c, out_row, start ? start + c : 0, 0, a, a_row, a_k, b + c, b_k, n, 0);
    for (; c < columns; c += STEP)
        tile(rows, NARROW, out + c, out_row, start ? start + c : 0, 0, a, a_row, a_k, b + c, b_k, n, 0);
}

/* out[r] = start[r] + sum over k of a[r, k] * b[k], for rows of H, where ink[r] has a bit for each k < 64 with a[r, k] != 0.
   Each row goes over its own ink; where few columns are left, two rows together over the ink of both, so that enough sums
   are under way at a time. */
static void inked(float *out, int rows, int H, const float *start, int start_row, const float *a, int a_row, int a_k,
                  const float *b, const u64 *ink) {
    int h = 0;
#define INKED(r, ROWS, VECTORS, ink) tile(ROWS, VECTORS, out + (r) * H + h, H, start + (r) * start_row + h, start_row, \
                                          a + (r) * a_row, a_row, a_k, b + h, H, 0, ink)
    for (; h + WIDE * LANES <= H; h += WIDE * LANES) for (int r = 0; r < rows; r++) INKED(r, 1, WIDE, ink[r]);
    for (; h + HALF * LANES <= H; h += HALF * LANES) for (int r = 0; r < rows; r += 2) INKED(r, 2, HALF, ink[r] | ink[r + 1]);
    for (; h < H; h += STEP) for (int r = 0; r < rows; r += 2) INKED(r, 2, NARROW, ink[r] | ink[r + 1]);
}

/* Turn 64 words of 64 bits: bit q of word p becomes bit p of word q. Halves are swapped, then quarters, ... */
static void turn(u64 *words) {
    u64 low = 0xffffffffu;          /* of each 2 * by bits the lower ones */
    for (int by = 32; by; by /= 2, low ^= low << by)
        for (int p = 0; p < 64; p = (p + by + 1) & ~by) {
            u64 swap = (words[p] >> by ^ words[p + by]) & low;
            words[p] ^= swap << by;
            words[p + by] ^= swap;
        }
}

/* ---- exp, log ------------------------------------------------------------------------------------------------------ */

typedef union { float f; int i; } Bits;

/* exp of what is 0 or below: 2^k e^r with |r| <= log(2) / 2, and of e^r the first eight terms */
INLINE float exponential(float x) {
    const float ROUND = 12582912.0f;        /* 1.5 * 2^23: adding it leaves a whole number in the lower bits */
    float clipped = x < -87.0f ? -87.0f : x;
    Bits k = {clipped * 1.44269504f + ROUND}, p;
    float whole = k.f - ROUND;
    float r = (clipped - whole * 0.693359375f) + whole * 2.12194440e-4f;    /* log(2) in two parts, the first one exact */
    p.f = 1 + r * (1 + r * (1 / 2.f + r * (1 / 6.f + r * (1 / 24.f + r * (1 / 120.f + r * (1 / 720.f + r * (1 / 5040.f)))))));
    p.i += (int)((u32)k.i << 23);
    return x < -87.0f ? 0 : x == x ? p.f : x;
}

/* log x = k log 2 + log f, 0.7 < f < 1.42, and log f = 2 (u + u^3/3 + u^5/5 + ...) with u = (f - 1) / (f + 1) */
INLINE float logarithm(float x) {
    Bits bits = {x}, f;
    int k = (bits.i - 0x3f3504f3) >> 23;
    f.i = bits.i - (int)((u32)k << 23);
    float u = (f.f - 1) / (f.f + 1), q = u * u;
    float log = 2 * u * (1 + q * (1 / 3.f + q * (1 / 5.f + q * (1 / 7.f + q * (1 / 9.f)))));
    return x == x ? log + (float)k * 0.69314718f : x;
}

/* ---- forward ------------------------------------------------------------------------------------------------------- */

/* Copy the images of a batch to x */
static void gather(Net *net, const float *images, const u64 *ink, const int *rows, int n) {
    for (int i = 0; i < n; i++) {
        const float *image = images + rows[i] * PIXELS;
        for (int p = 0; p < PIXELS; p++) net->x[i * PIXELS + p] = image[p];
        net->ink[i] = ink[rows[i]];
    }
    for (int i = n; i < up(n, 4); i++) {
        for (int p = 0; p < PIXELS; p++) net->x[i * PIXELS + p] = 0;
        net->ink[i] = 0;
    }
}

static void relu(float *y, int n) {
    for (int j = 0; j < n; j += LANES) store(y + j, positive(load(y + j), load(y + j)));
}

/* What a blank image gives: start = b1 + blank * (sum of W1's rows) */
static void blank_image(const Problem *p, const Net *net, const float *w) {
    const float blank = p->blank;
    strip(1, net->start, 0, net->H, w + AT_B1 * net->H, &blank, 0, 0, w, net->H, PIXELS);
}

/* out[h] = start[h] + sum over i of a[i][h] * b[i][h], b may be missing */
static void column_sums(float *out, const float *a, const float *b, int n, int H) {
    for (int h = 0; h < H; h += STEP) {
        vec sum[NARROW];
        for (int v = 0; v < NARROW; v++) sum[v] = (vec){0};
        for (int i = 0; i < n; i++)
            for (int v = 0; v < NARROW; v++) {
                int at = i * H + h + v * LANES;
                if (b) sum[v] += load(a + at) * load(b + at);
                else sum[v] += load(a + at);
            }
        for (int v = 0; v < NARROW; v++) store(out + h + v * LANES, sum[v]);
    }
}

/* a becomes n = (a - mean) / deviation, and y = scale n + b1 */
static void normalise(const Net *net) {
    int H = net->H, B = net->B;
    float *restrict a = net->a, *restrict y = net->y, *restrict mean = net->mean, *restrict deviation = net->deviation;
    const float *restrict scale = net->w + AT_SCALE * H, *restrict b1 = net->w + AT_B1 * H;
    column_sums(mean, a, 0, B, H);
    for (int h = 0; h < H; h++) mean[h] /= (float)B;
    for (int i = 0; i < B; i++) for (int h = 0; h < H; h++) a[i * H + h] -= mean[h];
    column_sums(deviation, a, a, B, H);
    for (int h = 0; h < H; h++) deviation[h] = __builtin_sqrtf(deviation[h] / (float)B + 1e-5f);
    for (int h = 0; h < H; h++) mean[h] = 1 / deviation[h];
    for (int i = 0; i < B; i++) for (int h = 0; h < H; h++) {
        a[i * H + h] *= mean[h];
        y[i * H + h] = scale[h] * a[i * H + h] + b1[h];
    }
}

/* y of a batch, and with batch norm a */
static void first_layer(const Problem *p, const Net *net) {
    if (p->batch_norm) {
        for (int h = 0; h < net->H; h++) net->start[h] = 0;
        inked(net->a, net->B, net->H, net->start, 0, net->x, PIXELS, 1, net->w, net->ink);
        normalise(net);
    } else {
        blank_image(p, net, net->w);
        inked(net->y, net->B, net->H, net->start, 0, net->x, PIXELS, 1, net->w, net->ink);
    }
    relu(net->y, up(net->B, 4) * net->H);
}

/* logits = y W2^T + b2. For this W2 is turned round, so that vectors run along classes: 10, filled up to 16 */
static void second_layer(const Net *net, const float *w, int n) {
    int H = net->H;
    const float *W2 = w + AT_W2 * H, *b2 = w + AT_B2 * H;
    for (int h = 0; h < H; h++) for (int c = 0; c < CLASSES; c++) net->W2T[h * STEP + c] = W2[c * H + h];
    for (int i = 0; i < n; i += 4)
        tile(4, NARROW, net->logits + i * STEP, STEP, b2, 0, net->y + i * H, H, 1, net->W2T, STEP, H, 0);
}

INLINE float larger(float a, float b) { return a > b ? a : b; }

/* Of n rows of logits: adds to the loss and to the number of errors. What is left in logits is exp(logit - largest). */
static void softmax(const Net *net, int n, double *loss, int *errors) {
    float *restrict logits = net->logits, *restrict right = net->right, *restrict total = net->total, *restrict top = net->top;
    for (int i = 0; i < n; i++) {
        const float *l = logits + i * STEP;
        float top01 = larger(l[0], l[1]), top23 = larger(l[2], l[3]), top45 = larger(l[4], l[5]), top67 = larger(l[6], l[7]);
        top[i] = larger(larger(larger(top01, top23), larger(top45, top67)), larger(l[8], l[9]));
        right[i] = l[net->label[i]] - top[i];
        int answer = 0;                     /* of equal logits the first counts, as with argmax */
        for (int c = CLASSES - 1; c > 0; c--) answer = l[c] >= top[i] ? c : answer;
        answer = l[0] >= top[i] ? 0 : answer;
        *errors += answer != net->label[i];
    }
    for (int i = 0; i < n; i++) for (int c = 0; c < STEP; c++) logits[i * STEP + c] -= top[i];
    for (int j = 0; j < n * STEP; j++) logits[j] = exponential(logits[j]);
    for (int i = 0; i < n; i++) {
        const float *e = logits + i * STEP;
        total[i] = (((e[0] + e[1]) + (e[2] + e[3])) + ((e[4] + e[5]) + (e[6] + e[7]))) + (e[8] + e[9]);
    }
    for (int i = 0; i < n; i++) right[i] = logarithm(total[i]) - right[i];
    for (int i = 0; i < n; i++) *loss += right[i];
}

/* ---- the step ------------------------------------------------------------------------------------------------------ */

typedef struct { float rate, decay, own_decay, beta, beta2, eps, rest, rest2, correct, correct2, share; } Step;

/* The update of some weights, from `at` on, as optimizers.py has it */
static void step(const Problem *p, const Net *net, const Step *o, int at, int n, const float *grad, float decay) {
    float *restrict w = net->w + at, *restrict m = net->m + at, *restrict s = net->s + at;
    const float *restrict g = grad;
    const float lr = o->rate, beta = o->beta, beta2 = o->beta2, eps = o->eps, rest = o->rest, rest2 = o->rest2;
    const float correct = o->correct, correct2 = o->correct2, share = o->share;
    switch (p->optimizer) {
    case SGD:
        for (int j = 0; j < n; j++) w[j] -= lr * (g[j] + decay * w[j]);
        break;
    case MOMENTUM:
        for (int j = 0; j < n; j++) {
            m[j] = beta * m[j] + (g[j] + decay * w[j]);
            w[j] -= lr * m[j];
        }
        break;
    case NESTEROV:
        for (int j = 0; j < n; j++) {
            float now = g[j] + decay * w[j];
            m[j] = beta * m[j] + now;
            w[j] -= lr * (now + beta * m[j]);
        }
        break;
    case ADAGRAD:
        for (int j = 0; j < n; j++) {
            float now = g[j] + decay * w[j];
            s[j] += now * now;
            w[j] -= lr * now / (__builtin_sqrtf(s[j]) + eps);
        }
        break;
    case RMSPROP:
        for (int j = 0; j < n; j++) {
            float now = g[j] + decay * w[j];
            s[j] = beta * s[j] + rest * (now * now);
            w[j] -= lr * now / (__builtin_sqrtf(s[j]) + eps);
        }
        break;
    case ADAM:
    case ADAMW:
        for (int j = 0; j < n; j++) {
            float now = g[j] + decay * w[j];
            m[j] = beta * m[j] + rest * now;
            s[j] = beta2 * s[j] + rest2 * (now * now);
            w[j] = share * w[j] - lr * (m[j] * correct) / (__builtin_sqrtf(s[j] * correct2) + eps);
        }
        break;
    case SCHEDULE_FREE:             /* m is z, s is x */
        for (int j = 0; j < n; j++) {
            m[j] -= lr * (g[j] + decay * w[j]);
            s[j] = (1 - share) * s[j] + share * m[j];
            w[j] = rest * m[j] + beta * s[j];
        }
    }
}

/* What is the same for all weights of an update */
static Step this_step(const Problem *p, Run *run, float rate) {
    Step o = {rate, p->decay + p->own_decay, p->own_decay, p->beta1, p->beta2, p->eps, 1 - p->beta1, 1 - p->beta2, 1, 1, 1};
    run->power1 *= p->beta1;
    run->power2 *= p->beta2;
    o.correct = 1 / (1 - run->power1);
    o.correct2 = 1 / (1 - run->power2);
    if (p->optimizer == ADAMW) {            /* apart from the gradient */
        o.decay = p->decay;
        o.own_decay = 0;
        o.share = 1 - rate * (float)p->own_decay;
    }
    if (p->optimizer == SCHEDULE_FREE) {    /* at a rate of 0 nothing moves */
        float square = rate * rate, total = (float)run->total + square;
        run->total = total;
        o.share = square / larger(total, 1.17549435e-38f);
    }
    return o;
}

/* ---- one update, one epoch ----------------------------------------------------------------------------------------- */

/* d_logits = (q - onehot) / B, in place */
static void logits_gradient(const Net *net) {
    const float B = net->B;
    for (int i = 0; i < net->B; i++) {
        float *row = net->logits + i * STEP, scale = 1 / (net->total[i] * B);
        for (int c = 0; c < STEP; c++) row[c] *= scale;
        row[net->label[i]] -= 1 / B;
    }
}

/* d_z = (d_logits W2) * (z > 0) */
static void hidden_gradient(const Net *net) {
    int H = net->H, B = net->B;
    for (int i = 0; i < B; i += 2)
        strip(2, net->d + i * H, H, H, 0, net->logits + i * STEP, STEP, 1, net->w + AT_W2 * H, H, CLASSES);
    for (int j = 0; j < B * H; j += LANES) store(net->d + j, positive(load(net->d + j), load(net->y + j)));
}

/* W2: d_logits^T y, and b2: sum d_logits; and their steps */
static void second_weights(const Problem *p, const Net *net, const Step *o) {
    int H = net->H, B = net->B;
    float *grad = net->grad;
    for (int c = 0; c < CLASSES; c += 2) strip(2, grad + c * H, H, H, 0, net->logits + c, 1, STEP, net->y, H, B);
    step(p, net, o, AT_W2 * H, CLASSES * H, grad, o->decay);
    column_sums(grad, net->logits, 0, B, STEP);
    for (int c = CLASSES; c < STEP; c++) grad[c] = 0;
    step(p, net, o, AT_B2 * H, STEP, grad, o->own_decay);
}

/* b1: sum d_z, and scale: sum d_z n; then d_z becomes d_a = scale / deviation * (d_z - mean d_z - n mean(d_z n)), which is
   d_z without batch norm. `start` becomes what blank pixels add to each row of W1's gradient. */
static void first_biases(const Problem *p, const Net *net, const Step *o) {
    int H = net->H, B = net->B;
    float *restrict sum = net->grad, *restrict with = net->grad + H, *restrict start = net->start, *restrict d = net->d;
    column_sums(sum, d, 0, B, H);
    if (p->batch_norm) {
        const float *restrict n = net->a, *restrict scale = net->w + AT_SCALE * H;
        float *restrict factor = net->deviation, *restrict mean = net->mean;
        column_sums(with, d, n, B, H);
        for (int h = 0; h < H; h++) {
            factor[h] = scale[h] / factor[h];
            mean[h] = sum[h] / (float)B;
            start[h] = with[h] / (float)B;
        }
        for (int i = 0; i < B; i++) for (int h = 0; h < H; h++)
            d[i * H + h] = (d[i * H + h] - mean[h] - n[i * H + h] * start[h]) * factor[h];
        step(p, net, o, AT_SCALE * H, H, with, o->own_decay);
        for (int h = 0; h < H; h++) start[h] = 0;
    } else {
        for (int h = 0; h < H; h++) start[h] = (float)p->blank * sum[h];
    }
    step(p, net, o, AT_B1 * H, H, sum, o->own_decay);
}

/* W1: x^T d_a, over 64 images after 64 images, and its step */
static void first_weights(const Problem *p, const Net *net, const Step *o) {
    int H = net->H, B = net->B;
    for (int i = up(B, 4); i < up(B, 64); i++) net->ink[i] = 0;
    for (int i = 0; i < up(B, 64); i++) net->turned[i] = net->ink[i];
    for (int from = 0; from < B; from += 64) turn(net->turned + from);          /* for each pixel a bit for each image */
    for (int at = 0; at < PIXELS; at += SOME) {
        for (int from = 0; from < B; from += 64)
            inked(net->grad, SOME, H, from ? net->grad : net->start, from ? H : 0, net->x + from * PIXELS + at, 1, PIXELS,
                  net->d + from * H, net->turned + from + at);
        step(p, net, o, at * H, SOME * H, net->grad, o->decay);
    }
}

static void update(const Problem *p, const Net *net, const Step *o, double *loss, int *errors) {
    first_layer(p, net);
    second_layer(net, net->w, net->B);
    softmax(net, net->B, loss, errors);
    logits_gradient(net);
    hidden_gradient(net);           /* before W2 makes its step */
    second_weights(p, net, o);
    first_biases(p, net, o);
    first_weights(p, net, o);
}

/* The loss and the error on the held-out images */
static void evaluate(const Problem *p, Net *net, const float *w, double *figures) {
    int H = net->H, tests = p->tests, errors = 0, rows[TESTED];
    const float *W1 = w;
    double loss = 0;
    if (p->batch_norm) {            /* folded into the first weights, by the exact mean and variance over all images */
        const float *scale = w + AT_SCALE * H, *b1 = w + AT_B1 * H;
        float *restrict folded = net->W1, *restrict product = net->W1 + PIXELS * H, *restrict factor = net->deviation;
        for (int q = 0; q < PIXELS; q += 2) strip(2, product + q * H, H, H, 0, p->covariance + q * PIXELS, PIXELS, 1, w, H, PIXELS);
        column_sums(factor, w, product, PIXELS, H);
        for (int h = 0; h < H; h++) factor[h] = scale[h] / __builtin_sqrtf(factor[h] + 1e-5f);
        strip(1, net->mean, 0, H, 0, p->mean, 0, 1, w, H, PIXELS);
        for (int h = 0; h < H; h++) net->start[h] = b1[h] - factor[h] * net->mean[h];
        for (int q = 0; q < PIXELS; q++) for (int h = 0; h < H; h++) folded[q * H + h] = w[q * H + h] * factor[h];
        W1 = folded;
    } else {
        blank_image(p, net, w);
    }
    for (int from = 0; from < tests; from += TESTED) {
        int n = tests - from < TESTED ? tests - from : TESTED;
        for (int i = 0; i < n; i++) {
            rows[i] = from + i;
            net->label[i] = p->test_labels[from + i];
        }
        gather(net, p->test_images, p->test_ink, rows, n);
        inked(net->y, n, H, net->start, 0, net->x, PIXELS, 1, W1, net->ink);
        relu(net->y, up(n, 4) * H);
        second_layer(net, w, n);
        softmax(net, n, &loss, &errors);
    }
    figures[0] = loss / tests;
    figures[1] = (double)errors / tests;
}

EXPORT void train(const Problem *p, Run *run) {
    Net net;
    layout(p, run->memory, &net);
    int B = net.B, updates = TRAIN / B;
    for (u64 epoch = 0; epoch < run->epochs; epoch++) {
        double loss = 0;
        int errors = 0;
        draw(p, run, net.order);
        for (int k = 0; k < updates; k++) {
            const int *rows = net.order + k * B;
            gather(&net, p->images, p->ink, rows, B);
            for (int i = 0; i < B; i++) net.label[i] = p->labels[rows[i] % TRAIN];
            if (k + 1 < updates)            /* the next images are on their way while we work on these */
                for (int i = B; i < 2 * B; i++)
                    for (int q = 0; q < PIXELS; q += 16) __builtin_prefetch(p->images + rows[i] * PIXELS + q, 0, 2);
            Step o = this_step(p, run, run->rates[epoch * updates + k]);
            update(p, &net, &o, &loss, &errors);
        }
        run->figures[4 * epoch] = loss / (updates * B);
        run->figures[4 * epoch + 1] = (double)errors / (updates * B);
        evaluate(p, &net, p->optimizer == SCHEDULE_FREE ? net.s : net.w, run->figures + 4 * epoch + 2);
    }
}

EXPORT u64 version(void) { return VERSION; }

#ifdef _WIN32       /* Windows wants every library to have this */
int DllMainCRTStartup(void *library, u32 reason, void *reserved) { return library || reason || !reserved; }
#endif
