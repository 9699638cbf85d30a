/* TinyML Studio runtime: UNIDIRECTIONAL_SEQUENCE_LSTM on int8, int16 and float32.
 *
 * Per cell there are four gates: forget, input, cell, output; weights and biases of all cells of
 * one gate lie together, gates in this order. The hidden state of a step is written to the output
 * first, since all cells need the old one. Sums are unsigned so that they wrap where a hostile
 * model overflows them. */
#ifndef TML_NN_LSTM_H
#define TML_NN_LSTM_H

#include "nn_dot.h"
#include "nn_sigmoid_s16.h"
#include "nn_unary_f32.h"

typedef struct {
    int32_t batches, steps, inputs, cells;
    int32_t next_batch, next_step; /* from one row of the inputs to another, in rows */
} tml_lstm_sizes;

typedef struct {
    int32_t keep_multiplier, keep_shift;   /* forget gate times cell state */
    int32_t add_multiplier, add_shift;     /* input gate times cell gate */
    int32_t clip;                          /* of the cell state; beyond int16 for none */
    int32_t tanh_multiplier, tanh_right;   /* from the cell state to tanh's input */
    int32_t out_multiplier, out_shift, out_zero_point;
} tml_lstm_cells;

typedef struct {
    tml_lstm_sizes size;
    tml_lstm_cells cells;
    const int8_t *input_weights;     /* 4 gates, cells, inputs */
    const int8_t *recurrent_weights; /* 4 gates, cells, cells */
    const int32_t *input_bias;       /* with what the zero point adds */
    const int32_t *recurrent_bias;
    int32_t input_multiplier[4], input_shift[4];
    int32_t recurrent_multiplier[4], recurrent_shift[4];
} tml_lstm_s8_layer;

typedef struct {
    tml_lstm_sizes size;
    tml_lstm_cells cells;
    const int8_t *input_weights;
    const int8_t *recurrent_weights;
    const int64_t *input_bias;
    const int64_t *recurrent_bias;
    int32_t input_multiplier[4], input_right[4]; /* 15 bits, always shifted to the right */
    int32_t recurrent_multiplier[4], recurrent_right[4];
} tml_lstm_s16_layer;

typedef struct {
    tml_lstm_sizes size;
    float clip; /* 0 for none */
    const float *input_weights;
    const float *recurrent_weights;
    const float *bias;
} tml_lstm_f32_layer;

static inline int32_t tml_lstm_half(int32_t x)
{
    return tml_nn_clamp(x, -32768, 32767);
}

/* One cell: from its gates' sums in Q3.12 and its state to its hidden state. */
static inline int32_t tml_lstm_update(const tml_lstm_cells *c, const int32_t *gates,
                                      int16_t *state)
{
    const tml_sigmoid_s16_layer plain = {1, 3, 0};
    const tml_sigmoid_s16_layer last = {1, c->tanh_multiplier, c->tanh_right};
    const int32_t forget = tml_logistic_s16_one(&plain, (int16_t)gates[0]);
    const int32_t input = tml_logistic_s16_one(&plain, (int16_t)gates[1]);
    const int32_t fresh = tml_tanh_s16_one(&plain, (int16_t)gates[2]);
    const int32_t output = tml_logistic_s16_one(&plain, (int16_t)gates[3]);
    const int32_t kept =
        tml_lstm_half(tml_nn_rescale(forget * *state, c->keep_multiplier, c->keep_shift));
    const int32_t added =
        tml_lstm_half(tml_nn_rescale(input * fresh, c->add_multiplier, c->add_shift));
    uint32_t hidden;
    *state = (int16_t)tml_nn_clamp(tml_lstm_half(kept + added), -c->clip, c->clip);
    hidden = (uint32_t)tml_nn_rescale(tml_tanh_s16_one(&last, *state) * output,
                                      c->out_multiplier, c->out_shift);
    return (int32_t)(hidden + (uint32_t)c->out_zero_point);
}

/* The sums of a cell's four gates. */
static inline void tml_lstm_gates_s8(const tml_lstm_s8_layer *l, int32_t cell, const int8_t *in,
                                     const int8_t *hidden, int32_t *gates)
{
    const int32_t inputs = l->size.inputs, cells = l->size.cells;
    uint32_t a[4], b[4];
    int32_t gate;
    for (gate = 0; gate < 4; gate++) {
        a[gate] = (uint32_t)l->input_bias[gate * cells + cell];
        b[gate] = (uint32_t)l->recurrent_bias[gate * cells + cell];
    }
    tml_nn_dot_four_s8(in, l->input_weights + cell * inputs, cells * inputs, inputs, a);
    tml_nn_dot_four_s8(hidden, l->recurrent_weights + cell * cells, cells * cells, cells, b);
    for (gate = 0; gate < 4; gate++) {
        const int32_t x =
            tml_nn_rescale((int32_t)a[gate], l->input_multiplier[gate], l->input_shift[gate]);
        const int32_t y = tml_nn_rescale((int32_t)b[gate], l->recurrent_multiplier[gate],
                                         l->recurrent_shift[gate]);
        gates[gate] = tml_lstm_half(tml_lstm_half(x) + tml_lstm_half(y));
    }
}

/* One part of a cell's four gates in Q3.12: sums of 64 bits, rounded once by 15 bits. */
static inline void tml_lstm_part_s16(const int16_t *x, const int8_t *w, const int64_t *bias,
                                     int32_t count, int32_t cells, const int32_t *multiplier,
                                     const int32_t *right, int32_t *gates)
{
    const int32_t next = cells * count;
    int64_t sums[4];
    int32_t parts[4], gate;
    for (gate = 0; gate < 4; gate++) {
        sums[gate] = bias[gate * cells];
    }
    while (count > 0) {
        const int32_t some = count < 256 ? count : 256;
        tml_nn_dot_four_s16(x, w, next, some, parts);
        for (gate = 0; gate < 4; gate++) {
            sums[gate] += parts[gate];
        }
        x += some;
        w += some;
        count -= some;
    }
    for (gate = 0; gate < 4; gate++) {
        const int64_t half = (int64_t)1 << (right[gate] - 1);
        const int64_t y = (sums[gate] * multiplier[gate] + half) >> right[gate];
        gates[gate] = tml_lstm_half((int32_t)(uint32_t)y);
    }
}

static inline void tml_lstm_gates_s16(const tml_lstm_s16_layer *l, int32_t cell,
                                      const int16_t *in, const int16_t *hidden, int32_t *gates)
{
    const int32_t inputs = l->size.inputs, cells = l->size.cells;
    int32_t more[4], gate;
    tml_lstm_part_s16(in, l->input_weights + cell * inputs, l->input_bias + cell, inputs, cells,
                      l->input_multiplier, l->input_right, gates);
    tml_lstm_part_s16(hidden, l->recurrent_weights + cell * cells, l->recurrent_bias + cell,
                      cells, cells, l->recurrent_multiplier, l->recurrent_right, more);
    for (gate = 0; gate < 4; gate++) {
        gates[gate] = tml_lstm_half(gates[gate] + more[gate]);
    }
}

/* One step of one batch. */
#define TML_LSTM_STEP(short, type, low, high)                                                     \
    static inline void tml_lstm_step_##short(const tml_lstm_##short##_layer *l, const type *in,   \
                                             type *hidden, int16_t *state, type *out)             \
    {                                                                                             \
        int32_t cell, gates[4];                                                                   \
        for (cell = 0; cell < l->size.cells; cell++) {                                            \
            tml_lstm_gates_##short(l, cell, in, hidden, gates);                                   \
            out[cell] = (type)tml_nn_clamp(tml_lstm_update(&l->cells, gates, state + cell), low,  \
                                           high);                                                 \
        }                                                                                         \
        for (cell = 0; cell < l->size.cells; cell++) {                                            \
            hidden[cell] = out[cell];                                                             \
        }                                                                                         \
    }

TML_LSTM_STEP(s8, int8_t, -128, 127)
TML_LSTM_STEP(s16, int16_t, -32768, 32767)

static inline float tml_lstm_gate_f32(const tml_lstm_f32_layer *l, int32_t gate, int32_t cell,
                                      const float *in, const float *hidden)
{
    const int32_t at = gate * l->size.cells + cell;
    const float *const w = l->input_weights + at * l->size.inputs;
    const float *const u = l->recurrent_weights + at * l->size.cells;
    float a = 0.0f, b = 0.0f;
    int32_t i;
    for (i = 0; i < l->size.inputs; i++) {
        a += in[i] * w[i];
    }
    for (i = 0; i < l->size.cells; i++) {
        b += hidden[i] * u[i];
    }
    return (a + l->bias[at]) + b;
}

static inline void tml_lstm_step_f32(const tml_lstm_f32_layer *l, const float *in, float *hidden,
                                     float *state, float *out)
{
    const tml_unary_f32_layer one = {1};
    int32_t cell;
    for (cell = 0; cell < l->size.cells; cell++) {
        const float forget = tml_lstm_gate_f32(l, 0, cell, in, hidden);
        const float input = tml_lstm_gate_f32(l, 1, cell, in, hidden);
        const float fresh = tml_lstm_gate_f32(l, 2, cell, in, hidden);
        const float output = tml_lstm_gate_f32(l, 3, cell, in, hidden);
        float x = tml_logistic_f32_one(&one, forget) * state[cell];
        x += tml_logistic_f32_one(&one, input) * tml_tanh_f32_one(&one, fresh);
        if (l->clip > 0.0f) {
            x = x < l->clip ? x : l->clip;
            x = x > -l->clip ? x : -l->clip;
        }
        state[cell] = x;
        out[cell] = tml_tanh_f32_one(&one, x) * tml_logistic_f32_one(&one, output);
    }
    for (cell = 0; cell < l->size.cells; cell++) {
        hidden[cell] = out[cell];
    }
}

#define TML_LSTM(short, type, state_type)                                                         \
    TML_NN_KERNEL void tml_lstm_##short(const tml_lstm_##short##_layer *l, const type *in,        \
                                        type *hidden, state_type *state, type *out)               \
    {                                                                                             \
        int32_t batch, step;                                                                      \
        for (batch = 0; batch < l->size.batches; batch++) {                                       \
            for (step = 0; step < l->size.steps; step++) {                                        \
                const int32_t row = batch * l->size.next_batch + step * l->size.next_step;        \
                tml_lstm_step_##short(l, in + row * l->size.inputs, hidden, state,                \
                                      out + row * l->size.cells);                                 \
            }                                                                                     \
            hidden += l->size.cells;                                                              \
            state += l->size.cells;                                                               \
        }                                                                                         \
    }

TML_LSTM(s8, int8_t, int16_t)
TML_LSTM(s16, int16_t, int16_t)
TML_LSTM(f32, float, float)

#endif
