/* Symmetric co-occurrence counts of one offset in tables of the levels in use.
 *
 * A pair of levels a, b is counted once, at (|a - b|, min(a, b)): half a matrix, few rows of it
 * for a smooth image. glcm_half.h sums it up.
 *
 * Masked pixels have the level after the last: their pairs get cells of their own, one more in
 * each row, that no sum reads. Only where all 256 levels are in use it takes a look at the mask.
 */
#ifndef FEATCLS_GLCM_ROWS_H
#define FEATCLS_GLCM_ROWS_H

#include "simd.h"

#define GLCM_TABLES 4       /* taken in turn: equal pairs in a row do not wait for each other */
#define GLCM_CHUNK 64       /* pairs made ready at a time, while the chunk before is counted */
#define GLCM_BYTE_LEVELS 21 /* up to here a number fits a byte, and two pairs one key */

/* What one offset of one image is counted with. */
typedef struct {
    const uint8_t *image; /* rows x cols */
    const uint8_t *mask;  /* NULL where no pixel is masked or those are marked by their level */
    long rows, cols, dr, dc;
    long levels;          /* in use, at least 2 */
} glcm_task;

/* Working memory of one thread; all zero between offsets. */
typedef struct {
    uint16_t *tables;   /* GLCM_TABLES of glcm_table_size */
    uint32_t *cells;    /* (glcm_numbers,) counts, merged */
    uint32_t *marginal; /* (levels,) */
    uint32_t *sums;     /* (2 * levels,) pairs at each sum of levels */
} glcm_work;

/* Number of the first pair of each row of the half matrix, of levels that differ by `d`. A row has
 * a cell more than levels that do, for a masked pixel. Rows of few levels lie end to end, others
 * as far apart: off the powers of two, which share cache sets. */
SIMD_INLINE long glcm_row(long levels, long d)
{
    return levels <= GLCM_BYTE_LEVELS ? d * (2 * levels + 3 - d) / 2 : d * ((levels + 1) | 1);
}

/* Cells of the half matrix. Pairs hidden by a mask get number `levels`, as two marked pixels do. */
SIMD_INLINE long glcm_numbers(long levels) { return glcm_row(levels, levels + 1); }

/* Entries from one table to the next: whole pages and a quarter of a row, since a load waits for
 * an earlier store to the same place in another page. */
SIMD_INLINE long glcm_table_size(long levels)
{
    const long numbers = glcm_numbers(levels);
    const long entries = levels <= GLCM_BYTE_LEVELS ? numbers * numbers : numbers;
    return (entries + 1023) / 1024 * 1024 + levels / 4;
}

/* A chunk of two rows of levels and of their masks. */
typedef struct {
    const uint8_t *a, *b, *mask_a, *mask_b;
} glcm_chunk;

/* Numbers of a chunk of pairs; `top` keeps the largest differences. */
SIMD_INLINE void glcm_number_pairs(
    const glcm_chunk *chunk, long levels, uint16_t *numbers, uint8_t *top)
{
    const uint8_t *const a = chunk->a, *const b = chunk->b;
    const uint16_t stride = (uint16_t)glcm_row(levels, 1), ends = (uint16_t)(2 * levels + 3);
    for (int c = 0; c < GLCM_CHUNK; c++) {
        const uint8_t low = a[c] < b[c] ? a[c] : b[c], high = a[c] < b[c] ? b[c] : a[c];
        const uint8_t difference = high - low;
        const uint16_t d = difference;
        const uint16_t row = levels <= GLCM_BYTE_LEVELS ? (uint16_t)(d * (ends - d)) >> 1
                                                        : (uint16_t)(d * stride);
        numbers[c] = (uint16_t)(row + low);
        top[c] = difference > top[c] ? difference : top[c];
    }
    if (chunk->mask_a)
        for (int c = 0; c < GLCM_CHUNK; c++)
            numbers[c] = (chunk->mask_a[c] | chunk->mask_b[c]) ? (uint16_t)levels : numbers[c];
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
    const long size = glcm_table_size(levels), numbers = glcm_numbers(levels);
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
    for (long d = 0; d <= largest; d++) {
        const long first = glcm_row(levels, d);
        for (long k = first; k <= first + levels - d; k++) {
            cells[k] += (uint32_t)t0[k] + t1[k] + t2[k] + t3[k];
            t0[k] = t1[k] = t2[k] = t3[k] = 0;
        }
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
    const uint16_t base = (uint16_t)glcm_numbers(levels), masked = (uint16_t)levels;
    uint16_t ring[2][GLCM_CHUNK];
    uint8_t top[GLCM_CHUNK] = {0}, space[3][GLCM_CHUNK];
    int turn = 0;
    long room = UINT16_MAX - chunk_keys;

    for (int k = 0; k < GLCM_CHUNK; k++)
        ring[1][k] = narrow ? (uint16_t)(masked * base + masked) : masked;

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
            glcm_number_pairs(&chunk, levels, numbers, top);
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

#endif
