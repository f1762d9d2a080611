/* The transformer of lrcourse/transformer.py: loss and gradient of some windows of text, in the words of that file, and training.

For each block, h being the vectors that all places of a batch have come to so far:

    a = scale_a (h - mean h) / deviation,      q, k, v = a qkv,      h = h + attention(q, k, v) out
    c = scale_b (h - mean h) / deviation,                            h = h + max(c up, 0) down

and then logits = normalised h times guess, the softmax, the loss, and all the way back.

As in kernel.c, every sum has an order that stands here, and vectors run along what is never summed over: places. So
numbers lie feature by feature, [feature][place], for all N places of a batch, each window's filled up to a multiple of
STEP. Only the gradient of a matrix is a sum over places; there one of the two factors is turned round first. */

#include "kernel.c"

enum { LETTERS = 96, BLOCKS = 4 };

typedef struct {                            /* lrcourse/engine/text.py fills these in, as kernel.c's */
    POINTER(const float, weights);          /* in the order of language.shapes */
    POINTER(float, gradient);               /* the same; 0: no way back */
    POINTER(const unsigned char, windows);  /* (count, context + 1) */
    POINTER(double, figures);               /* the sum of the losses, the number of errors */
    POINTER(float, memory);                 /* as much as language_memory says */
    u64 count, width, heads, blocks, context, batch;        /* batch: windows at a time */
} Language;

typedef struct {                            /* a run under way */
    POINTER(const Problem, how);            /* kernel.c's: only what it says of the optimizer */
    POINTER(Run, run);                      /* kernel.c's: weights, rates, and figures: the sum of the losses, the number of errors */
    POINTER(const unsigned char, text);
    POINTER(const int, starts);             /* (updates, batch): where in the text the windows begin */
    POINTER(float, state);                  /* m, s, average, gradient: `size` each; then the windows */
    POINTER(float, tested);                 /* the weights to test with */
    u64 size, updates, begun, clipped, averaged;
    double norm, beta;                      /* of Clip and of EMA, in optimizers.py */
} Text;

typedef struct { float *a, *normal_a, *inverse_a, *qkv, *share, *found, *c, *normal_c, *inverse_c, *on; } Block;
typedef const float *Weights;

typedef struct {
    int d, places, N, heads, size, blocks, context, windows;        /* places: of a window, filled up; N: of a whole batch */
    float *h, *last, *normal, *inverse, *logits, *d_h, *d_in, *d_wide, *d_score, *turned, *product, *top, *sum;
    int *x, *y, *best;
    Block block[BLOCKS];
} Memory;

static u64 place(const Language *p, float *memory, Memory *m) {
    u64 at = (64 - (u64)(unsigned long)memory % 64) % 64 / 4;
    int d = p->width, places = up(p->context, STEP), N = places * (int)p->batch, wide = 4 * d > LETTERS ? 4 * d : LETTERS;
    m->d = d; m->places = places; m->N = N; m->heads = p->heads; m->size = d / (int)p->heads;
    m->blocks = p->blocks; m->context = p->context; m->windows = p->batch;
#define ROOM(type, name, n) m->name = (type *)(memory + at); at += up(n, STEP);
    ROOM(float, h, d * N) ROOM(float, last, d * N) ROOM(float, normal, d * N) ROOM(float, inverse, N)
    ROOM(float, logits, LETTERS * N) ROOM(float, d_h, d * N) ROOM(float, d_in, d * N) ROOM(float, d_wide, wide * N)
    ROOM(float, d_score, 2 * places * places)
    ROOM(float, turned, N * up(d > LETTERS ? d : LETTERS, STEP)) ROOM(float, product, wide * up(wide, STEP))
    ROOM(float, top, N) ROOM(float, sum, N) ROOM(int, x, N) ROOM(int, y, N) ROOM(int, best, N)
    for (int b = 0; b < m->blocks; b++) {
        ROOM(float, block[b].a, d * N) ROOM(float, block[b].normal_a, d * N) ROOM(float, block[b].inverse_a, N)
        ROOM(float, block[b].qkv, 3 * d * N) ROOM(float, block[b].share, m->heads * N * places) ROOM(float, block[b].found, d * N)
        ROOM(float, block[b].c, d * N) ROOM(float, block[b].normal_c, d * N) ROOM(float, block[b].inverse_c, N)
        ROOM(float, block[b].on, 4 * d * N)
    }
    return at + 2 * STEP;
}

EXPORT u64 language_memory(const Language *p) {     /* in floats */
    Memory m;
    return place(p, 0, &m) + STEP;
}

/* out[r] = sum over k of a[r, k] * b[k], for some rows; the columns, a multiple of STEP, are what vectors run along */
static void multiply(float *out, int out_row, int rows, int columns, const float *a, int a_row, int a_k, const float *b, int b_k, int n) {
    int c = 0, r;
#define TILE(ROWS, VECTORS) tile(ROWS, VECTORS, out + r * out_row + c, out_row, 0, 0, a + r * a_row, a_row, a_k, b + c, b_k, n, 0)
    for (; c + HALF * LANES <= columns; c += HALF * LANES) {
        for (r = 0; r + 4 <= rows; r += 4) TILE(4, HALF);
        for (; r < rows; r++) TILE(1, HALF);
    }
    for (; c < columns; c += STEP) {
        for (r = 0; r + 4 <= rows; r += 4) TILE(4, NARROW);
        for (; r < rows; r++) TILE(1, NARROW);
    }
}

static void add(float *restrict to, const float *restrict more, int n) { for (int j = 0; j < n; j++) to[j] += more[j]; }

/* ---- forwards: `n` places of the batch are in use, in rows of N ------------------------------------------------------- */

/* normal = (h - mean) / deviation of each place, out = scale normal */
static void normalise_places(const Memory *m, int n, const float *restrict h, Weights scale, float *restrict normal,
                             float *restrict inverse, float *restrict out) {
    int d = m->d, N = m->N;
    float *restrict mean = m->sum;
    for (int i = 0; i < n; i++) mean[i] = inverse[i] = 0;
    for (int f = 0; f < d; f++) for (int i = 0; i < n; i++) mean[i] += h[f * N + i];
    for (int i = 0; i < n; i++) mean[i] /= (float)d;
    for (int f = 0; f < d; f++) for (int i = 0; i < n; i++) {
        float centred = h[f * N + i] - mean[i];
        normal[f * N + i] = centred;
        inverse[i] += centred * centred;
    }
    for (int i = 0; i < n; i++) inverse[i] = 1 / __builtin_sqrtf(inverse[i] / (float)d + 1e-5f);
    for (int f = 0; f < d; f++) for (int i = 0; i < n; i++) {
        normal[f * N + i] *= inverse[i];
        out[f * N + i] = scale[f] * normal[f * N + i];
    }
}

/* share[j][i]: how much place i looks at place j, not after it: the softmax over j of q_i k_j / sqrt(size). For one head, one window */
static void look(const Memory *m, const float *q, const float *k, float *restrict share) {
    int P = m->places;
    const float root = 1 / __builtin_sqrtf((float)m->size);
    float *restrict top = m->top, *restrict sum = m->sum;
    multiply(share, P, P, P, k, 1, m->N, q, m->N, m->size);
    for (int i = 0; i < P; i++) top[i] = share[i];
    for (int j = 1; j < P; j++) for (int i = 0; i < P; i++) top[i] = j <= i && share[j * P + i] > top[i] ? share[j * P + i] : top[i];
    for (int i = 0; i < P; i++) sum[i] = 0;
    for (int j = 0; j < P; j++) for (int i = 0; i < P; i++) {
        share[j * P + i] = exponential(j <= i ? (share[j * P + i] - top[i]) * root : -100);     /* of -100: 0 */
        sum[i] += share[j * P + i];
    }
    for (int i = 0; i < P; i++) sum[i] = 1 / sum[i];
    for (int j = 0; j < P; j++) for (int i = 0; i < P; i++) share[j * P + i] *= sum[i];
}

static void attend(const Memory *m, const Block *b, int windows) {
    int d = m->d, N = m->N, P = m->places, size = m->size;
    for (int w = 0; w < windows; w++) for (int head = 0; head < m->heads; head++) {
        const float *q = b->qkv + head * size * N + w * P, *k = q + d * N, *v = k + d * N;
        float *share = b->share + (w * m->heads + head) * P * P;
        look(m, q, k, share);
        multiply(b->found + head * size * N + w * P, N, size, P, v, N, 1, share, P, P);
    }
}

/* Letters and places become vectors */
static void embed(const Memory *m, Weights letters, Weights places, int windows) {
    for (int i = 0; i < windows * m->places; i++) {
        int t = i % m->places < m->context ? i % m->places : 0;     /* what fills up is counted nowhere */
        for (int f = 0; f < m->d; f++) m->h[f * m->N + i] = letters[m->x[i] * m->d + f] + places[t * m->d + f];
    }
}

/* Adds to the loss and to the number of errors; logits become exp(logit - largest), sum their total */
static void guess(const Memory *m, int n, double *loss, double *errors) {
    int N = m->N;
    float *restrict logits = m->logits, *restrict top = m->top, *restrict sum = m->sum;
    int *restrict best = m->best;
    for (int i = 0; i < n; i++) {
        top[i] = logits[i];
        best[i] = 0;                        /* of equal logits the first counts, as with argmax */
        sum[i] = 0;
    }
    for (int v = 1; v < LETTERS; v++) for (int i = 0; i < n; i++) {
        best[i] = logits[v * N + i] > top[i] ? v : best[i];
        top[i] = logits[v * N + i] > top[i] ? logits[v * N + i] : top[i];
    }
    for (int i = 0; i < n; i++) if (i % m->places < m->context) {
        *loss += top[i] - logits[m->y[i] * N + i];
        *errors += best[i] != m->y[i];
    }
    for (int v = 0; v < LETTERS; v++) for (int i = 0; i < n; i++) {
        logits[v * N + i] = exponential(logits[v * N + i] - top[i]);
        sum[i] += logits[v * N + i];
    }
    for (int i = 0; i < n; i++) if (i % m->places < m->context) *loss += logarithm(sum[i]);
}

/* ---- and back: d_... is how the loss changes with ... ------------------------------------------------------------------ */

static void transpose(float *restrict to, const float *restrict from, int rows, int row, int columns) {     /* rows filled up with 0 */
    int width = up(rows, STEP);
    for (int c = 0; c < columns; c++) for (int r = rows; r < width; r++) to[c * width + r] = 0;
    for (int r = 0; r < rows; r++) for (int c = 0; c < columns; c++) to[c * width + r] = from[r * row + c];
}

/* The gradient of a matrix: out[k][f] = sum over places of x[k] * d[f]. The one with fewer rows is turned round. */
static void matrix_gradient(const Memory *m, float *restrict out, const float *x, int K, const float *d, int F, int n) {
    int turn_x = K < F, few = turn_x ? K : F, many = turn_x ? F : K, width = up(few, STEP);
    float *restrict product = m->product;
    transpose(m->turned, turn_x ? x : d, few, m->N, n);
    multiply(product, width, many, width, turn_x ? d : x, m->N, 1, m->turned, width, n);
    for (int k = 0; k < K; k++) for (int f = 0; f < F; f++) out[k * F + f] = product[turn_x ? f * width + k : k * width + f];
}

/* d becomes what it is before the normalisation, and is added to d_h; the scale's gradient is a sum over places, one by one */
static void normalise_back(const Memory *m, int n, float *restrict d, Weights scale, const float *restrict normal,
                           const float *restrict inverse, float *restrict d_scale, float *restrict d_h) {
    int N = m->N;
    float *restrict mean = m->sum, *restrict with = m->top;
    for (int i = 0; i < n; i++) mean[i] = with[i] = 0;
    for (int f = 0; f < m->d; f++) {
        float total[STEP] = {0};            /* sixteen sums, so that it is quick, and then one */
        for (int i = 0; i < n; i += STEP) for (int s = 0; s < STEP; s++) total[s] += d[f * N + i + s] * normal[f * N + i + s];
        for (int by = STEP / 2; by; by /= 2) for (int s = 0; s < by; s++) total[s] += total[s + by];
        d_scale[f] = total[0];
        for (int i = 0; i < n; i++) {
            d[f * N + i] *= scale[f];
            mean[i] += d[f * N + i];
            with[i] += d[f * N + i] * normal[f * N + i];
        }
    }
    for (int i = 0; i < n; i++) mean[i] /= (float)m->d;
    for (int i = 0; i < n; i++) with[i] /= (float)m->d;
    for (int f = 0; f < m->d; f++) for (int i = 0; i < n; i++)
        d_h[f * N + i] += (d[f * N + i] - mean[i] - normal[f * N + i] * with[i]) * inverse[i];
}

/* From d_found to the gradients of q, k and v */
static void attend_back(const Memory *m, const Block *b, int windows, const float *d_found, float *d_qkv) {
    int d = m->d, N = m->N, P = m->places, size = m->size;
    const float root = 1 / __builtin_sqrtf((float)size);
    float *restrict d_score = m->d_score, *turned = d_score + P * P, *restrict sum = m->sum;
    for (int w = 0; w < windows; w++) for (int head = 0; head < m->heads; head++) {
        int at = head * size * N + w * P;
        const float *q = b->qkv + at, *k = q + d * N, *v = k + d * N, *df = d_found + at;
        float *dq = d_qkv + at, *dk = dq + d * N, *dv = dk + d * N;
        const float *restrict share = b->share + (w * m->heads + head) * P * P;
        transpose(turned, share, P, P, P);
        multiply(dv, N, size, P, df, N, 1, turned, P, P);
        multiply(d_score, P, P, P, v, 1, N, df, N, size);
        for (int i = 0; i < P; i++) sum[i] = 0;
        for (int j = 0; j < P; j++) for (int i = 0; i < P; i++) sum[i] += d_score[j * P + i] * share[j * P + i];
        for (int j = 0; j < P; j++) for (int i = 0; i < P; i++)
            d_score[j * P + i] = share[j * P + i] * (d_score[j * P + i] - sum[i]) * root;
        multiply(dq, N, size, P, k, N, 1, d_score, P, P);
        transpose(turned, d_score, P, P, P);
        multiply(dk, N, size, P, q, N, 1, turned, P, P);
    }
}

/* logits become d_logits = (softmax - onehot) / count, and 0 where a window was filled up */
static void guess_back(const Memory *m, int n, float count) {
    int N = m->N;
    float *restrict logits = m->logits, *restrict factor = m->top;
    for (int i = 0; i < n; i++) factor[i] = i % m->places < m->context ? 1 / (m->sum[i] * count) : 0;
    for (int v = 0; v < LETTERS; v++) for (int i = 0; i < n; i++) logits[v * N + i] *= factor[i];
    for (int i = 0; i < n; i++) if (i % m->places < m->context) logits[m->y[i] * N + i] -= 1 / count;
}

/* ---- a batch ----------------------------------------------------------------------------------------------------------- */

EXPORT void language_gradient(const Language *p) {
    Memory memory, *m = &memory;
    place(p, p->memory, m);
    int d = m->d, N = m->N, context = m->context;
    Weights letters = p->weights, places = letters + LETTERS * d, blocks = places + context * d;
    const int SCALE_A = 0, QKV = d, OUT = QKV + 3 * d * d, SCALE_B = OUT + d * d, UP = SCALE_B + d;
    const int DOWN = UP + 4 * d * d, ALL = DOWN + 4 * d * d;                /* of a block */
    Weights scale = blocks + m->blocks * ALL, last = scale + d;
    double loss = 0, errors = 0;
    for (u64 from = 0; from < p->count; from += p->batch) {         /* for a gradient there is one such part */
        int windows = p->count - from < p->batch ? p->count - from : p->batch, n = windows * m->places;
        for (int i = 0; i < n; i++) {
            int t = i % m->places;
            const unsigned char *window = p->windows + (from + i / m->places) * (context + 1);
            m->x[i] = t < context ? window[t] : 0;
            m->y[i] = t < context ? window[t + 1] : 0;
        }
        embed(m, letters, places, windows);
        for (int b = 0; b < m->blocks; b++) {
            const Block *k = m->block + b;
            Weights w = blocks + b * ALL;
            normalise_places(m, n, m->h, w + SCALE_A, k->normal_a, k->inverse_a, k->a);
            multiply(k->qkv, N, 3 * d, n, w + QKV, 1, 3 * d, k->a, N, d);
            attend(m, k, windows);
            multiply(m->d_in, N, d, n, w + OUT, 1, d, k->found, N, d);
            add(m->h, m->d_in, d * N);
            normalise_places(m, n, m->h, w + SCALE_B, k->normal_c, k->inverse_c, k->c);
            multiply(k->on, N, 4 * d, n, w + UP, 1, 4 * d, k->c, N, d);
            relu(k->on, 4 * d * N);
            multiply(m->d_in, N, d, n, w + DOWN, 1, d, k->on, N, 4 * d);
            add(m->h, m->d_in, d * N);
        }
        normalise_places(m, n, m->h, scale, m->normal, m->inverse, m->last);
        multiply(m->logits, N, LETTERS, n, last, 1, LETTERS, m->last, N, d);
        guess(m, n, &loss, &errors);
        if (!p->gradient) continue;

        float *g_blocks = p->gradient + (blocks - letters), *g_scale = p->gradient + (scale - letters);
        guess_back(m, n, windows * context);
        matrix_gradient(m, g_scale + d, m->last, d, m->logits, LETTERS, n);
        multiply(m->d_in, N, d, n, last, LETTERS, 1, m->logits, N, LETTERS);
        for (int j = 0; j < d * N; j++) m->d_h[j] = 0;
        normalise_back(m, n, m->d_in, scale, m->normal, m->inverse, g_scale, m->d_h);
        for (int b = m->blocks; b--;) {
            const Block *k = m->block + b;
            Weights w = blocks + b * ALL;
            float *g = g_blocks + b * ALL;
            matrix_gradient(m, g + DOWN, k->on, 4 * d, m->d_h, d, n);
            multiply(m->d_wide, N, 4 * d, n, w + DOWN, d, 1, m->d_h, N, d);
            for (int j = 0; j < 4 * d * N; j += LANES) store(m->d_wide + j, positive(load(m->d_wide + j), load(k->on + j)));
            matrix_gradient(m, g + UP, k->c, d, m->d_wide, 4 * d, n);
            multiply(m->d_in, N, d, n, w + UP, 4 * d, 1, m->d_wide, N, 4 * d);
            normalise_back(m, n, m->d_in, w + SCALE_B, k->normal_c, k->inverse_c, g + SCALE_B, m->d_h);
            matrix_gradient(m, g + OUT, k->found, d, m->d_h, d, n);
            multiply(m->d_in, N, d, n, w + OUT, d, 1, m->d_h, N, d);
            attend_back(m, k, windows, m->d_in, m->d_wide);
            matrix_gradient(m, g + QKV, k->a, d, m->d_wide, 3 * d, n);
            multiply(m->d_in, N, d, n, w + QKV, 3 * d, 1, m->d_wide, N, 3 * d);
            normalise_back(m, n, m->d_in, w + SCALE_A, k->normal_a, k->inverse_a, g + SCALE_A, m->d_h);
        }
        for (int j = 0; j < (LETTERS + context) * d; j++) p->gradient[j] = 0;
        transpose(m->turned, m->d_h, d, N, n);
        for (int i = 0; i < n; i++) if (i % m->places < context) {
            const float *row = m->turned + i * up(d, STEP);
            add(p->gradient + m->x[i] * d, row, d);
            add(p->gradient + (LETTERS + i % m->places) * d, row, d);
        }
    }
    p->figures[0] = loss;
    p->figures[1] = errors;
}

/* ---- training ---------------------------------------------------------------------------------------------------------- */

/* Clip: a gradient longer than `norm` is made that long */
static void clip(float *restrict g, int size, double norm) {
    double sum[STEP];                       /* sixteen sums, and then one */
    for (int i = 0; i < STEP; i++) sum[i] = 0;
    for (int j = 0; j < size / STEP * STEP; j += STEP) for (int i = 0; i < STEP; i++) sum[i] += (double)g[j + i] * g[j + i];
    for (int j = size / STEP * STEP; j < size; j++) sum[0] += (double)g[j] * g[j];
    for (int by = STEP / 2; by; by /= 2) for (int i = 0; i < by; i++) sum[i] += sum[i + by];
    float factor = norm / (__builtin_sqrt(sum[0]) + 1e-6);
    if (!(factor >= 1)) for (int j = 0; j < size; j++) g[j] *= factor;
}

/* kernel.c's step for all weights; weight decay acts on matrices alone */
static void all_steps(const Language *p, const Problem *how, const Net *net, const Step *o, const float *g) {
    int d = p->width, at = 0;
    Step bare = *o;
    if (how->optimizer == ADAMW) bare.share = 1;
    const int VECTORS = (LETTERS + (int)p->context) * d, ATTENTION = 4 * d * d, LAYER = 8 * d * d;
#define PART(kind, n, decay) step(how, net, kind, at, n, g + at, decay); at += n;
    PART(o, VECTORS, o->decay)
    for (u64 b = 0; b < p->blocks; b++) {
        PART(&bare, d, 0) PART(o, ATTENTION, o->decay)
        PART(&bare, d, 0) PART(o, LAYER, o->decay)
    }
    PART(&bare, d, 0) PART(o, LETTERS * d, o->decay)
}

EXPORT void language_train(const Language *p, Text *t) {
    const Problem *how = t->how;
    Run *run = t->run;
    int size = t->size, length = p->context + 1;
    float *restrict w = run->weights, *restrict m = t->state, *restrict s = m + size, *restrict average = s + size, *g = average + size;
    unsigned char *windows = (unsigned char *)(g + size);
    const float beta = t->beta, rest = 1 - t->beta;
    double loss = 0, errors = 0, figures[2];
    Language batch = *p;
    Net net;
    batch.weights = w; batch.gradient = g; batch.windows = windows; batch.figures = figures; batch.count = p->batch;
    net.w = w; net.m = m; net.s = s;
    if (!t->begun) {
        for (int j = 0; j < size; j++) m[j] = s[j] = how->optimizer == SCHEDULE_FREE ? w[j] : 0;
        run->power1 = run->power2 = 1;
        run->total = 0;
    }
    for (u64 k = 0; k < t->updates; k++) {
        for (u64 i = 0; i < p->batch; i++)
            for (int c = 0; c < length; c++) windows[i * length + c] = t->text[t->starts[k * p->batch + i] + c];
        language_gradient(&batch);
        loss += figures[0];
        errors += figures[1];
        if (t->clipped) clip(g, size, t->norm);
        Step o = this_step(how, run, run->rates[k]);
        all_steps(p, how, &net, &o, g);
        for (int j = 0; t->averaged && j < size; j++) average[j] = t->begun ? beta * average[j] + rest * w[j] : w[j];
        t->begun = 1;
    }
    const float *result = t->averaged ? average : how->optimizer == SCHEDULE_FREE ? s : w;
    for (int j = 0; j < size; j++) t->tested[j] = result[j];
    run->figures[0] = loss;
    run->figures[1] = errors;
}
