"""Samples of images on rings about the beam centre.

Called by featcls.kernels.polar, which has checked every argument and made the plan. Rings lie
side by side in blocks of 16, filled up with points of share 0: (blocks, angles, 16).
"""
from cython.parallel import prange
from libc.stdint cimport int32_t, int64_t

cdef extern from "polar_rows.h" nogil:
    void polar_sample_points(
        const float *, long, const int32_t *, const float *, long, int, float *)
    void polar_sample_bins(
        const float *, const int32_t *, const float *, const int64_t *, long, float *)
    void polar_weigh_points(
        const float *, long, const int32_t *, long, float *, float *)
    void polar_weigh_bins(
        const float *, const int32_t *, const int64_t *, long, float *, float *)
    void polar_join_rings(const float *, long, long, float *)
    void polar_part_rings(const float *, long, long, float *)

cdef enum:
    LANES = 16


def sample_rings(
    const float[:, :, ::1] images,      # IN   (n, rows, cols)
    const int32_t[::1] pixels,          # IN   of each point, or of all bins
    const int64_t[::1] start,           # IN   where the pixels of each bin start; () for points
    const float[:, ::1] shares,         # IN   (k, ...) k = 1, or n, each image with its own
    bint masked,                        # IN   what has no share may be anything
    int n_threads,
    float[:, :, :, ::1] rings,          # WORK (n, blocks, angles, 16)
    float[:, :, ::1] out,               # OUT  (n, n_rings, angles)
):
    """Sample each ring of each image."""
    cdef Py_ssize_t blocks = rings.shape[1], n = rings.shape[2], job, i, b, at, k
    for job in prange(images.shape[0] * blocks, nogil=True, schedule="static",
                      num_threads=n_threads):
        i = job // blocks
        b = job % blocks
        at = b * n * LANES
        k = i if shares.shape[0] > 1 else 0
        if start.shape[0] == 0:
            polar_sample_points(&images[i, 0, 0], images.shape[2], &pixels[at],
                                &shares[k, 4 * at], n * LANES, masked, &rings[i, b, 0, 0])
        else:
            polar_sample_bins(&images[i, 0, 0], &pixels[0], &shares[k, 0], &start[at], n * LANES,
                              &rings[i, b, 0, 0])
        polar_part_rings(&rings[i, b, 0, 0], min(LANES, out.shape[1] - b * LANES), n,
                         &out[i, b * LANES, 0])


def join_rings(
    const float[:, :, ::1] rings,       # IN   (n, n_rings, angles)
    float[:, :, :, ::1] out,            # OUT  (n, blocks, angles, 16)
):
    """Lay rings side by side."""
    cdef Py_ssize_t i, b
    for i in range(out.shape[0]):
        for b in range(out.shape[1]):
            polar_join_rings(&rings[i, b * LANES, 0], min(LANES, rings.shape[1] - b * LANES),
                             out.shape[2], &out[i, b, 0, 0])


def part_rings(
    const float[:, :, :, ::1] rings,    # IN   (n, blocks, angles, 16)
    float[:, :, ::1] out,               # OUT  (n, n_rings, angles)
):
    """Undo join_rings."""
    cdef Py_ssize_t i, b
    for i in range(rings.shape[0]):
        for b in range(rings.shape[1]):
            polar_part_rings(&rings[i, b, 0, 0], min(LANES, out.shape[1] - b * LANES),
                             rings.shape[2], &out[i, b * LANES, 0])


def weigh_shares(
    const float[:, :, ::1] weights,     # IN   (n, rows, cols)
    const int32_t[::1] pixels,          # IN   as in sample_rings
    const int64_t[::1] start,
    float[:, ::1] shares,               # IN/OUT (n, ...)
    float[:, ::1] weight,               # IN/OUT (n, points)
):
    """Multiply shares by weights of the pixels, so that they add up to 1 again where any is left."""
    cdef Py_ssize_t i
    for i in range(weights.shape[0]):
        if start.shape[0] == 0:
            polar_weigh_points(&weights[i, 0, 0], weights.shape[2], &pixels[0], weight.shape[1],
                               &shares[i, 0], &weight[i, 0])
        else:
            polar_weigh_bins(&weights[i, 0, 0], &pixels[0], &start[0], weight.shape[1],
                             &shares[i, 0], &weight[i, 0])
