#include "dsp/audio_mfcc.h"

#include "dsp/rfft.h"
#include "dsp/window.h"
#include "math/tml_math.h"

#define SMALLEST 1e-10f

static float log_of_energy(float energy)
{
    return tml_logf(energy == 0.0f ? SMALLEST : energy);
}

/* Where loading a frame has come to. */
typedef struct {
    float *out;
    float previous; /* the reading before the next one */
    float sum;      /* of the readings so far */
} emphasis;

/* Readings of consecutive rows less pre_cof times the one before each. */
static void emphasise(const tml_window *window, uint32_t row, uint32_t count, float pre_cof,
                      emphasis *state)
{
    float *out = state->out, previous = state->previous;
    const float *end = out + count;
    if (window->dtype == TML_INT16) {
        const int16_t *data = (const int16_t *)window->data + row;
        int32_t sum = 0;
        while (out < end) {
            int32_t reading = *data++;
            float now = (float)reading;
            sum += reading;
            *out++ = now - pre_cof * previous;
            previous = now;
        }
        state->sum += (float)sum;
    } else {
        const float *data = (const float *)window->data + row;
        float sum = 0.0f;
        while (out < end) {
            float now = *data++;
            sum += now;
            *out++ = now - pre_cof * previous;
            previous = now;
        }
        state->sum += sum;
    }
    state->out = out;
    state->previous = previous;
}

/* One frame's readings after pre-emphasis, zero-padded to the FFT length. The reading before the
 * first of the window is its last one. Returns the sum of the values: pre-emphasis all but removes
 * it, and what is left would be the rounding errors of its terms, so it is had from the readings. */
static float load_frame(const tml_audio_mfcc_config *config, const tml_window *window,
                        uint32_t frame, float *data)
{
    uint32_t first = frame * config->frame_stride, used = config->frame_used, run, i;
    uint32_t row = window->start + first;
    float before = tml_window_get(window, (first == 0 ? config->n_readings : first) - 1, 0);
    float level, sum;
    emphasis state = {data, before, 0.0f};
    if (row >= window->capacity) {
        row -= window->capacity;
    }
    run = window->capacity - row < used ? window->capacity - row : used;
    emphasise(window, row, run, config->pre_cof, &state);
    emphasise(window, 0, used - run, config->pre_cof, &state);
    for (i = used; i < config->fft_length; i++) {
        data[i] = 0.0f;
    }
    level = config->pre_cof_rest * state.sum;
    sum = level + config->pre_cof * (state.previous - before);
    /* what rounding left of two terms that cancel is nothing */
    return sum * sum <= level * level * 0x1p-44f ? 0.0f : sum;
}

/* Logarithms of the mel filters' sums. Between two edges a bin counts to the filter that rises
 * there and to the one that falls there. */
static void mel_filters(const tml_audio_mfcc_config *config, const float *power, float *mel)
{
    const uint16_t *edges = config->edges;
    uint32_t filters = config->num_filters, i;
    float rising_before = 0.0f;
    for (i = 0; i <= filters; i++) {
        uint32_t bin = edges[i], end = edges[i + 1];
        float up = 0.0f, down = (float)(end - bin), rising = 0.0f, falling = 0.0f;
        for (; bin < end; bin++) {
            rising += power[bin] * up;
            falling += power[bin] * down;
            up += 1.0f;
            down -= 1.0f;
        }
        if (i != 0) {
            /* a triangle without a falling side still has its peak */
            falling = edges[i] == end ? power[end] : falling * config->slopes[i];
            mel[i - 1] = log_of_energy(rising_before + falling);
        }
        rising_before = rising * config->slopes[i];
    }
}

/* mel is folded in place: sums in front, differences behind. */
static void cosine_transform(const tml_audio_mfcc_config *config, float *mel, float *row)
{
    uint32_t filters = config->num_filters, half = filters / 2, width = (filters + 1) / 2, i, k;
    const float *weights = config->dct;
    for (i = 0; i < half; i++) {
        float front = mel[i], back = mel[filters - 1 - i];
        mel[i] = front + back;
        mel[filters - 1 - i] = front - back;
    }
    for (k = 1; k < config->num_cepstral; k++, weights += width) {
        float sum = 0.0f;
        if (k & 1u) {
            const float *differences = mel + filters - 1;
            for (i = 0; i < half; i++) {
                sum += weights[i] * differences[-(int32_t)i];
            }
        } else {
            for (i = 0; i < width; i++) {
                sum += weights[i] * mel[i];
            }
        }
        row[k] = sum;
    }
}

/* A running sum with its rounding errors kept beside it, so that a long slide does not drift. */
typedef struct {
    float sum, error;
} exact_sum;

static void add_to(exact_sum *total, float value)
{
    float sum = total->sum + value, part = sum - total->sum;
    total->error += (total->sum - (sum - part)) + (value - part);
    total->sum = sum;
}

/* A walk over the rows of symmetric padding: … 1 0 | 0 1 … n-1 | n-1 n-2 … to any distance. */
typedef struct {
    const float *values;
    uint32_t rows, place; /* place in a period of 2 rows: there and back */
} mirror_walk;

static mirror_walk walk_from(const float *values, uint32_t rows, uint32_t before)
{
    uint32_t back = before % (2 * rows);
    mirror_walk walk = {values, rows, back == 0 ? 0 : 2 * rows - back};
    return walk;
}

static float next_of(mirror_walk *walk)
{
    uint32_t place = walk->place, period = 2 * walk->rows;
    walk->place = place + 1 == period ? 0 : place + 1;
    return walk->values[place < walk->rows ? place : period - 1 - place];
}

/* values[row] - mean over the window around it, written with a stride. */
static void subtract_mean(const tml_audio_mfcc_config *config, const float *values, float *out)
{
    uint32_t rows = config->frames, i;
    mirror_walk coming = walk_from(values, rows, config->win_size / 2), going = coming;
    exact_sum total = {0.0f, 0.0f};
    for (i = 0; i < config->win_size; i++) {
        add_to(&total, next_of(&coming));
    }
    for (i = 0; i < rows; i++, out += config->num_cepstral) {
        *out = values[i] - (total.sum + total.error) * config->win_scale;
        add_to(&total, next_of(&coming));
        add_to(&total, -next_of(&going));
    }
}

/* values[row] / standard deviation over the window around it, written with a stride. */
static void divide_by_deviation(const tml_audio_mfcc_config *config, const float *values,
                                float *out)
{
    uint32_t rows = config->frames, i;
    mirror_walk coming = walk_from(values, rows, config->win_size / 2), going = coming;
    exact_sum total = {0.0f, 0.0f}, squares = {0.0f, 0.0f};
    for (i = 0; i < config->win_size; i++) {
        float value = next_of(&coming);
        add_to(&total, value);
        add_to(&squares, value * value);
    }
    for (i = 0; i < rows; i++, out += config->num_cepstral) {
        float mean = (total.sum + total.error) * config->win_scale, value;
        float variance = (squares.sum + squares.error) * config->win_scale - mean * mean;
        float deviation = variance > 0.0f ? tml_sqrtf(variance) : 0.0f;
        *out = values[i] / (deviation + SMALLEST);
        value = next_of(&coming);
        add_to(&total, value);
        add_to(&squares, value * value);
        value = next_of(&going);
        add_to(&total, -value);
        add_to(&squares, -(value * value));
    }
}

static void normalise(const tml_audio_mfcc_config *config, float *features, float *column)
{
    uint32_t k, row, step = config->num_cepstral;
    for (k = 0; k < step; k++) {
        /* from the first row's value, so that a constant column is exactly zero */
        float origin = features[k];
        for (row = 0; row < config->frames; row++) {
            column[row] = features[row * step + k] - origin;
        }
        subtract_mean(config, column, features + k);
        for (row = 0; row < config->frames; row++) {
            column[row] = features[row * step + k];
        }
        divide_by_deviation(config, column, features + k);
    }
}

int tml_audio_mfcc(const tml_audio_mfcc_config *config, const tml_window *window, float *features,
                   void *scratch)
{
    /* the transform's place is free for the filters' sums, of which there are fewer */
    float *data = scratch, *mel = data, *power = data + config->fft_length, *row = features;
    uint32_t frame, i;
    if (!tml_window_is_valid(window, config->n_readings, 1)) {
        return TML_ERROR_SHAPE;
    }
    for (frame = 0; frame < config->frames; frame++, row += config->num_cepstral) {
        float sum = load_frame(config, window, frame, data), energy = 0.0f;
        tml_rfft_power(data, config->fft_length, config->sine, config->power_scale, power);
        power[0] = sum * sum * config->power_scale;
        for (i = 0; i <= config->fft_length / 2; i++) {
            energy += power[i];
        }
        mel_filters(config, power, mel);
        cosine_transform(config, mel, row);
        row[0] = log_of_energy(energy);
    }
    if (config->win_size != 0) {
        normalise(config, features, data);
    }
    for (i = 0; i < config->frames * config->num_cepstral; i++) {
        features[i] = tml_finite_or_zero(features[i]);
    }
    return TML_OK;
}
