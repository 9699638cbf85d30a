/* Reading one axis of a window that may lie in a ring. */
#ifndef TML_WINDOW_H
#define TML_WINDOW_H

#include "tml_base.h"

/* Non-zero if the window is one that code may read. */
static inline int tml_window_is_valid(const tml_window *window, uint32_t n_readings,
                                      uint32_t n_axes)
{
    return window->n_readings == n_readings && window->n_axes == n_axes
           && window->n_readings <= window->capacity && window->start < window->capacity
           && (window->dtype == TML_INT16 || window->dtype == TML_FLOAT32);
}

/* Copy `count` readings of one axis, from reading `first` on, as floats. */
void tml_window_copy(const tml_window *window, uint32_t first, uint32_t count, uint32_t axis,
                     float *values);

#endif
