/* Loops over grey levels of either type; see levels.pyx. */
#ifndef FEATCLS_LEVELS_ROWS_H
#define FEATCLS_LEVELS_ROWS_H

#include "simd.h"

/* Least and largest of n pixels, without those that the mask (may be NULL) is set for; MAX and 0 if
 * there are none left. */
#define LEVELS_RANGE(name, type, MAX)                                                            \
    SIMD_CLONES static void name(                                                                \
        const type *pixels, const uint8_t *mask, long n, type *low, type *high)                  \
    {                                                                                            \
        type least = MAX, most = 0;                                                              \
        for (long c = 0; c < n; c++) {                                                           \
            const type hide = mask ? (type)-(mask[c] != 0) : 0;                                  \
            const type small = pixels[c] | hide, large = pixels[c] & (type)~hide;                \
            least = small < least ? small : least;                                               \
            most = large > most ? large : most;                                                  \
        }                                                                                        \
        *low = least;                                                                            \
        *high = most;                                                                            \
    }
LEVELS_RANGE(levels_range_u8, uint8_t, UINT8_MAX)
LEVELS_RANGE(levels_range_u16, uint16_t, UINT16_MAX)

/* Levels counted from the lowest one; `masked` where the mask is set. */
#define LEVELS_MARK(name, type)                                                                  \
    SIMD_CLONES static void name(                                                                \
        const type *pixels, const uint8_t *mask, long n, type lowest, uint8_t masked,            \
        uint8_t *restrict out)                                                                   \
    {                                                                                            \
        for (long c = 0; c < n; c++)                                                             \
            out[c] = (uint8_t)(pixels[c] - lowest);                                              \
        for (long c = 0; c < n; c++)                                                             \
            out[c] = mask[c] ? masked : out[c];                                                  \
    }
LEVELS_MARK(levels_mark_u8, uint8_t)
LEVELS_MARK(levels_mark_u16, uint16_t)

#endif
