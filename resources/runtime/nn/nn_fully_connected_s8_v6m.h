/* TinyML Studio runtime: FULLY_CONNECTED on int8 for ARMv6-M; the input's zero point is in the bias.
 *
 * Inputs are widened to words, some (a tile) at a time, again for every 32 outputs.
 *
 * The weights of four rows are the bytes of a word, each 128 more than it is, so that none is
 * negative. Bytes 1 and 3 of a word times an input make two products in one; the whole word times
 * the input makes those of bytes 0 and 2, plus 256 times the first two, which is taken away after
 * a group of taps. So is what the 128 came to, which follows each group of inputs. */
#ifndef TML_NN_FULLY_CONNECTED_S8_V6M_H
#define TML_NN_FULLY_CONNECTED_S8_V6M_H

#include "nn_math_v6m.h"

typedef struct {
    int32_t batches, in_size, out_size;
    int32_t row;  /* in_size to the next multiple of four */
    int32_t tile; /* inputs prepared at once, a multiple of the group */
    const int32_t *weights; /* [out_size / 32][row / tile][32 / 4][tile], the last of each shorter */
    tml_v6m_layout layout;
    tml_nn_outputs outputs;
} tml_fully_connected_s8_v6m_layer;

enum { TML_FULLY_CONNECTED_S8_V6M_ROWS = 32 };

/* Some rows, a multiple of four. */
typedef struct {
    const tml_nn_sum *x, *x_end;
    const int32_t *weights;
    tml_nn_sum *sums, *end;
    int32_t group;
} tml_fully_connected_s8_v6m_run;

#ifdef TML_NN_V6M

#define TML_FULLY_CONNECTED_S8_V6M_FIRST \
    "ldm r6!, {r0}\n" \
    "ldm r5!, {r4}\n" \
    "lsrs r1, r0, #8\n" \
    "ands r1, r7\n" \
    "muls r0, r4, r0\n" \
    "muls r1, r4, r1\n"

#define TML_FULLY_CONNECTED_S8_V6M_TAP \
    "ldm r6!, {r2}\n" \
    "ldm r5!, {r4}\n" \
    "lsrs r3, r2, #8\n" \
    "ands r3, r7\n" \
    "muls r2, r4, r2\n" \
    "adds r0, r0, r2\n" \
    "muls r3, r4, r3\n" \
    "adds r1, r1, r3\n"

#define TML_FULLY_CONNECTED_S8_V6M_TAPS4 \
    TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_TAP \
    TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_TAP

/* The sums without what does not belong to them, and their upper ones freed from what the lower
 * ones took. */
#define TML_FULLY_CONNECTED_S8_V6M_LAST \
    "ldm r5!, {r4}\n" \
    "lsls r2, r1, #8\n" \
    "subs r0, r0, r2\n" \
    "subs r0, r0, r4\n" \
    "subs r1, r1, r4\n" \
    "add r8, r0\n" \
    "add r0, r12\n" \
    "asrs r0, r0, #16\n" \
    "add r9, r0\n" \
    "add r10, r1\n" \
    "add r1, r12\n" \
    "asrs r1, r1, #16\n" \
    "add r11, r1\n" \
    "cmp r5, lr\n"

#define TML_FULLY_CONNECTED_S8_V6M_AGAIN(label) \
    TML_FULLY_CONNECTED_S8_V6M_LAST \
    "bne " label "b\n" \
    "b 9f\n"

/* r0, r1 are two words of sums, r5 the inputs, r6 the weights, r7 the mask of bytes 0 and 2, r8 to
 * r11 the words and upper sums over all groups. */
static TML_NN_RARE void tml_fully_connected_s8_v6m_sums(const tml_fully_connected_s8_v6m_run *of)
{
    register const tml_fully_connected_s8_v6m_run *run __asm__("r0") = of;
    __asm__ volatile(".syntax unified\n"
                     "push {r7}\n"
                     "ldm r0!, {r1, r2, r6}\n"
                     "mov lr, r2\n"
                     "ldm r0!, {r3, r4, r5}\n"
                     "push {r1, r3, r4, r5}\n"
                     "movs r7, #255\n"
                     "lsls r0, r7, #16\n"
                     "orrs r7, r0\n"
                     "movs r0, #128\n"
                     "lsls r0, r0, #8\n"
                     "mov r12, r0\n"
                     "1: ldr r5, [sp]\n"
                     "movs r0, #0\n"
                     "mov r8, r0\n"
                     "mov r9, r0\n"
                     "mov r10, r0\n"
                     "mov r11, r0\n"
                     "ldr r0, [sp, #12]\n"
                     "cmp r0, #4\n"
                     "beq 4f\n"
                     "bhi 5f\n"
                     "2:\n" TML_FULLY_CONNECTED_S8_V6M_FIRST TML_FULLY_CONNECTED_S8_V6M_TAP
                     TML_FULLY_CONNECTED_S8_V6M_AGAIN("2")
                     "4:\n" TML_FULLY_CONNECTED_S8_V6M_FIRST TML_FULLY_CONNECTED_S8_V6M_TAP
                     TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_TAP
                     TML_FULLY_CONNECTED_S8_V6M_AGAIN("4")
                     "5: cmp r0, #8\n"
                     "bne 6f\n"
                     "8:\n" TML_FULLY_CONNECTED_S8_V6M_FIRST TML_FULLY_CONNECTED_S8_V6M_TAPS4
                     TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_TAP
                     TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_AGAIN("8")
                     "6:\n" TML_FULLY_CONNECTED_S8_V6M_FIRST TML_FULLY_CONNECTED_S8_V6M_TAPS4
                     TML_FULLY_CONNECTED_S8_V6M_TAPS4 TML_FULLY_CONNECTED_S8_V6M_TAPS4
                     TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_TAP
                     TML_FULLY_CONNECTED_S8_V6M_TAP TML_FULLY_CONNECTED_S8_V6M_LAST
                     "beq 9f\n"
                     "b 6b\n"
                     "9: ldr r5, [sp, #4]\n"
                     "mov r3, r9\n"
                     "lsls r0, r3, #16\n"
                     "mov r1, r8\n"
                     "subs r1, r1, r0\n"
                     "ldr r0, [r5]\n"
                     "adds r1, r1, r0\n"
                     "ldr r0, [r5, #8]\n"
                     "adds r3, r3, r0\n"
                     "mov r4, r11\n"
                     "lsls r0, r4, #16\n"
                     "mov r2, r10\n"
                     "subs r2, r2, r0\n"
                     "ldr r0, [r5, #4]\n"
                     "adds r2, r2, r0\n"
                     "ldr r0, [r5, #12]\n"
                     "adds r4, r4, r0\n"
                     "stm r5!, {r1, r2, r3, r4}\n"
                     "str r5, [sp, #4]\n"
                     "ldr r1, [sp, #8]\n"
                     "cmp r5, r1\n"
                     "beq 7f\n"
                     "b 1b\n"
                     "7: add sp, #16\n"
                     "pop {r7}\n"
                     : "+r"(run)
                     :
                     : TML_V6M_CLOBBERED);
}

#else

static TML_NN_RARE void tml_fully_connected_s8_v6m_sums(const tml_fully_connected_s8_v6m_run *run)
{
    const int32_t *w = run->weights;
    tml_nn_sum *sum;
    for (sum = run->sums; sum != run->end; sum += 4) {
        const tml_nn_sum *x = run->x;
        int32_t k;
        while (x != run->x_end) {
            const tml_nn_sum *const end = x + run->group;
            for (; x != end; x++) {
                for (k = 0; k < 4; k++) {
                    sum[k] += (((uint32_t)*w >> (8 * k) & 0xff) - 128) * *x;
                }
                w++;
            }
            x++;
        }
    }
}

#endif

/* Lay out a tile of inputs, `left` of them from the input and zeros for the rest: after each group,
 * 128 times its sum in both halves of a word. */
static TML_NN_RARE const tml_nn_sum *
tml_fully_connected_s8_v6m_prepare(const tml_fully_connected_s8_v6m_layer *l, const int8_t *in,
                                   int32_t count, int32_t left, tml_nn_sum *to)
{
    const int32_t group = l->layout.group;
    for (; count > 0; count -= group) {
        tml_nn_sum *const end = to + group;
        tml_nn_sum *const last = left < group ? to + left : end;
        uint32_t sum = 0;
        for (; last - to >= 4; to += 4) {
            const int32_t a = in[0], b = in[1], c = in[2], d = in[3];
            sum += (uint32_t)(a + b + c + d);
            to[0] = (uint32_t)a;
            to[1] = (uint32_t)b;
            to[2] = (uint32_t)c;
            to[3] = (uint32_t)d;
            in += 4;
        }
        while (to != last) {
            const uint32_t x = (uint32_t)*in++;
            sum += x;
            *to++ = x;
        }
        while (to != end) {
            *to++ = 0;
        }
        *to++ = sum * 0x800080;
        left = left < group ? 0 : left - group;
    }
    return to;
}

/* Outputs of some rows, from complete sums; those with a scaling of their own one by one. */
static TML_NN_RARE void
tml_fully_connected_s8_v6m_store(const tml_fully_connected_s8_v6m_layer *l, int32_t first,
                                 const tml_nn_sum *sums, int32_t count, int8_t *out)
{
    int32_t i;
    if (!l->outputs.per_channel) {
        tml_v6m_store(&l->outputs, l->layout.narrow, first, 0, sums, count, out, 1);
        return;
    }
    for (i = 0; i < count; i++) {
        if (tml_v6m_is_fixed(&l->outputs, first + i)) {
            out[i] = (int8_t)l->outputs.bias[first + i];
        } else {
            tml_v6m_store(&l->outputs, l->layout.narrow, first + i, 0, sums + i, 1, out + i, 1);
        }
    }
}

/* `scratch` holds a tile of inputs as they are prepared. */
static TML_NN_RARE void tml_fully_connected_s8_v6m(const tml_fully_connected_s8_v6m_layer *l,
                                                   const int8_t *in, int8_t *out, void *scratch)
{
    tml_nn_sum sums[TML_FULLY_CONNECTED_S8_V6M_ROWS];
    tml_fully_connected_s8_v6m_run run;
    int32_t batch;
    run.x = (const tml_nn_sum *)scratch;
    run.group = l->layout.group;
    run.sums = sums;
    for (batch = 0; batch < l->batches; batch++) {
        const int32_t *extra = l->layout.extra;
        int32_t first, count, at, i, k;
        run.weights = l->weights;
        for (first = 0; first < l->out_size; first += count) {
            count = l->out_size - first;
            if (count > TML_FULLY_CONNECTED_S8_V6M_ROWS) {
                count = TML_FULLY_CONNECTED_S8_V6M_ROWS;
            }
            run.end = sums + (count + 3) / 4 * 4;
            for (i = 0; i < (count + 3) / 4 * 4; i++) {
                sums[i] = i < count ? (uint32_t)l->outputs.bias[first + i] : 0;
            }
            for (at = 0; at < l->row; at += l->tile) {
                const int32_t size = l->row - at < l->tile ? l->row - at : l->tile;
                if (first == 0 || l->tile < l->row) {
                    run.x_end = tml_fully_connected_s8_v6m_prepare(
                        l, in + at, size, l->in_size - at, (tml_nn_sum *)scratch);
                }
                tml_fully_connected_s8_v6m_sums(&run);
                run.weights += (count + 3) / 4 * size;
            }
            for (i = 0; i < count; i++) {
                for (k = l->layout.extra_counts[first + i]; k > 0; k--) {
                    sums[i] += (uint32_t)((int8_t)(*extra & 0xff) * in[*extra >> 8]);
                    extra++;
                }
            }
            tml_fully_connected_s8_v6m_store(l, first, sums, count, out + first);
        }
        in += l->in_size;
        out += l->out_size;
    }
}

#endif
