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
#define GLCM_BYTE_LEVELS 16 /* up to here a cell number fits a byte, and two pairs one key */
#define GLCM_KEYS 65536

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

/* Working memory of one thread; see glcm_tables_size. */
typedef struct {
    uint32_t *tables;   /* GLCM_TABLES counts of cells */
    uint16_t *cells;    /* of one row of pairs */
    uint32_t *marginal; /* (levels,) */
} glcm_work;

/* Rows of the half matrix lie `stride` apart, off the powers of two that share cache sets. */
SIMD_INLINE long glcm_stride(long levels)
{
    return levels <= GLCM_BYTE_LEVELS ? levels : levels | 1;
}

SIMD_INLINE long glcm_table_size(long levels)
{
    return levels <= GLCM_BYTE_LEVELS ? GLCM_KEYS : levels * glcm_stride(levels) + 16;
}

/* A cell no pair can reach: difference 1 above the highest level. Masked pairs go there. */
SIMD_INLINE long glcm_trash(long levels) { return glcm_stride(levels) + levels - 1; }

/* Cells of n pairs; the largest difference seen so far is returned. */
SIMD_INLINE int glcm_cells_wide(
    const uint8_t *a, const uint8_t *b, long n, long stride, uint16_t *cells, int largest)
{
    uint8_t top = (uint8_t)largest;
    for (long c = 0; c < n; c++) {
        const uint8_t low = a[c] < b[c] ? a[c] : b[c], high = a[c] < b[c] ? b[c] : a[c];
        const uint8_t difference = high - low;
        cells[c] = (uint16_t)(difference * (uint16_t)stride + low);
        top = difference > top ? difference : top;
    }
    return top;
}

SIMD_INLINE int glcm_cells_narrow(
    const uint8_t *a, const uint8_t *b, long n, long stride, uint8_t *cells, int largest)
{
    uint8_t top = (uint8_t)largest;
    for (long c = 0; c < n; c++) {
        const uint8_t low = a[c] < b[c] ? a[c] : b[c], high = a[c] < b[c] ? b[c] : a[c];
        const uint8_t difference = high - low;
        cells[c] = (uint8_t)(difference * (uint8_t)stride + low);
        top = difference > top ? difference : top;
    }
    return top;
}

/* Count four 16-bit keys at a time, each in its own table. */
SIMD_INLINE void glcm_count_keys(const uint16_t *keys, long n, uint32_t *tables, long table_size)
{
    uint32_t *t0 = tables, *t1 = t0 + table_size, *t2 = t1 + table_size, *t3 = t2 + table_size;
    long c = 0;
    for (; c + 4 <= n; c += 4) {
        uint64_t four;
        memcpy(&four, keys + c, sizeof four);
        t0[four & 0xffff]++;
        t1[four >> 16 & 0xffff]++;
        t2[four >> 32 & 0xffff]++;
        t3[four >> 48]++;
    }
    for (; c < n; c++)
        t0[keys[c]]++;
}

/* Fill work->tables for one offset; returns the largest difference of levels. The tables are
 * zero on entry. */
SIMD_CLONES static int glcm_count(const glcm_task *task, const glcm_work *work)
{
    const long dr = task->dr, dc = task->dc, stride = glcm_stride(task->levels);
    const long first = dc < 0 ? -dc : 0, n = task->cols - (dc < 0 ? -dc : dc);
    const long size = glcm_table_size(task->levels);
    const int narrow = task->levels <= GLCM_BYTE_LEVELS;
    const uint16_t trash = (uint16_t)glcm_trash(task->levels);
    uint16_t *const cells = work->cells;
    uint8_t *const bytes = (uint8_t *)cells;
    int largest = 0;

    for (long r = dr < 0 ? -dr : 0; n > 0 && r < task->rows - (dr < 0 ? 0 : dr); r++) {
        const long here = r * task->cols + first, there = here + dr * task->cols + dc;
        const uint8_t *const m = task->mask ? task->mask + here : NULL;
        const uint8_t *const w = task->mask ? task->mask + there : NULL;
        if (narrow) {
            largest = glcm_cells_narrow(
                task->image + here, task->image + there, n, stride, bytes, largest);
            if (m)
                for (long c = 0; c < n; c++)
                    bytes[c] = (m[c] | w[c]) ? (uint8_t)trash : bytes[c];
            bytes[n] = (uint8_t)trash;
            glcm_count_keys(cells, (n + 1) / 2, work->tables, size);
        } else {
            largest = glcm_cells_wide(
                task->image + here, task->image + there, n, stride, cells, largest);
            if (m)
                for (long c = 0; c < n; c++)
                    cells[c] = (m[c] | w[c]) ? trash : cells[c];
            glcm_count_keys(cells, n, work->tables, size);
        }
    }
    return largest;
}

/* Add the tables into the first. Two-pair keys are taken apart into counts of cells. */
SIMD_CLONES static void glcm_merge(long levels, int largest, uint32_t *tables)
{
    const long size = glcm_table_size(levels);
    uint32_t *const t1 = tables + size, *const t2 = t1 + size, *const t3 = t2 + size;
    const long used = levels <= GLCM_BYTE_LEVELS ? GLCM_KEYS : (largest + 1) * glcm_stride(levels);
    for (long k = 0; k < used; k++)
        tables[k] += t1[k] + t2[k] + t3[k];
    if (levels > GLCM_BYTE_LEVELS)
        return;
    for (long k = 0; k < 256; k++)
        t1[k] = t2[k] = 0;
    for (long high = 0; high < 256; high++) {
        uint32_t sum = 0;
        for (long low = 0; low < 256; low++) {
            t1[low] += tables[high * 256 + low];
            sum += tables[high * 256 + low];
        }
        t2[high] = sum;
    }
    for (long k = 0; k < 256; k++)
        tables[k] = t1[k] + t2[k];
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
    const long size = glcm_table_size(task->levels);
    glcm_sums sums;
    const int largest = glcm_count(task, work);
    glcm_merge(task->levels, largest, work->tables);
    glcm_sum_half(work->tables, task->levels, largest, entropy, work->marginal, &sums);
    glcm_finish(&sums, lowest, out);
    /* leave the tables zero for the next offset */
    const long used = task->levels <= GLCM_BYTE_LEVELS
        ? GLCM_KEYS : (largest + 1) * glcm_stride(task->levels) + 1;
    const long trash = glcm_trash(task->levels) + 1;
    for (long t = 0; t < GLCM_TABLES; t++)
        memset(work->tables + t * size, 0, (used > trash ? used : trash) * sizeof(uint32_t));
}

#endif
