/* Sums over square windows, row by row: columns by adding the row that comes in and subtracting
 * the one that leaves; along the row by running totals, of which a window is the difference of
 * two. The cost does not depend on the window. Whole numbers are summed exactly; the order in
 * which others are added is written down and the same on every machine.
 */
#ifndef FEATCLS_WINDOWS_H
#define FEATCLS_WINDOWS_H

#include <stdlib.h>

#include "window_rows.h"

#define WINDOW_ALIGN 64

/* A row has `lead` columns, those of the image, and at least `half` more; the columns outside
 * the image hold its mirror image or zeros. The rows in the window and the one that leaves it
 * lie in a ring. */
typedef struct {
    long rows, cols, half, width, lead, stride, depth;
    int reflect, masked;
    void *memory;
    double *ring, *outside;         /* (depth, stride) pixels; a row of zeros */
    double *sum, *squares;          /* of columns; no squares: NULL */
    double *totals, *square_totals; /* of columns up to and including each; 0 before the first */
    int8_t *valid, *none, *all;     /* (depth, stride) 1 where a pixel counts; constant rows */
    int8_t *count_totals;
    int32_t *inside;                /* (cols) valid pixels of each window */
    int32_t *count;                 /* the same, 0 about masked pixels and where fewer than 2 */
} window;

typedef struct {
    const double *pixels;
    const int8_t *valid;
} window_line;

/* Buffers for images of this shape; 1 if out of memory. */
static int window_open(
    window *w, long rows, long cols, long half, int reflect, int masked, int squares)
{
    const long lead = (half + 15) / 16 * 16, stride = lead + (cols + half + 15) / 16 * 16;
    const long depth = 2 * half + 2;
    *w = (window){.rows = rows, .cols = cols, .half = half, .width = 2 * half + 1, .lead = lead,
                  .stride = stride, .depth = depth, .reflect = reflect, .masked = masked};
    w->memory = calloc(((depth + 5) * stride + 32) * sizeof(double) + 2 * stride * sizeof(int32_t)
                           + (depth + 4) * stride + WINDOW_ALIGN, 1);
    if (!w->memory)
        return 1;
    w->ring = (double *)(((uintptr_t)w->memory + WINDOW_ALIGN - 1) / WINDOW_ALIGN * WINDOW_ALIGN);
    w->outside = w->ring + depth * stride;
    w->sum = w->outside + stride;
    w->squares = squares ? w->sum + stride : NULL;
    w->totals = w->sum + 2 * stride + 16;
    w->square_totals = w->totals + stride + 16;
    w->inside = (int32_t *)(w->square_totals + stride);
    w->count = w->inside + stride;
    w->valid = (int8_t *)(w->count + stride);
    w->none = w->valid + depth * stride;
    w->all = w->none + stride;
    w->count_totals = w->all + 2 * stride;
    const long border = reflect ? half : 0;
    memset(w->all + lead - border, 1, cols + 2 * border);
    return 0;
}

static void window_close(window *w)
{
    free(w->memory);
}

/* Pixels of a row of the image that is in the ring. */
static double *window_row(const window *w, long row)
{
    return w->ring + row % w->depth * w->stride + w->lead;
}

static int8_t *window_valid(const window *w, long row)
{
    return w->valid + row % w->depth * w->stride + w->lead;
}

#define WINDOW_MIRROR(name, type)                                                                \
    static void name(type *row, long n, long half)                                               \
    {                                                                                            \
        for (long k = 1; k <= half; k++) {                                                       \
            row[-k] = row[k];                                                                    \
            row[n - 1 + k] = row[n - 1 - k];                                                     \
        }                                                                                        \
    }
WINDOW_MIRROR(window_mirror_f64, double)
WINDOW_MIRROR(window_mirror_i8, int8_t)

/* Call when the pixels of a row are in the ring: its mask (NULL without) and its border. */
static void window_loaded(window *w, long row, const uint8_t *mask)
{
    if (mask)
        window_valid_row(mask, w->cols, window_valid(w, row));
    if (w->reflect) {
        window_mirror_f64(window_row(w, row), w->cols, w->half);
        if (mask)
            window_mirror_i8(window_valid(w, row), w->cols, w->half);
    }
}

/* What the window sees at a row, which may lie outside the image. */
static window_line window_line_at(const window *w, long row)
{
    if (row < 0 || row >= w->rows) {
        if (!w->reflect)
            return (window_line){w->outside, w->none};
        row = row < 0 ? -row : 2 * (w->rows - 1) - row;
    }
    return (window_line){window_row(w, row) - w->lead,
                         w->masked ? window_valid(w, row) - w->lead : w->all};
}

static void window_recount(window *w, long row, const int8_t *in, const int8_t *out)
{
    if (in == out && !w->masked)
        return;
    window_count_totals(in, out, w->stride, w->count_totals);
    window_count_row(w->count_totals + w->lead - w->half - 1,
                     window_line_at(w, row).valid + w->lead, w->cols, w->width, w->inside,
                     w->count);
}

static void window_step(window *w, long row, window_line in, window_line out)
{
    if (w->squares)
        window_move_moments(in.pixels, out.pixels, w->stride, w->sum, w->squares, w->totals,
                            w->square_totals);
    else
        window_move_sums(in.pixels, out.pixels, w->stride, w->sum, w->totals);
    window_recount(w, row, in.valid, out.valid);
}

/* To the windows about a row, from nothing or from the row before; the ring holds their rows. */
static void window_start(window *w, long row)
{
    const window_line nothing = {w->outside, w->none};
    memset(w->sum, 0, w->stride * sizeof(double));
    if (w->squares)
        memset(w->squares, 0, w->stride * sizeof(double));
    memset(w->inside, 0, w->cols * sizeof(int32_t));
    for (long r = row - w->half; r <= row + w->half; r++) {
        const window_line line = window_line_at(w, r);
        window_add_row(line.pixels, w->stride, w->sum, w->squares);
        window_recount(w, row, line.valid, w->none);
    }
    window_step(w, row, nothing, nothing);
}

static void window_next(window *w, long row)
{
    window_step(w, row, window_line_at(w, row + w->half), window_line_at(w, row - w->half - 1));
}

/* What came before the window about column 0; the total up to its end is `width` further on. */
static const double *window_first(const window *w, const double *totals)
{
    return totals + w->lead - w->half - 1;
}

#endif
