/* Co-occurrence counts of one offset and the sums their Haralick properties are made of.
 *
 * A pair of levels a, b is counted once, at (|a - b|, min(a, b)): half a matrix, few rows of it
 * for a smooth image, and contrast, dissimilarity and homogeneity are sums over its rows. All
 * sums but two are of integers, so they are exact, whatever the order and the instruction set.
 */
#ifndef FEATCLS_GLCM_ROWS_H
#define FEATCLS_GLCM_ROWS_H

#include <math.h>

#include "simd.h"

#define GLCM_TABLES 4       /* taken in turn: equal pairs in a row do not wait for each other */
#define GLCM_CHUNK 64       /* pairs made ready at a time, while the chunk before is counted */
#define GLCM_BYTE_LEVELS 16 /* up to here a cell number fits a byte, and two pairs one key */

enum glcm_property {
    GLCM_CONTRAST, GLCM_DISSIMILARITY, GLCM_HOMOGENEITY, GLCM_ASM, GLCM_ENERGY,
    GLCM_CORRELATION, GLCM_MEAN, GLCM_VARIANCE, GLCM_STD, GLCM_ENTROPY, GLCM_PROPERTIES
};

/* Sums over the pairs, or over the cells of the matrix that they make. */
typedef struct {
    uint64_t pairs, contrast, dissimilarity;     /* pairs: 1, (i - j)^2, |i - j| */
    double homogeneity;                          /* pairs: 1 / (1 + (i - j)^2) */
    uint64_t total, squares, i, ii, j, jj, ij;   /* cells: p, p^2, p i, ... */
    double p_log_p;
} glcm_sums;

/* What one offset of one image is counted with. */
typedef struct {
    const uint8_t *image, *mask; /* rows x cols; mask may be NULL */
    long rows, cols, dr, dc;
    long levels;                 /* in use, at least 2 */
} glcm_task;

/* Working memory of one thread; all zero between offsets. */
typedef struct {
    uint16_t *tables;   /* GLCM_TABLES of glcm_table_size */
    uint32_t *cells;    /* (levels * glcm_stride) counts, merged */
    uint32_t *marginal; /* (levels,) */
} glcm_work;

/* Rows of the half matrix lie this far apart: off the powers of two, which share cache sets. */
SIMD_INLINE long glcm_stride(long levels) { return levels | 1; }

/* A cell no pair can reach, difference 1 above the highest level: masked pairs go there. */
SIMD_INLINE long glcm_trash(long levels) { return glcm_stride(levels) + levels - 1; }

/* One more than the highest number that a pair, or a masked one, can get. */
SIMD_INLINE long glcm_numbers(long levels)
{
    const long last = (levels - 1) * glcm_stride(levels), trash = glcm_trash(levels);
    return (last > trash ? last : trash) + 1;
}

/* Entries from one table to the next: whole pages and a quarter of a row, since a load waits for
 * an earlier store to the same place in another page. */
SIMD_INLINE long glcm_table_size(long levels)
{
    const long numbers = glcm_numbers(levels);
    const long entries = levels <= GLCM_BYTE_LEVELS ? numbers * numbers : numbers;
    return (entries + 1023) / 1024 * 1024 + glcm_stride(levels) / 4;
}

/* A chunk of two rows of levels and of their masks. */
typedef struct {
    const uint8_t *a, *b, *mask_a, *mask_b;
} glcm_chunk;

/* Numbers of a chunk of pairs, masked ones in the trash; `top` keeps the largest differences. */
SIMD_INLINE void glcm_number_pairs(
    const glcm_chunk *chunk, uint16_t stride, uint16_t trash, uint16_t *numbers, uint8_t *top)
{
    const uint8_t *const a = chunk->a, *const b = chunk->b;
    for (int c = 0; c < GLCM_CHUNK; c++) {
        const uint8_t low = a[c] < b[c] ? a[c] : b[c], high = a[c] < b[c] ? b[c] : a[c];
        const uint8_t difference = high - low;
        numbers[c] = (uint16_t)((uint16_t)difference * stride + low);
        top[c] = difference > top[c] ? difference : top[c];
    }
    if (chunk->mask_a)
        for (int c = 0; c < GLCM_CHUNK; c++)
            numbers[c] = (chunk->mask_a[c] | chunk->mask_b[c]) ? trash : numbers[c];
}

/* Copy of the last `n` pairs of a row into `space`, filled up with masked ones. */
SIMD_INLINE glcm_chunk glcm_fill_up(glcm_chunk c, long n, uint8_t space[3][GLCM_CHUNK])
{
    memcpy(space[0], c.a, n);
    memcpy(space[1], c.b, n);
    memset(space[0] + n, 0, GLCM_CHUNK - n);
    memset(space[1] + n, 0, GLCM_CHUNK - n);
    memset(space[2], 0, n);
    memset(space[2] + n, 1, GLCM_CHUNK - n);
    if (c.mask_a)
        for (long k = 0; k < n; k++)
            space[2][k] = c.mask_a[k] | c.mask_b[k];
    return (glcm_chunk){space[0], space[1], space[2], space[2]};
}

/* Count keys four at a time, each in its own table. */
SIMD_INLINE void glcm_count_keys(const uint16_t *keys, long n, uint16_t *tables, long table_size)
{
    uint16_t *t0 = tables, *t1 = t0 + table_size, *t2 = t1 + table_size, *t3 = t2 + table_size;
    for (long c = 0; c < n; c += 4) {
        uint64_t four;
        memcpy(&four, keys + c, sizeof four);
        t0[four & 0xffff]++;
        t1[four >> 16 & 0xffff]++;
        t2[four >> 32 & 0xffff]++;
        t3[four >> 48]++;
    }
}

/* Add the tables up into work->cells and zero them. */
SIMD_CLONES static void glcm_merge(long levels, int largest, const glcm_work *work)
{
    const long size = glcm_table_size(levels), stride = glcm_stride(levels);
    const long numbers = glcm_numbers(levels);
    uint16_t *const t0 = work->tables, *const t1 = t0 + size, *const t2 = t1 + size;
    uint16_t *const t3 = t2 + size;
    uint32_t *const cells = work->cells;

    if (levels <= GLCM_BYTE_LEVELS) {
        for (long high = 0; high < numbers; high++) {
            uint32_t sum = 0;
            for (long low = 0; low < numbers; low++) {
                const long k = high * numbers + low;
                const uint32_t count = (uint32_t)t0[k] + t1[k] + t2[k] + t3[k];
                cells[low] += count;
                sum += count;
                t0[k] = t1[k] = t2[k] = t3[k] = 0;
            }
            cells[high] += sum;
        }
        return;
    }
    for (long d = 0; d <= largest; d++)
        for (long k = d * stride; k < d * stride + levels - d; k++) {
            cells[k] += (uint32_t)t0[k] + t1[k] + t2[k] + t3[k];
            t0[k] = t1[k] = t2[k] = t3[k] = 0;
        }
}

SIMD_INLINE int glcm_largest(const uint8_t *top)
{
    int largest = 0;
    for (int c = 0; c < GLCM_CHUNK; c++)
        largest = top[c] > largest ? top[c] : largest;
    return largest;
}

/* A chunk is counted after the next one is numbered, so that the counting, which waits for
 * memory, and the numbering go on side by side. */
SIMD_INLINE int glcm_count_either(const glcm_task *task, const glcm_work *work, int narrow)
{
    const long dr = task->dr, dc = task->dc, levels = task->levels;
    const long first = dc < 0 ? -dc : 0, n = task->cols - (dc < 0 ? -dc : dc);
    const long size = glcm_table_size(levels);
    const int chunk_keys = narrow ? GLCM_CHUNK / 2 : GLCM_CHUNK;
    const uint16_t stride = (uint16_t)glcm_stride(levels), trash = (uint16_t)glcm_trash(levels);
    const uint16_t base = (uint16_t)glcm_numbers(levels);
    uint16_t ring[2][GLCM_CHUNK];
    uint8_t top[GLCM_CHUNK] = {0}, space[3][GLCM_CHUNK];
    int turn = 0;
    long room = UINT16_MAX - chunk_keys;

    for (int k = 0; k < GLCM_CHUNK; k++)
        ring[1][k] = narrow ? (uint16_t)(trash * base + trash) : trash;

    for (long r = dr < 0 ? -dr : 0; n > 0 && r < task->rows - (dr < 0 ? 0 : dr); r++) {
        const long here = r * task->cols + first, there = here + dr * task->cols + dc;
        for (long c = 0; c < n; c += GLCM_CHUNK, turn ^= 1) {
            uint16_t *const numbers = ring[turn];
            glcm_chunk chunk = {task->image + here + c, task->image + there + c, NULL, NULL};
            if (task->mask) {
                chunk.mask_a = task->mask + here + c;
                chunk.mask_b = task->mask + there + c;
            }
            if (n - c < GLCM_CHUNK)
                chunk = glcm_fill_up(chunk, n - c, space);
            glcm_number_pairs(&chunk, stride, trash, numbers, top);
            if (narrow) /* two pairs to a key */
                for (int k = 0; k < GLCM_CHUNK / 2; k++)
                    numbers[k] = (uint16_t)(numbers[k] * base + numbers[k + GLCM_CHUNK / 2]);
            glcm_count_keys(ring[turn ^ 1], chunk_keys, work->tables, size);
            room -= chunk_keys / GLCM_TABLES;
            if (room < chunk_keys) { /* a table cell could soon be full */
                glcm_merge(levels, glcm_largest(top), work);
                room = UINT16_MAX - chunk_keys;
            }
        }
    }
    glcm_count_keys(ring[turn ^ 1], chunk_keys, work->tables, size);
    glcm_merge(levels, glcm_largest(top), work);
    return glcm_largest(top);
}

/* Count one offset into work->cells; returns the largest difference of levels. */
SIMD_CLONES static int glcm_count(const glcm_task *task, const glcm_work *work)
{
    if (task->levels <= GLCM_BYTE_LEVELS)
        return glcm_count_either(task, work, 1);
    return glcm_count_either(task, work, 0);
}

/* Natural logarithm of a positive number, in plain arithmetic: the C library's may use other
 * instructions, and so give other bits, on another machine. */
static double glcm_log(double x)
{
    int exponent;
    double m = frexp(x, &exponent), z, zz, series = 0.0;
    if (m < 0.70710678118654752) {
        m *= 2.0;
        exponent--;
    }
    z = (m - 1.0) / (m + 1.0);
    zz = z * z;
    for (int k = 21; k > 0; k -= 2)
        series = series * zz + 1.0 / k;
    return exponent * 0.69314718055994531 + 2.0 * z * series;
}

static void glcm_add_entropy(const uint32_t *row, long n, int diagonal, glcm_sums *sums)
{
    for (long k = 0; k < n; k++)
        if (row[k]) {
            const double cell = diagonal ? 2.0 * row[k] : row[k];
            sums->p_log_p += (diagonal ? 1.0 : 2.0) * cell * glcm_log(cell);
        }
}

/* Sums of the symmetric matrix whose half stands in `table`. */
SIMD_CLONES static void glcm_sum_half(
    const uint32_t *table, long levels, int largest, int entropy, uint32_t *marginal,
    glcm_sums *sums)
{
    memset(sums, 0, sizeof *sums);
    memset(marginal, 0, levels * sizeof *marginal);
    for (long d = 0; d <= largest; d++) {
        const uint32_t *const row = table + d * glcm_stride(levels);
        const long n = levels - d;
        uint32_t count = 0;
        uint64_t squares = 0;
        for (long k = 0; k < n; k++) {
            count += row[k];
            squares += (uint64_t)row[k] * row[k];
            marginal[k] += row[k];
        }
        for (long k = 0; k < n; k++)
            marginal[k + d] += row[k];
        sums->pairs += count;
        sums->contrast += (uint64_t)count * (uint64_t)(d * d);
        sums->dissimilarity += (uint64_t)count * (uint64_t)d;
        sums->homogeneity += count / (1.0 + (double)(d * d));
        sums->squares += (d == 0 ? 4 : 2) * squares;
        if (entropy && count)
            glcm_add_entropy(row, n, d == 0, sums);
    }
    for (long k = 0; k < levels; k++) {
        sums->i += (uint64_t)marginal[k] * (uint64_t)k;
        sums->ii += (uint64_t)marginal[k] * (uint64_t)(k * k);
    }
    sums->total = 2 * sums->pairs;
    sums->j = sums->i;
    sums->jj = sums->ii;
    sums->ij = sums->ii - sums->contrast;
}

/* a b - c d over `over` squared; the difference is exact. */
static double glcm_moment(uint64_t a, uint64_t b, uint64_t c, uint64_t d, double over)
{
    const __int128 exact = (__int128)a * b - (__int128)c * d;
    return (double)exact / (over * over);
}

/* Properties as scikit-image defines them; `lowest` is the level that the image counts from. */
static void glcm_finish(const glcm_sums *s, uint64_t lowest, double *out)
{
    const double pairs = s->pairs ? (double)s->pairs : 1.0;
    const double total = s->pairs ? (double)s->total : 1.0;
    const double variance = glcm_moment(s->total, s->ii, s->i, s->i, total);
    const double variance_j = glcm_moment(s->total, s->jj, s->j, s->j, total);
    const double covariance = glcm_moment(s->total, s->ij, s->i, s->j, total);

    out[GLCM_CONTRAST] = (double)s->contrast / pairs;
    out[GLCM_DISSIMILARITY] = (double)s->dissimilarity / pairs;
    out[GLCM_HOMOGENEITY] = s->homogeneity / pairs;
    out[GLCM_ASM] = (double)s->squares / (total * total);
    out[GLCM_ENERGY] = sqrt(out[GLCM_ASM]);
    out[GLCM_CORRELATION] = variance == 0.0 || variance_j == 0.0
        ? 1.0 : covariance / (sqrt(variance) * sqrt(variance_j));
    out[GLCM_MEAN] = (double)(s->i + lowest * s->total) / total;
    out[GLCM_VARIANCE] = variance;
    out[GLCM_STD] = sqrt(variance);
    out[GLCM_ENTROPY] = s->pairs ? glcm_log(total) - s->p_log_p / total : 0.0;
}

/* Properties of one offset of an 8-bit image, symmetric counts. */
static void glcm_half_properties(
    const glcm_task *task, const glcm_work *work, int entropy, uint64_t lowest, double *out)
{
    const long levels = task->levels, stride = glcm_stride(levels);
    const int largest = glcm_count(task, work);
    glcm_sums sums;
    glcm_sum_half(work->cells, levels, largest, entropy, work->marginal, &sums);
    glcm_finish(&sums, lowest, out);
    memset(work->cells, 0, (levels <= GLCM_BYTE_LEVELS ? levels : largest + 1) * stride
                               * sizeof(uint32_t));
}

#endif
