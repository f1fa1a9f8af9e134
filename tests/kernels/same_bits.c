/* Runs every row loop on fixed numbers and prints a checksum of what each gives.
 *
 * test_same_bits.py compiles it for several instruction sets and compares. With an argument that
 * many threads run the loops side by side, as the kernels' loops over images and rows do: they
 * read the same input, and write slices of the same arrays, which lie wall to wall.
 * test_races.py lets the thread sanitizer watch that. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "ccf_rows.h"
#include "glcm_half.h"
#include "glcm_sparse.h"
#include "lbp_rows.h"
#include "lcn_rows.h"
#include "levels_rows.h"
#include "polar_rows.h"
#include "simulate_noise.h"
#include "spots_rows.h"

#define ROWS 48
#define COLS 208 /* a multiple of LBP_STEP */
#define ODD (COLS - 5)
#define WINDOW 7
#define ANGLES 84 /* 7 * 6 * 2: a factor without a loop of its own among them */
#define MAX_THREADS 8
#define MAX_LOOPS 64
#define EVERY_PROPERTY ((1u << GLCM_PROPERTIES) - 1)

static uint64_t state = 1;
static double draw(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

/* What all threads read. */
static uint8_t levels[ROWS * COLS], few[ROWS * COLS], mask[ROWS * COLS];
static uint16_t many[ROWS * COLS];
static uint64_t logs[GLCM_LOG_TABLE];
static double a[COLS], b[COLS], c[COLS], d[COLS];
static float x[ROWS * COLS], y[ROWS * COLS], w[ROWS * COLS], photons[ROWS * COLS];
static int32_t index_of[COLS];

/* What they write, each its own slice. */
static double row_f64[MAX_THREADS][COLS];
static double properties[MAX_THREADS][GLCM_PROPERTIES];
static float normal[MAX_THREADS][ROWS * ODD], rings[MAX_THREADS][COLS], weights[MAX_THREADS][COLS];
static float images[MAX_THREADS][ROWS * COLS - 5], products[MAX_THREADS][ROWS * ROWS];
static uint32_t codes[MAX_THREADS][COLS], tables[MAX_THREADS][LBP_TABLES * 4096];
static uint8_t flags[MAX_THREADS][ROWS * ODD], marked[MAX_THREADS][ROWS * COLS];

/* What they found. */
static struct {
    int n;
    const char *name[MAX_LOOPS];
    uint64_t sum[MAX_LOOPS];
} reports[MAX_THREADS];

static void report(int t, const char *name, const void *bytes, size_t n)
{
    uint64_t sum = 14695981039346656037u;
    for (size_t k = 0; k < n; k++)
        sum = (sum ^ ((const uint8_t *)bytes)[k]) * 1099511628211u;
    reports[t].name[reports[t].n] = name;
    reports[t].sum[reports[t].n++] = sum;
}

static void make_input(void)
{
    glcm_fill_logs(logs);
    for (long k = 0; k < ROWS * COLS; k++) {
        levels[k] = (uint8_t)(200 * draw() * draw());
        few[k] = levels[k] % 9;
        many[k] = (uint16_t)(60000 * draw());
        mask[k] = draw() < 0.1;
        x[k] = (float)(1000 * draw());
        y[k] = (float)draw();
        w[k] = (float)draw();
        photons[k] = k % 3 ? (float)(40 * draw()) : (float)(1e5 * draw());
    }
    for (long k = 0; k < COLS; k++) {
        a[k] = 100 * draw(), b[k] = 100 * draw(), c[k] = draw(), d[k] = 1e4 * draw();
        index_of[k] = (int32_t)((ROWS - 2) * COLS * draw());
    }
}

static void grey_levels(int t)
{
    uint16_t range[6] = {0};
    uint8_t low, high;

    levels_range_u16(many, mask, ROWS * COLS - 5, range, range + 1);
    levels_range_u16(many, NULL, ROWS * COLS - 5, range + 2, range + 3);
    levels_range_u8(levels, mask, ROWS * COLS - 5, &low, &high);
    range[4] = low, range[5] = high;
    report(t, "range of levels", range, sizeof range);
    levels_mark_u16(many, mask, ROWS * COLS, 7, 255, marked[t]);
    report(t, "marked levels", marked[t], sizeof marked[t]);
}

static void glcm(int t, const uint8_t *image, const uint8_t *hides, long n_levels, const char *name)
{
    glcm_work work = {calloc(GLCM_TABLES * glcm_table_size(n_levels), 2),
                      calloc(glcm_numbers(n_levels), 4), calloc(n_levels, 4),
                      calloc(n_levels, 8)};
    const glcm_task task = {image, hides, ROWS, COLS, 1, -2, n_levels};
    glcm_half_properties(&task, &work, EVERY_PROPERTY, logs, 3, properties[t]);
    report(t, name, properties[t], sizeof properties[t]);
    free(work.tables), free(work.cells), free(work.marginal), free(work.sums);
}

static void sparse_glcm(int t, int symmetric, const char *name)
{
    const long n = 60000;
    glcm_sparse_work work = {malloc((2 * n + 1) * 4), calloc(n, 4), malloc(n * 8), malloc(n * 8),
                             malloc(COLS * 4), malloc(COLS * 2), malloc(ROWS * COLS * 2)};
    const glcm_sparse_task task = {many, mask, ROWS, COLS, 1, -2, n, symmetric};
    glcm_sparse_properties(&task, &work, EVERY_PROPERTY, logs, 0, properties[t]);
    report(t, name, properties[t], sizeof properties[t]);
    free(work.ends), free(work.table), free(work.marginals), free(work.sums);
    free(work.bucket), free(work.lower), free(work.inside);
}

static void texture(int t)
{
    lbp_sample samples[12];

    grey_levels(t);
    glcm(t, levels, mask, 200, "glcm");
    levels_mark_u8(levels, mask, ROWS * COLS, 0, 200, marked[t]);
    glcm(t, marked[t], NULL, 200, "glcm of marked pixels");
    levels_mark_u8(few, mask, ROWS * COLS, 0, 9, marked[t]);
    glcm(t, marked[t], NULL, 9, "glcm of few levels");
    sparse_glcm(t, 1, "glcm of many levels");
    sparse_glcm(t, 0, "glcm of many levels, not symmetric");
    lbp_interpolate_row(a, b, c, row_f64[t], COLS);
    report(t, "lbp between columns", row_f64[t], sizeof row_f64[t]);
    for (int k = 0; k < 12; k++)
        samples[k] = (lbp_sample){k % 2 ? a : b, k % 3 ? d : NULL, c[k], 1.0 - c[k]};
    for (int bytes = 64; bytes >= 16; bytes /= 2) {
        lbp_variance_row(samples, 12, COLS, bytes, row_f64[t]);
        report(t, "lbp variance", row_f64[t], sizeof row_f64[t]);
        for (int method = LBP_VAR - 1; method >= LBP_DEFAULT; method--) {
            lbp_code_row(method, samples, 12, b, COLS, bytes, codes[t]);
            report(t, "lbp codes", codes[t], sizeof codes[t]);
        }
    }
    lbp_count_row(codes[t], ODD, 4096, tables[t]);
    report(t, "lbp histogram", tables[t], sizeof tables[t]);
}

static void windows(int t, int reflect, const uint8_t *hidden)
{
    double squares[ROWS];
    window near;

    if (window_open(&near, ROWS, ODD, WINDOW / 2, reflect, hidden != NULL, 1))
        exit(1);
    for (long row = 0, loaded = 0; row < ROWS; row++) {
        for (; loaded < ROWS && loaded <= row + WINDOW / 2; loaded++) {
            const uint8_t *const hides = hidden ? hidden + loaded * COLS : NULL;
            load_pixels_f32(x + loaded * COLS, hides, ODD, 0.3, 0.7, window_row(&near, loaded));
            window_loaded(&near, loaded, hides);
        }
        if (row)
            window_next(&near, row);
        else
            window_start(&near, row);
        lcn_finish(&near, row, 0.2f, normal[t] + row * ODD);
        spots_flag(&near, row, 2.0, 1.0, flags[t] + row * ODD);
        squares[row] = spots_squares(&near, row, row, WINDOW * WINDOW, 50.0);
    }
    report(t, "totals of windows", near.totals, near.stride * sizeof(double));
    report(t, "valid pixels of windows", near.count, ODD * sizeof(int32_t));
    window_close(&near);
    report(t, "lcn", normal[t], sizeof normal[t]);
    report(t, "spots", flags[t], sizeof flags[t]);
    report(t, "squares about a pixel", squares, sizeof squares);
}

static void moments(int t)
{
    double found[2][LCN_SUMS] = {{0}};

    load_pixels_f32(x, mask, COLS, 0.3, 0.7, row_f64[t]);
    lcn_add_moments(row_f64[t], ODD, found[0], found[1]);
    report(t, "moments", found, sizeof found);
}

/* Any numbers do for tables. */
static void turned(int t, const float *weight, int bytes, const char *name)
{
    static const int64_t radix[] = {2, 6, 7};
    static float scratch[MAX_THREADS][6][ANGLES * CCF_LANES];
    static float spectra[MAX_THREADS][2][ROWS * 2 * (ANGLES / 2 + 1)];
    float *const tiles = malloc(ccf_tiles(ROWS) * 2 * ANGLES * CCF_TILE * sizeof(float));
    int64_t place[ANGLES];
    for (long k = 0; k < ANGLES; k++)
        place[k] = 5 * k % ANGLES;
    const ccf_stages stages = {ANGLES, 3, radix, y, place};
    const ccf_spare spare = {scratch[t][0], scratch[t][1], scratch[t][2], scratch[t][3],
                             scratch[t][4], spectra[t][0], spectra[t][1], scratch[t][5]};
    ccf_largest(&stages, x, weight, NULL, ROWS, 1.0f, bytes, &spare, products[t]);
    report(t, name, products[t], sizeof products[t]);
    if (weight) {
        ccf_inverse(&stages, weight, ROWS, 1.0f, bytes, &spare, tiles);
        ccf_largest(&stages, x, weight, tiles, ROWS, 1.0f, bytes, &spare, products[t]);
        report(t, name, products[t], sizeof products[t]);
    }
    free(tiles);
}

static void correlation(int t)
{
    float shares[4 * COLS], block[ANGLES * CCF_LANES], lanes[3][CCF_LANES];
    int64_t start[COLS + 1];

    for (long k = 0; k <= COLS; k++)
        start[k] = k / 3;
    for (int masked = 0; masked < 2; masked++) {
        polar_sample_points(x, COLS, index_of, y, COLS, masked, rings[t]);
        report(t, "points", rings[t], sizeof rings[t]);
    }
    polar_sample_bins(x, index_of, y, start, COLS, rings[t]);
    report(t, "bins", rings[t], sizeof rings[t]);
    memcpy(shares, y, sizeof shares);
    memcpy(weights[t], w, sizeof weights[t]);
    polar_weigh_points(w, COLS, index_of, COLS, shares, weights[t]);
    report(t, "weighted points", shares, sizeof shares);
    polar_weigh_bins(w, index_of, start, COLS, shares, weights[t]);
    report(t, "weights of points and bins", weights[t], sizeof weights[t]);
    memcpy(block, x, sizeof block);
    ccf_centre(block, w, ANGLES, 1, lanes[0], lanes[1]);
    report(t, "rings less their means", block, sizeof block);
    ccf_component(block, y, ANGLES, lanes[1], lanes[2]);
    report(t, "order", lanes, sizeof lanes);
    for (int bytes = 16; bytes <= 64; bytes *= 2) {
        ccf_products(x, ROWS, ANGLES, bytes, products[t]);
        report(t, "ccf", products[t], sizeof products[t]);
    }
    for (int bytes = 16; bytes <= 32; bytes *= 2) {
        turned(t, NULL, bytes, "largest ccf");
        turned(t, w, bytes, "largest weighted ccf");
    }
}

static void simulation(int t)
{
    memcpy(images[t], photons, sizeof images[t]);
    noise_poisson(images[t], ROWS * COLS - 5, 7, 11);
    report(t, "photons", images[t], sizeof images[t]);
    noise_read_out(images[t], y, ROWS * COLS - 5, 3.0f, 10.0f, 0.0f, 65025.0f, 3, 5);
    report(t, "read-out", images[t], sizeof images[t]);
}

static void *run(void *number)
{
    const int t = (int)(intptr_t)number;
    texture(t);
    moments(t);
    windows(t, 1, NULL);
    windows(t, 0, mask);
    correlation(t);
    simulation(t);
    return NULL;
}

int main(int argc, char **argv)
{
    const int n = argc > 1 ? atoi(argv[1]) : 1;
    pthread_t threads[MAX_THREADS];

    if (n < 1 || n > MAX_THREADS)
        return 2;
    make_input();
    for (intptr_t t = 0; t < n; t++)
        if (pthread_create(&threads[t], NULL, run, (void *)t))
            return 2;
    for (int t = 0; t < n; t++)
        pthread_join(threads[t], NULL);
    for (int t = 0; t < n; t++)
        for (int k = 0; k < reports[t].n; k++)
            printf("%s %016llx\n", reports[t].name[k], (unsigned long long)reports[t].sum[k]);
    return 0;
}
