/* TinyML Studio runtime: types that every part speaks. C99, no heap, no stdio, no libm, no global
 * mutable state. Every toolchain compiles it with -ffp-contract=off and without fast-math, so that
 * the same input gives the same bytes on PC and board. */
#ifndef TML_BASE_H
#define TML_BASE_H

#include <stddef.h>
#include <stdint.h>

enum { TML_OK = 0, TML_ERROR_SHAPE = -1, TML_ERROR_CONFIG = -2 };

typedef enum { TML_INT16 = 0, TML_FLOAT32 = 1 } tml_dtype;

/* One window of readings, interleaved (reading 0: axis 0, axis 1, ...), possibly lying in a ring:
 * reading i of the window is reading (start + i) % capacity of data. */
typedef struct {
    const void *data;
    tml_dtype dtype;
    uint32_t n_axes;
    uint32_t n_readings;
    uint32_t start;
    uint32_t capacity;
} tml_window;

static inline float tml_window_get(const tml_window *window, uint32_t reading, uint32_t axis)
{
    uint32_t row = window->start + reading;
    if (row >= window->capacity) {
        row -= window->capacity;
    }
    row = row * window->n_axes + axis;
    return window->dtype == TML_INT16 ? (float)((const int16_t *)window->data)[row]
                                      : ((const float *)window->data)[row];
}

#endif
