/* Rows of pixels and of masks, brought to the form that the row loops of the kernels take. */
#ifndef FEATCLS_PIXELS_H
#define FEATCLS_PIXELS_H

#include "simd.h"

/* A row of any pixel type as doubles, scale * pixel - shift; 0 where the mask (may be NULL) is
 * set, whatever lies there. One function for each type. */
#define LOAD_PIXELS(name, type)                                                                  \
    SIMD_CLONES static void name(                                                                \
        const type *pixels, const uint8_t *mask, long n, double scale, double shift, double *out) \
    {                                                                                            \
        if (mask)                                                                                \
            for (long c = 0; c < n; c++)                                                         \
                out[c] = mask[c] ? 0.0 : scale * (double)pixels[c] - shift;                      \
        else                                                                                     \
            for (long c = 0; c < n; c++)                                                         \
                out[c] = scale * (double)pixels[c] - shift;                                      \
    }
LOAD_PIXELS(load_pixels_u8, uint8_t)
LOAD_PIXELS(load_pixels_u16, uint16_t)
LOAD_PIXELS(load_pixels_i32, int32_t)
LOAD_PIXELS(load_pixels_f32, float)
LOAD_PIXELS(load_pixels_f64, double)

/* Pixels that count, summed up in bytes as long as these hold them. */
SIMD_CLONES static long count_valid(const uint8_t *mask, long n)
{
    enum { LANES_U8 = 64, MOST = 255 };
    long masked = 0, c = 0;
    while (c + LANES_U8 <= n) {
        uint8_t sums[LANES_U8] = {0};
        for (int turn = 0; turn < MOST && c + LANES_U8 <= n; turn++, c += LANES_U8)
            for (int k = 0; k < LANES_U8; k++)
                sums[k] += mask[c + k] != 0;
        for (int k = 0; k < LANES_U8; k++)
            masked += sums[k];
    }
    for (; c < n; c++)
        masked += mask[c] != 0;
    return n - masked;
}

#endif
