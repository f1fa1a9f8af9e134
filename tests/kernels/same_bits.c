/* Runs every row loop on fixed numbers and prints a checksum of what each gives.
 * test_same_bits.py compiles it for several instruction sets and compares. */
#include <stdio.h>
#include <stdlib.h>

#include "ccf_rows.h"
#include "glcm_sparse.h"
#include "lbp_rows.h"
#include "lcn_rows.h"
#include "polar_rows.h"
#include "simulate_noise.h"
#include "spots_rows.h"

#define ROWS 48
#define COLS 208 /* a multiple of LANES and of LANES_F32 */

static uint64_t state = 1;
static double draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

static void report(const char *name, const void *bytes, size_t n)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t k = 0; k < n; k++)
        sum = (sum ^ ((const uint8_t *)bytes)[k]) * 1099511628211u;
    printf("%s %016llx\n", name, (unsigned long long)sum);
}

static uint8_t levels[ROWS * COLS], few[ROWS * COLS], mask[ROWS * COLS];
static uint16_t many[ROWS * COLS];
static double a[COLS], b[COLS], c[COLS + 32], d[COLS], e[COLS + 32];
static float x[ROWS * COLS], y[ROWS * COLS], z[ROWS * COLS], w[ROWS * COLS], v[ROWS * COLS];
static int32_t index_of[COLS], count[COLS];
static uint32_t codes[COLS], keys[ROWS * COLS], spare[ROWS * COLS];

static void glcm(const uint8_t *image, long n_levels, const char *name)
{
    double out[GLCM_PROPERTIES];
    glcm_work work = {calloc(GLCM_TABLES * glcm_table_size(n_levels), 2),
                      calloc(n_levels * glcm_stride(n_levels), 4), calloc(n_levels, 4)};
    const glcm_task task = {image, mask, ROWS, COLS, 1, -2, n_levels};
    glcm_half_properties(&task, &work, 1, 3, out);
    report(name, out, sizeof out);
    free(work.tables), free(work.cells), free(work.marginal);
}

int main(void)
{
    double out[GLCM_PROPERTIES], sums[LCN_SUMS] = {0}, squares[LCN_SUMS] = {0};
    const double *rows[3] = {a, b, d};
    lbp_sample samples[12];
    float normal[COLS];
    uint8_t flag[COLS];

    for (long k = 0; k < ROWS * COLS; k++) {
        levels[k] = (uint8_t)(200 * draw() * draw());
        few[k] = levels[k] % 9;
        many[k] = (uint16_t)(60000 * draw());
        mask[k] = draw() < 0.1;
        x[k] = (float)(1000 * draw());
        y[k] = (float)draw();
        w[k] = (float)draw();
    }
    for (long k = 0; k < COLS; k++) {
        a[k] = 100 * draw(), b[k] = 100 * draw(), c[k] = draw(), d[k] = 1e4 * draw();
        index_of[k] = (int32_t)((ROWS - 2) * COLS * draw());
        count[k] = 3 + (int32_t)(9 * draw());
    }
    glcm(levels, 200, "glcm");
    glcm(few, 9, "glcm of few levels");
    for (int symmetric = 0; symmetric < 2; symmetric++) {
        const glcm_sparse_task task = {many, mask, ROWS, COLS, 1, -2, 16, symmetric};
        glcm_sparse_properties(&task, keys, spare, 1, 0, out);
        report(symmetric ? "sorted pairs" : "sorted pairs, not symmetric", out, sizeof out);
    }
    lbp_interpolate_row(a, b, c, e, COLS);
    report("lbp between columns", e, sizeof a);
    for (int k = 0; k < 12; k++)
        samples[k] = (lbp_sample){k % 2 ? a : b, k % 3 ? d : NULL, c[k], 1.0 - c[k]};
    for (int method = LBP_DEFAULT; method < LBP_VAR; method++) {
        lbp_code_row(method, samples, 12, b, COLS, codes);
        report("lbp codes", codes, sizeof codes);
    }
    lbp_variance_row(samples, 12, COLS, e);
    report("lbp variance", e, sizeof a);
    load_pixels_f32(x, mask, COLS, 0.3, 0.7, e);
    lcn_add_moments(e, COLS, sums, squares);
    report("moments", squares, sizeof squares);
    window_move_row(a, b, COLS, d, c);
    window_sum_f64(d, COLS - 8, 7, e, a);
    report("window sums", a, sizeof a);
    lcn_finish_row(b, a, d, count, COLS, 0.2, normal);
    report("lcn", normal, sizeof normal);
    spots_add_rows(rows, 3, COLS, e);
    spots_flag_row(b, e, count, COLS, 2.0, 1.0, flag);
    report("spots", flag, sizeof flag);
    polar_ring(x, COLS, index_of, y, w, w, COLS, z, v);
    report("polar", z, COLS * sizeof *z);
    polar_weighted_ring(x, y, COLS, index_of, y, w, w, COLS, z, v);
    report("weighted polar", z, COLS * sizeof *z);
    ccf_centre(x, w, 2.0f, COLS);
    ccf_products(x, ROWS, COLS, z);
    report("ccf", z, ROWS * ROWS * sizeof *z);
    for (long k = 0; k < ROWS * COLS; k++)
        x[k] = k % 3 ? (float)(40 * draw()) : (float)(1e5 * draw());
    noise_poisson(x, ROWS * COLS - 5, 7, 11);
    report("photons", x, sizeof x);
    noise_read_out(x, y, ROWS * COLS - 5, 3.0f, 10.0f, 0.0f, 65025.0f, 3, 5);
    report("read-out", x, sizeof x);
    return 0;
}
