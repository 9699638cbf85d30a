#include "dsp/window.h"

static void copy_run(const tml_window *window, uint32_t row, uint32_t count, uint32_t axis,
                     float *values)
{
    uint32_t step = window->n_axes, i;
    size_t from = (size_t)row * step + axis;
    if (window->dtype == TML_INT16) {
        const int16_t *data = (const int16_t *)window->data + from;
        for (i = 0; i < count; i++, data += step) {
            values[i] = (float)*data;
        }
    } else {
        const float *data = (const float *)window->data + from;
        for (i = 0; i < count; i++, data += step) {
            values[i] = *data;
        }
    }
}

void tml_window_copy(const tml_window *window, uint32_t first, uint32_t count, uint32_t axis,
                     float *values)
{
    uint32_t row = window->start + first, run;
    if (row >= window->capacity) {
        row -= window->capacity;
    }
    run = window->capacity - row < count ? window->capacity - row : count;
    copy_run(window, row, run, axis, values);
    copy_run(window, 0, count - run, axis, values + run);
}
