/* Properties of a symmetric matrix of which glcm_rows.h counted half: contrast, dissimilarity and
 * homogeneity are sums over its rows. */
#ifndef FEATCLS_GLCM_HALF_H
#define FEATCLS_GLCM_HALF_H

#include "glcm_properties.h"
#include "glcm_rows.h"

/* Pairs at each sum of levels, and from them their n log n. */
static glcm_logs glcm_half_sum_logs(
    const glcm_work *work, long levels, int largest, const uint64_t *logs)
{
    memset(work->sums, 0, 2 * levels * sizeof *work->sums);
    for (long d = 0; d <= largest; d++)
        for (long k = 0; k < levels - d; k++)
            work->sums[2 * k + d] += work->cells[glcm_row(levels, d) + k];
    return glcm_sum_logs(work->sums, 2 * levels, logs);
}

/* n log n of the two cells, on the diagonal one, that each entry of a row stands for. */
static glcm_logs glcm_half_cell_logs(
    const uint32_t *row, long n, int diagonal, const uint64_t *logs)
{
    glcm_logs sum = 0;
    if (!diagonal)
        return 2 * glcm_sum_logs(row, n, logs);
    for (long k = 0; k < n; k++)
        sum += glcm_n_log_n(2 * (uint64_t)row[k], logs);
    return sum;
}

/* Sums of the symmetric matrix whose half stands in work->cells. */
SIMD_CLONES static void glcm_sum_half(
    const glcm_work *work, long levels, int largest, unsigned wanted, const uint64_t *logs,
    glcm_sums *sums)
{
    uint32_t *const marginal = work->marginal;

    memset(sums, 0, sizeof *sums);
    memset(marginal, 0, levels * sizeof *marginal);
    for (long d = 0; d <= largest; d++) {
        const uint32_t *const row = work->cells + glcm_row(levels, d);
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
        glcm_add_difference((uint64_t)d, count, wanted, logs, sums);
        sums->squares += (d == 0 ? 4 : 2) * squares;
        if (wanted & GLCM_NEED_CELL_LOGS)
            sums->cells += glcm_half_cell_logs(row, n, d == 0, logs);
    }
    for (long k = 0; k < levels; k++) {
        sums->i += (uint64_t)marginal[k] * (uint64_t)k;
        sums->ii += (uint64_t)marginal[k] * (uint64_t)(k * k);
    }
    sums->total = 2 * sums->pairs;
    sums->j = sums->i;
    sums->jj = sums->ii;
    sums->ij = sums->ii - sums->contrast;
    if (wanted & GLCM_NEED_LEVEL_LOGS)
        sums->first = sums->second = glcm_sum_logs(marginal, levels, logs);
    if (wanted & GLCM_NEED_SUM_LOGS)
        sums->pair_sums = glcm_half_sum_logs(work, levels, largest, logs);
}

/* Properties of one offset of an 8-bit image, symmetric counts. */
static void glcm_half_properties(
    const glcm_task *task, const glcm_work *work, unsigned wanted, const uint64_t *logs,
    uint64_t lowest, double *out)
{
    const long levels = task->levels;
    const int counted = glcm_count(task, work), largest = counted < levels ? counted : levels - 1;
    glcm_sums sums;
    glcm_sum_half(work, levels, largest, wanted, logs, &sums);
    glcm_finish(&sums, lowest, out);
    memset(work->cells, 0, glcm_row(levels, counted + 1) * sizeof(uint32_t));
}

#endif
