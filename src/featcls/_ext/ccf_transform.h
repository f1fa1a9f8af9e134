/* Fourier transforms of many rings at once, a ring in each lane of vectors of CCF_BYTES; included
 * by ccf_rows.h once for each width, before ccf_maxima.h.
 *
 * The transform is in place, from the natural order to one with the digits reversed. Every lane
 * goes through the same operations, so that the width changes no bit. */

#define CCF_WIDTH (CCF_BYTES / 4)

typedef float CCF_NAME(ccf_wave) __attribute__((vector_size(CCF_BYTES)));
typedef float CCF_NAME(ccf_wave_at) __attribute__((vector_size(CCF_BYTES), aligned(4)));
typedef int32_t CCF_NAME(ccf_choice) __attribute__((vector_size(CCF_BYTES)));
#define CCF_WAVE CCF_NAME(ccf_wave)
/* real and imaginary part of entry k */
#define CCF_RE(z, k) (*(CCF_NAME(ccf_wave_at) *)((z) + (k) * 2 * CCF_WIDTH))
#define CCF_IM(z, k) (*(CCF_NAME(ccf_wave_at) *)((z) + (k) * 2 * CCF_WIDTH + CCF_WIDTH))

SIMD_INLINE CCF_WAVE CCF_NAME(ccf_chosen)(
    CCF_NAME(ccf_choice) first, CCF_WAVE one, CCF_WAVE other)
{
    return (CCF_WAVE)((first & (CCF_NAME(ccf_choice))one) | (~first & (CCF_NAME(ccf_choice))other));
}

/* Transform of 3 entries (x, y). */
SIMD_INLINE void CCF_NAME(ccf_three)(CCF_WAVE *x, CCF_WAVE *y)
{
    const float sine = 0.86602540378443865f;
    const CCF_WAVE sx = x[1] + x[2], dx = (x[1] - x[2]) * sine;
    const CCF_WAVE sy = y[1] + y[2], dy = (y[1] - y[2]) * sine;
    const CCF_WAVE mx = x[0] - sx * 0.5f, my = y[0] - sy * 0.5f;
    x[0] += sx;
    y[0] += sy;
    x[1] = mx + dy;
    y[1] = my - dx;
    x[2] = mx - dy;
    y[2] = my + dx;
}

/* Transform of 2 to 6 entries (x, y). */
SIMD_INLINE void CCF_NAME(ccf_butterfly)(int radix, CCF_WAVE *x, CCF_WAVE *y)
{
    if (radix == 2) {
        const CCF_WAVE u = x[0] - x[1], v = y[0] - y[1];
        x[0] += x[1];
        y[0] += y[1];
        x[1] = u;
        y[1] = v;
    } else if (radix == 3) {
        CCF_NAME(ccf_three)(x, y);
    } else if (radix == 4) {
        const CCF_WAVE ax = x[0] + x[2], bx = x[0] - x[2], cx = x[1] + x[3], dx = x[1] - x[3];
        const CCF_WAVE ay = y[0] + y[2], by = y[0] - y[2], cy = y[1] + y[3], dy = y[1] - y[3];
        x[0] = ax + cx;
        y[0] = ay + cy;
        x[1] = bx + dy;
        y[1] = by - dx;
        x[2] = ax - cx;
        y[2] = ay - cy;
        x[3] = bx - dy;
        y[3] = by + dx;
    } else if (radix == 5) {
        const float c1 = 0.30901699437494742f, c2 = -0.80901699437494742f;
        const float s1 = 0.95105651629515357f, s2 = 0.58778525229247313f;
        const CCF_WAVE ax = x[1] + x[4], bx = x[1] - x[4], cx = x[2] + x[3], dx = x[2] - x[3];
        const CCF_WAVE ay = y[1] + y[4], by = y[1] - y[4], cy = y[2] + y[3], dy = y[2] - y[3];
        const CCF_WAVE ux = x[0] + ax * c1 + cx * c2, vx = x[0] + ax * c2 + cx * c1;
        const CCF_WAVE uy = y[0] + ay * c1 + cy * c2, vy = y[0] + ay * c2 + cy * c1;
        const CCF_WAVE px = bx * s1 + dx * s2, qx = bx * s2 - dx * s1;
        const CCF_WAVE py = by * s1 + dy * s2, qy = by * s2 - dy * s1;
        x[0] += ax + cx;
        y[0] += ay + cy;
        x[1] = ux + py;
        y[1] = uy - px;
        x[2] = vx + qy;
        y[2] = vy - qx;
        x[3] = vx - qy;
        y[3] = vy + qx;
        x[4] = ux - py;
        y[4] = uy + px;
    } else { /* 6 = 2 * 3, which have no common factor: no turn in between */
        CCF_WAVE ax[3] = {x[0], x[2], x[4]}, bx[3] = {x[3], x[5], x[1]};
        CCF_WAVE ay[3] = {y[0], y[2], y[4]}, by[3] = {y[3], y[5], y[1]};
        CCF_NAME(ccf_three)(ax, ay);
        CCF_NAME(ccf_three)(bx, by);
#pragma GCC unroll 3
        for (int k = 0; k < 3; k++) {
            const int even = k * 4 % 6, odd = (even + 3) % 6;
            x[even] = ax[k] + bx[k];
            y[even] = ay[k] + by[k];
            x[odd] = ax[k] - bx[k];
            y[odd] = ay[k] - by[k];
        }
    }
}

/* One stage of the transforms of n / (radix * m) runs of radix * m entries. */
SIMD_INLINE void CCF_NAME(ccf_stage)(int radix, float *z, long n, long m, const float *turns)
{
    CCF_WAVE x[6], y[6];
    for (float *run = z; run < z + n * 2 * CCF_WIDTH; run += radix * m * 2 * CCF_WIDTH)
        for (long k = 0; k < m; k++) {
            const float *const turn = turns + 2 * k * (radix - 1);
#pragma GCC unroll 6
            for (int q = 0; q < radix; q++) {
                x[q] = CCF_RE(run, k + q * m);
                y[q] = CCF_IM(run, k + q * m);
            }
            CCF_NAME(ccf_butterfly)(radix, x, y);
            CCF_RE(run, k) = x[0];
            CCF_IM(run, k) = y[0];
#pragma GCC unroll 6
            for (int q = 1; q < radix; q++) {
                const float c = turn[2 * q - 2], s = turn[2 * q - 1];
                CCF_RE(run, k + q * m) = x[q] * c - y[q] * s;
                CCF_IM(run, k + q * m) = x[q] * s + y[q] * c;
            }
        }
}

/* The same for any radix, by the definition; `roots` are the radix roots of 1. */
SIMD_INLINE void CCF_NAME(ccf_any_stage)(
    long radix, float *z, long n, long m, const float *turns, const float *roots, float *spare)
{
    for (float *run = z; run < z + n * 2 * CCF_WIDTH; run += radix * m * 2 * CCF_WIDTH)
        for (long k = 0; k < m; k++) {
            for (long q = 0; q < radix; q++) {
                CCF_RE(spare, q) = CCF_RE(run, k + q * m);
                CCF_IM(spare, q) = CCF_IM(run, k + q * m);
            }
            for (long p = 0; p < radix; p++) {
                CCF_WAVE x = CCF_RE(spare, 0), y = CCF_IM(spare, 0);
                for (long q = 1, at = p; q < radix; q++, at = (at + p) % radix) {
                    x += CCF_RE(spare, q) * roots[2 * at] - CCF_IM(spare, q) * roots[2 * at + 1];
                    y += CCF_RE(spare, q) * roots[2 * at + 1] + CCF_IM(spare, q) * roots[2 * at];
                }
                const float *const turn = turns + 2 * (k * (radix - 1) + p - 1);
                const float c = p ? turn[0] : 1.0f, s = p ? turn[1] : 0.0f;
                CCF_RE(run, k + p * m) = x * c - y * s;
                CCF_IM(run, k + p * m) = x * s + y * c;
            }
        }
}

/* Transform of the n entries of z. */
SIMD_INLINE void CCF_NAME(ccf_transform)(const ccf_stages *stages, float *z, float *spare)
{
    const float *table = stages->table;
    long m = stages->n;
    for (long stage = 0; stage < stages->count; stage++) {
        const long radix = stages->radix[stage], n = stages->n;
        const float *const turns = table + 2 * radix;
        m /= radix;
        switch (radix) {
        case 2: CCF_NAME(ccf_stage)(2, z, n, m, turns); break;
        case 3: CCF_NAME(ccf_stage)(3, z, n, m, turns); break;
        case 4: CCF_NAME(ccf_stage)(4, z, n, m, turns); break;
        case 5: CCF_NAME(ccf_stage)(5, z, n, m, turns); break;
        case 6: CCF_NAME(ccf_stage)(6, z, n, m, turns); break;
        default: CCF_NAME(ccf_any_stage)(radix, z, n, m, turns, table, spare);
        }
        table = turns + 2 * m * (radix - 1);
    }
}

/* Entries 0..n/2 of the transforms of all rings of the blocks x, CCF_WIDTH rings at a time. */
CCF_TARGET static void CCF_NAME(ccf_spectra)(
    const ccf_stages *stages, const float *x, long rings, const ccf_spare *spare, float *spectra)
{
    const long n = stages->n, half = n / 2 + 1;
    float *const z = spare->z;
    for (long first = 0; first < rings; first += CCF_WIDTH) {
        const float *const block = x + first / CCF_LANES * CCF_LANES * n + first % CCF_LANES;
        float *const out = spectra + first * 2 * half;
        for (long k = 0; k < n; k++) {
            CCF_RE(z, k) = *(const CCF_NAME(ccf_wave_at) *)(block + k * CCF_LANES);
            CCF_IM(z, k) = (CCF_WAVE){0};
        }
        CCF_NAME(ccf_transform)(stages, z, spare->spare);
        for (long k = 0; k < half; k++) {
            CCF_RE(out, k) = CCF_RE(z, stages->place[k]);
            CCF_IM(out, k) = CCF_IM(z, stages->place[k]);
        }
    }
}
