/* Products of all pairs of rings for vectors of CCF_BYTES; included by ccf_rows.h once for each
 * width. Every product is summed in the order of the angles, whatever the width. */

#define CCF_VECTORS (4 * CCF_LANES / CCF_BYTES) /* in a row of a tile */
/* rows of a tile worked on at a time: as many sums as there are registers for */
#define CCF_HEIGHT (CCF_BYTES == 64 ? CCF_LANES : 4)

typedef float CCF_NAME(ccf_vector) __attribute__((vector_size(CCF_BYTES)));
typedef float CCF_NAME(ccf_vector_at) __attribute__((vector_size(CCF_BYTES), aligned(4)));

/* out[r][c] = sum over k of a[k][r] b[k][c] for CCF_HEIGHT of the rows. */
SIMD_INLINE void CCF_NAME(ccf_tile_rows)(const float *a, const float *b, long n, float *out)
{
    CCF_NAME(ccf_vector) sums[CCF_HEIGHT][CCF_VECTORS], row[CCF_VECTORS];
    memset(sums, 0, sizeof sums);
    for (long k = 0; k < n; k++) {
#pragma GCC unroll 16
        for (int c = 0; c < CCF_VECTORS; c++)
            row[c] = *(const CCF_NAME(ccf_vector_at) *)(b + k * CCF_LANES + c * CCF_BYTES / 4);
#pragma GCC unroll 16
        for (int r = 0; r < CCF_HEIGHT; r++)
#pragma GCC unroll 16
            for (int c = 0; c < CCF_VECTORS; c++)
                sums[r][c] += a[k * CCF_LANES + r] * row[c];
    }
    memcpy(out, sums, sizeof sums);
}

/* The tile of blocks a and b. */
CCF_TARGET static void CCF_NAME(ccf_tile)(const float *a, const float *b, long n, float *out)
{
    for (int r = 0; r < CCF_LANES; r += CCF_HEIGHT)
        CCF_NAME(ccf_tile_rows)(a + r, b, n, out + r * CCF_LANES);
}

#undef CCF_VECTORS
#undef CCF_HEIGHT
