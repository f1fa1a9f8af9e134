/* From sums over the pairs of levels of one offset to the properties of its matrix.
 *
 * The sums are of integers, so they are exact whatever the order, the way of counting and the
 * instruction set. The sum behind homogeneity is not: it runs over rising differences. */
#ifndef FEATCLS_GLCM_PROPERTIES_H
#define FEATCLS_GLCM_PROPERTIES_H

#include <math.h>

#include "simd.h"

enum glcm_property {
    GLCM_CONTRAST, GLCM_DISSIMILARITY, GLCM_HOMOGENEITY, GLCM_ASM, GLCM_ENERGY,
    GLCM_CORRELATION, GLCM_MEAN, GLCM_VARIANCE, GLCM_STD, GLCM_ENTROPY, GLCM_SUM_AVERAGE,
    GLCM_SUM_VARIANCE, GLCM_SUM_ENTROPY, GLCM_DIFFERENCE_VARIANCE, GLCM_DIFFERENCE_ENTROPY,
    GLCM_IMC1, GLCM_IMC2, GLCM_PROPERTIES
};

/* What the properties wanted, one bit each, need beyond sums over the pairs. */
#define GLCM_NEED_LEVEL_LOGS (1u << GLCM_IMC1 | 1u << GLCM_IMC2)
#define GLCM_NEED_CELL_LOGS (1u << GLCM_ENTROPY | GLCM_NEED_LEVEL_LOGS)
#define GLCM_NEED_CELLS (1u << GLCM_ASM | 1u << GLCM_ENERGY | GLCM_NEED_CELL_LOGS)
#define GLCM_NEED_SUM_LOGS (1u << GLCM_SUM_ENTROPY)
#define GLCM_NEED_DIFFERENCE_LOGS (1u << GLCM_DIFFERENCE_ENTROPY)

/* Sums of n log n in units of 2^-48: integers, for the same reason. */
typedef unsigned __int128 glcm_logs;
#define GLCM_LOG_UNITS 281474976710656.0
#define GLCM_LOG_TABLE 512

typedef struct {
    uint64_t pairs, contrast, dissimilarity;     /* pairs: 1, (i - j)^2, |i - j| */
    double homogeneity;                          /* pairs: 1 / (1 + (i - j)^2) */
    uint64_t total, squares, i, ii, j, jj, ij;   /* cells: p, p^2, p i, ... */
    glcm_logs cells, first, second;              /* n log n of the cells and of both marginals */
    glcm_logs pair_sums, differences;            /* the same of the pairs at each i + j, |i - j| */
} glcm_sums;

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

/* exp(-x) for x >= 0, in plain arithmetic too. */
static double glcm_decay(double x)
{
    const int halvings = x < 1000.0 ? (int)(x / 0.69314718055994531) : 1442;
    const double rest = x < 1000.0 ? x - halvings * 0.69314718055994531 : 0.0;
    double series = 1.0;
    for (int k = 20; k > 0; k--)
        series = 1.0 - rest / k * series;
    return ldexp(series, -halvings);
}

static glcm_logs glcm_scaled_log(uint64_t n)
{
    return (glcm_logs)((double)n * glcm_log((double)n) * GLCM_LOG_UNITS);
}

/* What glcm_n_log_n looks small numbers up in. */
static void glcm_fill_logs(uint64_t *table)
{
    table[0] = 0;
    for (uint64_t n = 1; n < GLCM_LOG_TABLE; n++)
        table[n] = (uint64_t)glcm_scaled_log(n);
}

SIMD_INLINE glcm_logs glcm_n_log_n(uint64_t n, const uint64_t *table)
{
    return n < GLCM_LOG_TABLE ? table[n] : glcm_scaled_log(n);
}

static glcm_logs glcm_sum_logs(const uint32_t *counts, long n, const uint64_t *table)
{
    glcm_logs sum = 0;
    for (long k = 0; k < n; k++)
        sum += glcm_n_log_n(counts[k], table);
    return sum;
}

/* The `count` pairs whose levels differ by `d`; differences have to rise. */
SIMD_INLINE void glcm_add_difference(
    uint64_t d, uint64_t count, unsigned wanted, const uint64_t *table, glcm_sums *sums)
{
    sums->pairs += count;
    sums->contrast += count * (d * d);
    sums->dissimilarity += count * d;
    sums->homogeneity += (double)count / (1.0 + (double)(d * d));
    if (wanted & GLCM_NEED_DIFFERENCE_LOGS)
        sums->differences += glcm_n_log_n(count, table);
}

/* a b - c d over `over` squared; the difference is exact. */
static double glcm_moment(uint64_t a, uint64_t b, uint64_t c, uint64_t d, double over)
{
    const __int128 exact = (__int128)a * b - (__int128)c * d;
    return (double)exact / (over * over);
}

/* -sum p log p for p = n / total. */
static double glcm_entropy(glcm_logs n_log_n, double total)
{
    return glcm_log(total) - (double)n_log_n / GLCM_LOG_UNITS / total;
}

/* Information measures of correlation. As the marginals are those of the matrix itself, both
 * HXY1 and HXY2 of Haralick are HX + HY, and what they exceed HXY by is the information that
 * one level of a pair has of the other. */
static void glcm_information(const glcm_sums *s, double total, double *out)
{
    const double x = glcm_entropy(s->first, total), y = glcm_entropy(s->second, total);
    const double most = x > y ? x : y, shared = x + y - out[GLCM_ENTROPY];
    const double information = shared > 0.0 ? shared : 0.0;
    out[GLCM_IMC1] = most > 0.0 ? -information / most : 0.0;
    out[GLCM_IMC2] = sqrt(1.0 - glcm_decay(2.0 * information));
}

/* Properties as scikit-image and Haralick define them, logarithms to base e; `lowest` is the
 * level that the image counts from. Those that are not wanted may be anything. */
static void glcm_finish(const glcm_sums *s, uint64_t lowest, double *out)
{
    const double pairs = s->pairs ? (double)s->pairs : 1.0;
    const double total = s->pairs ? (double)s->total : 1.0;
    const double variance = glcm_moment(s->total, s->ii, s->i, s->i, total);
    const double variance_j = glcm_moment(s->total, s->jj, s->j, s->j, total);
    const double covariance = glcm_moment(s->total, s->ij, s->i, s->j, total);
    const uint64_t sum = s->i + s->j, sum_squares = s->ii + s->jj + 2 * s->ij;

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
    out[GLCM_ENTROPY] = glcm_entropy(s->cells, total);
    out[GLCM_SUM_AVERAGE] = (double)(sum + 2 * lowest * s->total) / total;
    out[GLCM_SUM_VARIANCE] = glcm_moment(s->total, sum_squares, sum, sum, total);
    out[GLCM_SUM_ENTROPY] = glcm_entropy(s->pair_sums, pairs);
    out[GLCM_DIFFERENCE_VARIANCE] =
        glcm_moment(s->pairs, s->contrast, s->dissimilarity, s->dissimilarity, pairs);
    out[GLCM_DIFFERENCE_ENTROPY] = glcm_entropy(s->differences, pairs);
    glcm_information(s, total, out);
}

#endif
