/* TinyML Studio runtime: MAXIMUM and MINIMUM on every type, with broadcasting. */
#ifndef TML_NN_EXTREMES_H
#define TML_NN_EXTREMES_H

#include "nn_broadcast.h"

typedef struct {
    int32_t smaller; /* 1: the smaller of both values, 0: the larger */
} tml_extremes_numbers;

typedef struct {
    tml_nn_broadcast shape;
    tml_extremes_numbers numbers;
} tml_extremes_layer;

#define TML_EXTREMES(name, type)                                                                 \
    TML_NN_KERNEL type name##_one(const tml_extremes_numbers *n, type x, type y)                 \
    {                                                                                            \
        const int32_t first = n->smaller ? x < y : x > y;                                        \
        return first ? x : y;                                                                    \
    }                                                                                            \
    TML_NN_BINARY(name, tml_extremes, type, type, type, name##_one)

TML_EXTREMES(tml_extremes_s8, int8_t)
TML_EXTREMES(tml_extremes_s16, int16_t)
TML_EXTREMES(tml_extremes_s32, int32_t)
TML_EXTREMES(tml_extremes_s64, int64_t)
TML_EXTREMES(tml_extremes_f32, float)

#endif
