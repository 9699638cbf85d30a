/* TinyML Studio runtime: ARG_MAX and ARG_MIN: where along a dimension the first largest or
 * smallest value is. */
#ifndef TML_NN_ARG_H
#define TML_NN_ARG_H

#include "nn_math.h"

typedef struct {
    int32_t outer, size, inner; /* [outer][size][inner] -> [outer][inner] */
} tml_arg_layer;

#define TML_NN_ARG(name, type, out_type, beats)                                                \
    TML_NN_KERNEL void name(const tml_arg_layer *l, const type *in, out_type *out)             \
    {                                                                                          \
        int32_t outer, inner, i;                                                               \
        for (outer = 0; outer < l->outer; outer++) {                                           \
            for (inner = 0; inner < l->inner; inner++) {                                       \
                const type *from = in + inner;                                                 \
                type best = *from;                                                             \
                int32_t found = 0;                                                             \
                for (i = 1; i < l->size; i++) {                                                \
                    from += l->inner;                                                          \
                    if (*from beats best) {                                                    \
                        best = *from;                                                          \
                        found = i;                                                             \
                    }                                                                          \
                }                                                                              \
                *out++ = found;                                                                \
            }                                                                                  \
            in += l->size * l->inner;                                                          \
        }                                                                                      \
    }

TML_NN_ARG(tml_arg_max_s8_s32, int8_t, int32_t, >)
TML_NN_ARG(tml_arg_min_s8_s32, int8_t, int32_t, <)
TML_NN_ARG(tml_arg_max_s16_s32, int16_t, int32_t, >)
TML_NN_ARG(tml_arg_min_s16_s32, int16_t, int32_t, <)
TML_NN_ARG(tml_arg_max_f32_s32, float, int32_t, >)
TML_NN_ARG(tml_arg_min_f32_s32, float, int32_t, <)
TML_NN_ARG(tml_arg_max_s8_s64, int8_t, int64_t, >)
TML_NN_ARG(tml_arg_min_s8_s64, int8_t, int64_t, <)
TML_NN_ARG(tml_arg_max_s16_s64, int16_t, int64_t, >)
TML_NN_ARG(tml_arg_min_s16_s64, int16_t, int64_t, <)
TML_NN_ARG(tml_arg_max_f32_s64, float, int64_t, >)
TML_NN_ARG(tml_arg_min_f32_s64, float, int64_t, <)

#endif
