/* TinyML Studio runtime: LOGISTIC and TANH on int16, output in steps of 2^-15: one table of the
 * logistic function, interpolated. tanh(x) = 2 logistic(2 x) - 1, and both are symmetric. */
#ifndef TML_NN_SIGMOID_S16_H
#define TML_NN_SIGMOID_S16_H

#include "nn_math.h"

typedef struct {
    int32_t count;
    int32_t multiplier, right; /* from an input to steps of 1/12288; right in 0..31 */
} tml_sigmoid_s16_layer;

/* logistic(i / 24) in steps of 2^-16, each value plus half of what interpolation falls short of the
 * function in the middle between it and the next one. */
static const uint16_t tml_sigmoid_s16_table[256] = {
    32768, 33451, 34133, 34813, 35493, 36169, 36843, 37513, 38180, 38841, 39498, 40149,
    40794, 41432, 42064, 42688, 43304, 43912, 44511, 45102, 45683, 46255, 46817, 47369,
    47911, 48443, 48964, 49475, 49975, 50464, 50942, 51409, 51865, 52311, 52745, 53169,
    53581, 53983, 54374, 54755, 55125, 55485, 55834, 56174, 56503, 56823, 57133, 57433,
    57724, 58007, 58280, 58544, 58800, 59048, 59288, 59519, 59743, 59959, 60168, 60370,
    60565, 60753, 60935, 61110, 61279, 61441, 61599, 61750, 61896, 62036, 62172, 62302,
    62428, 62549, 62666, 62778, 62886, 62990, 63090, 63186, 63279, 63368, 63454, 63536,
    63615, 63691, 63765, 63835, 63903, 63968, 64030, 64090, 64148, 64204, 64257, 64308,
    64357, 64405, 64450, 64494, 64536, 64576, 64614, 64652, 64687, 64721, 64754, 64786,
    64816, 64845, 64873, 64900, 64926, 64950, 64974, 64997, 65019, 65039, 65060, 65079,
    65097, 65115, 65132, 65149, 65164, 65179, 65194, 65208, 65221, 65234, 65246, 65258,
    65269, 65280, 65291, 65301, 65310, 65319, 65328, 65337, 65345, 65352, 65360, 65367,
    65374, 65381, 65387, 65393, 65399, 65404, 65410, 65415, 65420, 65425, 65429, 65433,
    65438, 65442, 65445, 65449, 65453, 65456, 65459, 65462, 65465, 65468, 65471, 65474,
    65476, 65479, 65481, 65483, 65485, 65488, 65489, 65491, 65493, 65495, 65497, 65498,
    65500, 65501, 65503, 65504, 65505, 65507, 65508, 65509, 65510, 65511, 65512, 65513,
    65514, 65515, 65516, 65517, 65517, 65518, 65519, 65520, 65520, 65521, 65522, 65522,
    65523, 65523, 65524, 65524, 65525, 65525, 65526, 65526, 65526, 65527, 65527, 65528,
    65528, 65528, 65529, 65529, 65529, 65529, 65530, 65530, 65530, 65530, 65531, 65531,
    65531, 65531, 65531, 65532, 65532, 65532, 65532, 65532, 65532, 65533, 65533, 65533,
    65533, 65533, 65533, 65533, 65533, 65534, 65534, 65534, 65534, 65534, 65534, 65534,
    65534, 65534, 65534, 65535
};

/* The input in steps of 1/12288, and its magnitude. */
static inline int32_t tml_sigmoid_s16_input(const tml_sigmoid_s16_layer *l, int32_t x,
                                            uint32_t *magnitude)
{
    const uint32_t half = l->right > 0 ? (uint32_t)1 << (l->right - 1) : 0;
    const int32_t y = (int32_t)((uint32_t)(x * l->multiplier) + half) >> l->right;
    *magnitude = y < 0 ? 0u - (uint32_t)y : (uint32_t)y;
    return y;
}

/* logistic(x) in steps of 2^-15 for x in steps of 2^-12 times 3. */
static inline int16_t tml_logistic_s16_one(const tml_sigmoid_s16_layer *l, int16_t x)
{
    uint32_t size, y = (uint32_t)32767 << 10;
    const int32_t negative = tml_sigmoid_s16_input(l, x, &size) < 0;
    if (size >> 9 < 255) {
        const uint16_t *const at = tml_sigmoid_s16_table + (size >> 9);
        y = ((uint32_t)at[0] << 9) + (size & 511u) * ((uint32_t)at[1] - at[0]);
    }
    y = negative ? ((uint32_t)1 << 25) - y + 511u : y + 512u;
    return (int16_t)(y >> 10);
}

static inline int16_t tml_tanh_s16_one(const tml_sigmoid_s16_layer *l, int16_t x)
{
    const int32_t one = (int32_t)1 << 23;
    uint32_t size;
    const int32_t negative = tml_sigmoid_s16_input(l, x, &size) < 0;
    int32_t y = (int32_t)65535 << 8;
    if (size >> 8 < 255) {
        const uint16_t *const at = tml_sigmoid_s16_table + (size >> 8);
        y = (int32_t)(((uint32_t)at[0] << 8) + (size & 255u) * ((uint32_t)at[1] - at[0]));
    }
    y = negative ? one - y + 127 : y - one + 128;
    return (int16_t)(y >> 8);
}

/* The outputs may lie over the inputs. */
TML_NN_KERNEL void tml_logistic_s16(const tml_sigmoid_s16_layer *l, const int16_t *in,
                                    int16_t *out)
{
    const tml_sigmoid_s16_layer n = *l;
    int32_t i;
    for (i = 0; i < n.count; i++) {
        out[i] = tml_logistic_s16_one(&n, in[i]);
    }
}

TML_NN_KERNEL void tml_tanh_s16(const tml_sigmoid_s16_layer *l, const int16_t *in, int16_t *out)
{
    const tml_sigmoid_s16_layer n = *l;
    int32_t i;
    for (i = 0; i < n.count; i++) {
        out[i] = tml_tanh_s16_one(&n, in[i]);
    }
}

#endif
