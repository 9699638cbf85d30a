/* TinyML Studio runtime: the loops of kernels on two values each, one of which may be repeated. */
#ifndef TML_NN_BROADCAST_H
#define TML_NN_BROADCAST_H

#include "nn_math.h"

enum { TML_NN_LOOPS = 5 };

/* Half of `twice` times a multiplier, shifted to the right by at least 1 and rounded twice. */
static inline int32_t tml_nn_shifted_product(int32_t twice, int32_t multiplier, int32_t right)
{
    const int32_t x = tml_nn_high_multiply_doubled(twice, multiplier);
    return (x + (x >> 31) + (int32_t)((uint32_t)1 << (right - 1))) >> right;
}

typedef struct {
    int32_t row;            /* values in a row of the output, which is written in order */
    int32_t step_a, step_b; /* from one value of a row to the next: 1, or 0 where it repeats */
    int32_t depth;          /* loops around the row */
    const int32_t *loops;   /* of each, the outermost first: turns, step of a, step of b */
} tml_nn_broadcast;

/* Where the next row begins in both inputs. */
typedef struct {
    int32_t turn[TML_NN_LOOPS];
    int32_t a, b;
} tml_nn_place;

/* Go to the next row; 0 after the last. */
TML_NN_KERNEL int32_t tml_nn_next_row(const tml_nn_broadcast *shape, tml_nn_place *at)
{
    int32_t i;
    for (i = shape->depth - 1; i >= 0; i--) {
        const int32_t *const loop = shape->loops + 3 * i;
        at->a += loop[1];
        at->b += loop[2];
        at->turn[i]++;
        if (at->turn[i] < loop[0]) {
            return 1;
        }
        at->a -= loop[0] * loop[1];
        at->b -= loop[0] * loop[2];
        at->turn[i] = 0;
    }
    return 0;
}

/* A kernel `name` for a layer type that has the members `shape` and `numbers`: every output is
 * function(&numbers, x, y). It may lie over an input that is not repeated. */
#define TML_NN_BINARY(name, layer, type_a, type_b, type_out, function)                           \
    TML_NN_KERNEL void name(const layer##_layer *l, const type_a *a, const type_b *b,            \
                            type_out *out)                                                       \
    {                                                                                            \
        const layer##_numbers numbers = l->numbers;                                              \
        const int32_t row = l->shape.row, step_a = l->shape.step_a, step_b = l->shape.step_b;    \
        tml_nn_place at = {{0}, 0, 0};                                                           \
        do {                                                                                     \
            const type_a *x = a + at.a;                                                          \
            const type_b *y = b + at.b;                                                          \
            type_out *const end = out + row;                                                     \
            while (out != end) {                                                                 \
                *out++ = function(&numbers, *x, *y);                                             \
                x += step_a;                                                                     \
                y += step_b;                                                                     \
            }                                                                                    \
        } while (tml_nn_next_row(&l->shape, &at));                                               \
    }

#endif
