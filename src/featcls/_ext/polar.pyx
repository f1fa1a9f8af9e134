"""Samples of images on rings about the beam centre.

Called by featcls.kernels.polar, which has checked every argument and made the plan.
"""
from cython.parallel import prange
from libc.stdint cimport int32_t

cdef extern from "polar_rows.h" nogil:
    void polar_ring(const float *, long, const int32_t *, const float *, const float *,
                    const float *, long, float *, float *)
    void polar_weighted_ring(const float *, const float *, long, const int32_t *, const float *,
                             const float *, const float *, long, float *, float *)


def sample_rings(
    const float[:, :, ::1] images,      # IN   (n, rows, cols)
    const float[:, :, ::1] weights,     # IN   (n, rows, cols), (1, ...) or (0, ...) for all alike
    const int32_t[:, ::1] first,        # IN   (rings, angles) pixel above and left of the point
    const float[:, ::1] right,          # IN   how far right of it the point is, 0..1
    const float[:, ::1] down,
    const float[:, ::1] inside,         # IN   1 for points in the image, 0 for others
    int n_threads,
    float[:, :, ::1] out,               # OUT  (n, rings, angles)
    float[:, :, ::1] weight,            # OUT  (n, rings, angles)
):
    """Sample each ring of each image."""
    cdef Py_ssize_t rings = first.shape[0], angles = first.shape[1], job, i, r, w
    for job in prange(images.shape[0] * rings, nogil=True, schedule="static",
                      num_threads=n_threads):
        i = job // rings
        r = job % rings
        w = i if weights.shape[0] > 1 else 0
        if weights.shape[0] == 0:
            polar_ring(&images[i, 0, 0], images.shape[2], &first[r, 0], &right[r, 0],
                       &down[r, 0], &inside[r, 0], angles, &out[i, r, 0], &weight[i, r, 0])
        else:
            polar_weighted_ring(
                &images[i, 0, 0], &weights[w, 0, 0], images.shape[2], &first[r, 0],
                &right[r, 0], &down[r, 0], &inside[r, 0], angles, &out[i, r, 0],
                &weight[i, r, 0])
