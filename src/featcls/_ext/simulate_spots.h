/* Bragg spots of one crystal on a flat detector; see simulate.pyx for what they are given.
 *
 * A reflection is a ball of `radius` about q in reciprocal space. Mosaic spread turns it by
 * rotation vectors uniform in a ball of radius `mosaic`. Its distance from the Ewald sphere then
 * has a quartic cumulative, and its image along the Debye ring is a semicircle.
 */
#ifndef FEATCLS_SIMULATE_SPOTS_H
#define FEATCLS_SIMULATE_SPOTS_H

#include <math.h>
#include <stdlib.h>

#define MAX_NODES 65

typedef struct {
    const double *basis;        /* (3, 3) rows a*, b*, c* in 1/angstrom, beam along z */
    double wavelength;          /* angstrom */
    double mosaic;              /* radians */
    double radius;              /* 1/angstrom */
    double q_max;               /* 1/angstrom, beyond which nothing meets the detector */
    double scale;               /* photons of a reflection with |F|^2 cut area polarisation = 1 */
    const float *table;         /* |F|^2, by |h| |k| |l| (octant) or h >= 0 and all k, l */
    int octant;
    long nh, nk, nl;            /* largest |h|, |k|, |l| of the table */
    double zoom;                /* distance / pixel */
    double row, col;            /* beam centre */
    float *image;               /* (rows, cols) */
    long rows, cols;
    double *found;              /* (capacity, 5): row, col, photons, |q|, arc half-length (px) */
    long capacity, n_found;
    double cos_step[MAX_NODES + 1];  /* cos(pi / (n + 1)) */
} spots_job;

static inline double spots_table(const spots_job *job, long h, long k, long l)
{
    if (job->octant)
        return job->table[(labs(h) * (job->nk + 1) + labs(k)) * (job->nl + 1) + labs(l)];
    if (h < 0) { h = -h; k = -k; l = -l; }      /* Friedel */
    return job->table[(h * (2 * job->nk + 1) + k + job->nk) * (2 * job->nl + 1) + l + job->nl];
}

/* Integral from 0 to u of (1 - u^2 / w^2) (r^2 - (e + u)^2). */
static inline double spots_quartic(double u, double e, double r2, double inv_w2)
{
    const double c0 = r2 - e * e, c1 = -2.0 * e;
    return u * (c0 + u * (c1 / 2
        + u * ((-1.0 - c0 * inv_w2) / 3 - u * (c1 * inv_w2 / 4 - u * inv_w2 / 5))));
}

/* Mean area in which the sphere cuts a ball of radius r whose distance from it is e + u, where u
 * has the density 3 / (4 w) (1 - u^2 / w^2) on [-w, w]. Without spread: a plain disc. */
static inline double spots_cut_area(double e, double w, double r)
{
    if (w < 1e-3 * r)
        return fabs(e) < r ? M_PI * (r * r - e * e) : 0.0;
    const double low = fmax(-w, -r - e), high = fmin(w, r - e);
    if (high <= low)
        return 0.0;
    const double inv_w2 = 1.0 / (w * w);
    return 0.75 * M_PI / w
        * (spots_quartic(high, e, r * r, inv_w2) - spots_quartic(low, e, r * r, inv_w2));
}

/* Share `value` out over a square box centred at (row, col), by exact overlap with the pixels. */
static inline void spots_splat(spots_job *job, double row, double col, double size, double value)
{
    const double top = row - size / 2 + 0.5, left = col - size / 2 + 0.5;
    const double bottom = top + size, right = left + size, density = value / (size * size);
    if (bottom <= 0 || right <= 0 || top >= job->rows || left >= job->cols)
        return;
    const long first_row = top > 0 ? (long)top : 0, first_col = left > 0 ? (long)left : 0;
    const long last_row = bottom < job->rows ? (long)bottom : job->rows - 1;
    const long last_col = right < job->cols ? (long)right : job->cols - 1;
    for (long r = first_row; r <= last_row; r++) {
        const double height = fmin(bottom, r + 1.0) - fmax(top, (double)r);
        float *line = job->image + r * job->cols;
        for (long c = first_col; c <= last_col; c++)
            line[c] += (float)(density * height * (fmin(right, c + 1.0) - fmax(left, (double)c)));
    }
}

/* One reflection: its photons, and where they fall. */
static void spots_one(spots_job *job, long h, long k, long l, const double q[3], double q2)
{
    const double wave = 1.0 / job->wavelength, r = job->radius;
    const double sx = q[0], sy = q[1], sz = q[2] + wave;
    const double norm = sqrt(sx * sx + sy * sy + sz * sz), e = norm - wave;
    const double cos_2t = sz / norm;
    const double length = sqrt(q2), cos_t = sqrt((1.0 + cos_2t) / 2);
    const double turn = job->mosaic * length, w = turn * cos_t;
    if (cos_2t < 0.01 || fabs(e) >= w + r)
        return;
    const double f2 = spots_table(job, h, k, l);
    if (f2 <= 0.0)
        return;
    const double photons =
        job->scale * f2 * (1.0 + cos_2t * cos_2t) / 2 * spots_cut_area(e, w, r);
    if (photons <= 0.0)
        return;

    /* Where the turned reflection meets the sphere: it leans in the scattering plane. `t` is the
     * tangent of the Debye ring, `p` the direction in which leaning lengthens the ray. */
    const double share = w * w / (w * w + r * r);
    const double lean = fmax(-turn, fmin(turn, -e / cos_t * share));
    const double flat = fmax(sqrt(sx * sx + sy * sy), 1e-12);
    const double tx = -sy / flat, ty = sx / flat;
    double px = ty * q[2], py = -tx * q[2], pz = tx * q[1] - ty * q[0];
    const double side = (px * sx + py * sy + pz * sz) >= 0 ? lean / length : -lean / length;
    px = sx + side * px; py = sy + side * py; pz = sz + side * pz;
    const double arc = sqrt(fmax(turn * turn - lean * lean, 0.0));
    const double rest = e * (1.0 - share);
    const double disc = sqrt(fmax(r * r - rest * rest - 0.2 * r * r * share, 0.04 * r * r));

    const double zoom = job->zoom / pz;             /* 1/angstrom to pixels */
    const double size = sqrt(3.0) * disc * zoom, half = arc * zoom;
    const double row = job->row + py * zoom, col = job->col + px * zoom;
    const double reach = half + size;
    if (row < -reach || col < -reach || row > job->rows + reach || col > job->cols + reach)
        return;
    if (job->n_found < job->capacity) {
        double *entry = job->found + 5 * job->n_found;
        entry[0] = row; entry[1] = col; entry[2] = photons; entry[3] = length; entry[4] = half;
    }
    job->n_found++;

    /* Gauss-Chebyshev nodes of the second kind are exact for a semicircle. */
    long n = half < 0.25 * size ? 1 : 2 * (long)ceil(half / fmax(size, 0.7)) + 1;
    if (n > MAX_NODES)
        n = MAX_NODES;
    const double step = job->cos_step[n];
    double before = 1.0, here = step;
    for (long i = 0; i < n; i++) {
        const double weight = 2.0 * (1.0 - here * here) / (n + 1);
        spots_splat(job, row + here * half * ty, col + here * half * tx, size, photons * weight);
        const double next = 2.0 * step * here - before;
        before = here;
        here = next;
    }
}

/* All reflections: walk each line (h, k) where it passes through the excited shell. */
static void spots_all(spots_job *job)
{
    const double *a = job->basis, *b = a + 3, *c = a + 6;
    const double wave = 1.0 / job->wavelength, q2_max = job->q_max * job->q_max;
    const double reach = job->mosaic * job->q_max + job->radius;
    const double cc = c[0] * c[0] + c[1] * c[1] + c[2] * c[2];
    const double outer2 = (wave + reach) * (wave + reach);
    const double inner2 = fmax(wave - reach, 0.0) * fmax(wave - reach, 0.0);
    job->n_found = 0;
    for (long n = 0; n <= MAX_NODES; n++)
        job->cos_step[n] = cos(M_PI / (n + 1));
    for (long h = -job->nh; h <= job->nh; h++)
        for (long k = -job->nk; k <= job->nk; k++) {
            const double x = h * a[0] + k * b[0], y = h * a[1] + k * b[1];
            const double z0 = h * a[2] + k * b[2], z = z0 + wave;
            /* Resolution sphere first: it cuts the line to one piece. */
            const double b0 = x * c[0] + y * c[1] + z0 * c[2];
            const double d0 = b0 * b0 - cc * (x * x + y * y + z0 * z0 - q2_max);
            if (d0 < 0)
                continue;
            const double bs = b0 + wave * c[2], s2 = x * x + y * y + z * z;
            const double d_out = bs * bs - cc * (s2 - outer2);
            if (d_out < 0)
                continue;
            const double d_in = bs * bs - cc * (s2 - inner2);
            const double r0 = sqrt(d0), r_out = sqrt(d_out), r_in = d_in > 0 ? sqrt(d_in) : 0.0;
            const double limit = (double)job->nl;
            const double from = fmax((-b0 - r0) / cc, -limit), to = fmin((-b0 + r0) / cc, limit);
            const double first[2] = {(-bs - r_out) / cc, (-bs + r_in) / cc};
            const double last[2] = {(-bs - r_in) / cc, (-bs + r_out) / cc};
            long done = (long)ceil(from) - 1;
            for (int piece = 0; piece < 2; piece++) {
                const double stop = fmin(last[piece], to);
                long l = (long)ceil(fmax(first[piece], from));
                if (l <= done)
                    l = done + 1;
                for (; l <= stop; l++) {
                    const double q[3] = {x + l * c[0], y + l * c[1], z0 + l * c[2]};
                    const double q2 = q[0] * q[0] + q[1] * q[1] + q[2] * q[2];
                    done = l;
                    if (q2 > 0)
                        spots_one(job, h, k, l, q, q2);
                }
            }
        }
}

#endif
