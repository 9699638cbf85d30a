/* TinyML Studio runtime: CAST between all types.
 *
 * Whole numbers that do not fit lose their upper bits. Real ones are cut off behind the point first,
 * and what 32 (or 64) bits cannot hold becomes the nearest number that they can (uint8: what 8 bits
 * cannot hold, as in TFLite); "not a number" is 0. */
#ifndef TML_NN_CAST_H
#define TML_NN_CAST_H

#include "nn_math.h"

typedef struct {
    int32_t count;
} tml_cast_layer;

static inline int32_t tml_cast_whole(float x)
{
    if (x >= 0x1p31f) {
        return INT32_MAX;
    }
    return x >= -0x1p31f ? (int32_t)x : (x < 0.0f ? INT32_MIN : 0);
}

static inline int64_t tml_cast_long(float x)
{
    if (x >= 0x1p63f) {
        return INT64_MAX;
    }
    return x >= -0x1p63f ? (int64_t)x : (x < 0.0f ? INT64_MIN : 0);
}

#define TML_CAST(name, from, to, value)                                                        \
    TML_NN_KERNEL void name(const tml_cast_layer *l, const from *in, to *out)                  \
    {                                                                                          \
        int32_t i;                                                                             \
        for (i = 0; i < l->count; i++) {                                                       \
            const from x = in[i];                                                              \
            out[i] = value;                                                                    \
        }                                                                                      \
    }

#define TML_CASTS_FROM(suffix, from)                                                           \
    TML_CAST(tml_cast_##suffix##_s8, from, int8_t, (int8_t)x)                                  \
    TML_CAST(tml_cast_##suffix##_u8, from, uint8_t, (uint8_t)x)                                \
    TML_CAST(tml_cast_##suffix##_b8, from, uint8_t, (uint8_t)(x != 0))                         \
    TML_CAST(tml_cast_##suffix##_s16, from, int16_t, (int16_t)x)                               \
    TML_CAST(tml_cast_##suffix##_s32, from, int32_t, (int32_t)x)                               \
    TML_CAST(tml_cast_##suffix##_s64, from, int64_t, (int64_t)x)                               \
    TML_CAST(tml_cast_##suffix##_f32, from, float, (float)x)

TML_CASTS_FROM(s8, int8_t)
TML_CASTS_FROM(u8, uint8_t)
TML_CASTS_FROM(b8, uint8_t)
TML_CASTS_FROM(s16, int16_t)
TML_CASTS_FROM(s32, int32_t)
TML_CASTS_FROM(s64, int64_t)
TML_CAST(tml_cast_f32_s8, float, int8_t, (int8_t)tml_cast_whole(x))
TML_CAST(tml_cast_f32_u8, float, uint8_t, (uint8_t)tml_nn_clamp(tml_cast_whole(x), 0, 255))
TML_CAST(tml_cast_f32_b8, float, uint8_t, (uint8_t)(x < 0.0f || !(x <= 0.0f)))
TML_CAST(tml_cast_f32_s16, float, int16_t, (int16_t)tml_cast_whole(x))
TML_CAST(tml_cast_f32_s32, float, int32_t, tml_cast_whole(x))
TML_CAST(tml_cast_f32_s64, float, int64_t, tml_cast_long(x))

#endif
