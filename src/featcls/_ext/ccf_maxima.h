/* The largest correlation of pairs of rings over all turns, from their transforms; included by
 * ccf_rows.h once for each width, after ccf_transform.h. */

/* conj(F_i) + sqrt(-1) conj(F_j) for j = i + 1, n numbers: times F_k and transformed, it gives the
 * correlation of i and k as real part, that of j and k as imaginary one. */
SIMD_INLINE void CCF_NAME(ccf_pair)(const float *spectra, long i, long n, float *pair)
{
    const long half = n / 2 + 1;
    const float *const one = spectra + i / CCF_WIDTH * CCF_WIDTH * 2 * half + i % CCF_WIDTH;
    for (long k = 0; k < half; k++) {
        const float *const a = one + k * 2 * CCF_WIDTH, *const b = a + CCF_WIDTH;
        pair[2 * k] = a[0] + b[1];
        pair[2 * k + 1] = a[1] - b[0];
        if (k && k < n - k) {
            pair[2 * (n - k)] = a[0] - b[1];
            pair[2 * (n - k) + 1] = a[1] + b[0];
        }
    }
}

/* Correlation at all turns, out of order, of the rings of a spectrum with those of a pair. */
SIMD_INLINE void CCF_NAME(ccf_turns)(
    const ccf_stages *stages, const float *spectrum, const float *pair, float *spare, float *z)
{
    const long n = stages->n;
    for (long k = 0; k <= n / 2; k++) {
        const CCF_WAVE x = CCF_RE((float *)spectrum, k), y = CCF_IM((float *)spectrum, k);
        const float *const one = pair + 2 * k, *const other = pair + 2 * (n - k);
        CCF_RE(z, k) = x * one[0] - y * one[1];
        CCF_IM(z, k) = x * one[1] + y * one[0];
        if (k && k < n - k) {
            CCF_RE(z, n - k) = x * other[0] + y * other[1];
            CCF_IM(z, n - k) = x * other[1] - y * other[0];
        }
    }
    CCF_NAME(ccf_transform)(stages, z, spare);
}

/* One over the common weights of a tile, lanes first..first + CCF_WIDTH of it; NaN up to `least`. */
SIMD_INLINE void CCF_NAME(ccf_invert)(const float *z, long n, float least, long first, float *tile)
{
    const CCF_WAVE unknown = (CCF_WAVE){0} + NAN;
    for (long part = 0; part < 2; part++)
        for (long k = 0; k < n; k++) {
            const CCF_WAVE common = CCF_RE((float *)z + part * CCF_WIDTH, k);
            const CCF_WAVE value = CCF_NAME(ccf_chosen)(common > least, 1.0f / common, unknown);
            *(CCF_NAME(ccf_wave_at) *)(tile + (part * n + k) * CCF_TILE + first) = value;
        }
}

/* The largest of the n real or imaginary parts from z on; times inverse weights (may be NULL)
 * where those are known. */
SIMD_INLINE CCF_WAVE CCF_NAME(ccf_maximum)(const float *z, const float *inverse, long n)
{
    CCF_WAVE top = (CCF_WAVE){0} - INFINITY;
    for (long k = 0; k < n; k++) {
        CCF_WAVE value = CCF_RE((float *)z, k);
        if (inverse)
            value *= *(const CCF_NAME(ccf_wave_at) *)(inverse + k * CCF_TILE);
        top = CCF_NAME(ccf_chosen)(value > top, value, top);
    }
    return top;
}

/* Inverse common weights of rings j..j + CCF_WIDTH with the pair in spare. */
SIMD_INLINE void CCF_NAME(ccf_inverse_tile)(
    const ccf_stages *stages, long j, float least, const ccf_spare *spare, float *tile)
{
    const long n = stages->n, size = 2 * (n / 2 + 1);
    CCF_NAME(ccf_turns)(stages, spare->weight_spectra + j * size, spare->weight_pair, spare->spare,
                        spare->weight_z);
    CCF_NAME(ccf_invert)(spare->weight_z, n, least, j % CCF_TILE, tile);
}

/* All tiles, from the spectra of the weights in spare. */
CCF_TARGET static void CCF_NAME(ccf_inverse_tiles)(
    const ccf_stages *stages, long rings, float least, const ccf_spare *spare, float *tiles)
{
    for (long i = 0; i < rings; i += 2) {
        CCF_NAME(ccf_pair)(spare->weight_spectra, i, stages->n, spare->weight_pair);
        for (long j = 0; j < rings && j <= i + 1; j += CCF_WIDTH)
            CCF_NAME(ccf_inverse_tile)(
                stages, j, least, spare, ccf_tile_at(tiles, stages->n, i, j));
    }
}

/* out[i][j] = out[j][i] = the largest correlation of rings i and j, from the spectra in spare; 0
 * without a common weight. */
CCF_TARGET static void CCF_NAME(ccf_maxima)(
    const ccf_stages *stages, int weighted, const float *tiles, long rings, float least,
    const ccf_spare *spare, float *out)
{
    const long n = stages->n, size = 2 * (n / 2 + 1);
    const float scale = weighted ? 1.0f : 1.0f / ((float)n * (float)n);
    for (long i = 0; i < rings; i += 2) {
        CCF_NAME(ccf_pair)(spare->spectra, i, n, spare->pair);
        if (weighted && !tiles)
            CCF_NAME(ccf_pair)(spare->weight_spectra, i, n, spare->weight_pair);
        for (long j = 0; j < rings && j <= i + 1; j += CCF_WIDTH) {
            const float *tile = tiles ? ccf_tile_at((float *)tiles, n, i, j) : spare->tile;
            CCF_NAME(ccf_turns)(
                stages, spare->spectra + j * size, spare->pair, spare->spare, spare->z);
            if (weighted && !tiles)
                CCF_NAME(ccf_inverse_tile)(stages, j, least, spare, spare->tile);
            for (long r = i; r < rings && r < i + 2; r++) {
                const float *const inverse = tile + (r - i) * n * CCF_TILE + j % CCF_TILE;
                const CCF_WAVE top = CCF_NAME(ccf_maximum)(
                    spare->z + (r - i) * CCF_WIDTH, weighted ? inverse : NULL, n);
                for (long c = j; c <= r && c < j + CCF_WIDTH; c++)
                    out[r * rings + c] = out[c * rings + r] =
                        top[c - j] > -INFINITY ? scale * top[c - j] : 0.0f;
            }
        }
    }
}

#undef CCF_WIDTH
#undef CCF_WAVE
#undef CCF_RE
#undef CCF_IM
