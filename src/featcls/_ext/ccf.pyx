"""Products of rings, summed over the angle.

Called by featcls.kernels.correlation, which has checked every argument. Rings and angles are
filled up with zeros to multiples of 4 and 16.
"""
from cython.parallel import prange

cdef extern from "ccf_rows.h" nogil:
    void ccf_products(const float *, long, long, float *)
    float ccf_dot(const float *, const float *, long)
    void ccf_centre(float *, const float *, float, long)


def centre_rings(
    float[:, :, ::1] rings,             # IN/OUT (n, rings, stride); out: weight * (value - mean)
    const float[:, :, ::1] weights,     # IN   (n, rings, stride), or (0, ...) for all alike
    Py_ssize_t n_angles,                # IN   entries of a ring that are not filling
    bint subtract,                      # IN   take the mean of each ring off
    int n_threads,
    float[:, ::1] means,                # OUT  (n, rings) weighted means
):
    """Mean of each ring, and the ring with it taken off and weighted."""
    cdef Py_ssize_t n = rings.shape[1], stride = rings.shape[2], job, i, r
    cdef const float *weight
    cdef float total
    for job in prange(rings.shape[0] * n, nogil=True, schedule="static", num_threads=n_threads):
        i = job // n
        r = job % n
        weight = &weights[i, r, 0] if weights.shape[0] > 0 else NULL
        total = ccf_dot(weight, NULL, stride) if weight != NULL else <float>n_angles
        means[i, r] = ccf_dot(&rings[i, r, 0], weight, stride) / total if total > 0 else 0
        ccf_centre(&rings[i, r, 0], weight, means[i, r] if subtract else 0, n_angles)


def ring_products(
    const float[:, :, ::1] rings,       # IN   (n, rings, stride)
    int n_threads,
    float[:, :, ::1] out,               # OUT  (n, rings, rings), symmetric
):
    """Sum over the angle of the products of all pairs of rings."""
    cdef Py_ssize_t i
    for i in prange(rings.shape[0], nogil=True, schedule="dynamic", num_threads=n_threads):
        ccf_products(&rings[i, 0, 0], rings.shape[1], rings.shape[2], &out[i, 0, 0])


def ring_components(
    const float[:, :, ::1] rings,       # IN   (n, rings, stride)
    const float[:, ::1] waves,          # IN   (n_waves, stride), zero where rings are filled up
    int n_threads,
    float[:, :, ::1] out,               # OUT  (n_waves, n, rings)
):
    """Sum over the angle of each ring times each wave."""
    cdef Py_ssize_t n = rings.shape[1], job, w
    for job in prange(rings.shape[0] * n, nogil=True, schedule="static", num_threads=n_threads):
        for w in range(waves.shape[0]):
            out[w, job // n, job % n] = ccf_dot(
                &rings[job // n, job % n, 0], &waves[w, 0], rings.shape[2])
