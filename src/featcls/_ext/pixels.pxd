"""Pixel types that kernels read, and how a row of them becomes doubles."""
from libc.stdint cimport int32_t, uint8_t, uint16_t

ctypedef fused pixel:
    uint8_t
    uint16_t
    int32_t
    float
    double

cdef extern from "pixels.h" nogil:
    void load_pixels_u8(const uint8_t *, const uint8_t *, long, double, double, double *)
    void load_pixels_u16(const uint16_t *, const uint8_t *, long, double, double, double *)
    void load_pixels_i32(const int32_t *, const uint8_t *, long, double, double, double *)
    void load_pixels_f32(const float *, const uint8_t *, long, double, double, double *)
    void load_pixels_f64(const double *, const uint8_t *, long, double, double, double *)
    long count_valid(const uint8_t *, long)


cdef inline void load_row(const pixel *pixels, const uint8_t *mask, Py_ssize_t n, double scale,
                          double shift, double *out) noexcept nogil:
    """out = scale * pixels - shift, 0 where the mask (may be NULL) is set."""
    if pixel is uint8_t:
        load_pixels_u8(pixels, mask, n, scale, shift, out)
    elif pixel is uint16_t:
        load_pixels_u16(pixels, mask, n, scale, shift, out)
    elif pixel is int32_t:
        load_pixels_i32(pixels, mask, n, scale, shift, out)
    elif pixel is float:
        load_pixels_f32(pixels, mask, n, scale, shift, out)
    else:
        load_pixels_f64(pixels, mask, n, scale, shift, out)


cdef inline const uint8_t *mask_row(const uint8_t[:, :, ::1] masks, Py_ssize_t i,
                                    Py_ssize_t row) noexcept nogil:
    """Row of the mask of image i: masks are none (0), one for all images (1), or n."""
    if masks.shape[0] == 0:
        return NULL
    return &masks[i if masks.shape[0] > 1 else 0, row, 0]
