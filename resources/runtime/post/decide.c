#include "post/decide.h"

void tml_decide_init(tml_decide_state *state)
{
    state->filled = 0;
    state->next = 0;
    for (uint32_t c = 0; c < state->n_classes; c++) {
        state->sums[c] = 0;
    }
}

int tml_decide_step(tml_decide_state *state, const int8_t *scores)
{
    uint32_t n = state->n_classes;
    int8_t *oldest = state->history + state->next * n;
    uint32_t best = 0;
    for (uint32_t c = 0; c < n; c++) {
        if (state->filled == state->smoothing) {
            state->sums[c] -= oldest[c];
        }
        state->sums[c] += scores[c];
        oldest[c] = scores[c];
        if (state->sums[c] > state->sums[best]) {
            best = c;
        }
    }
    state->next = state->next + 1 == state->smoothing ? 0 : state->next + 1;
    if (state->filled < state->smoothing) {
        state->filled++;
    }
    int enough = state->sums[best] >= state->threshold * (int32_t)state->smoothing;
    return state->filled == state->smoothing && enough ? (int)best : TML_DECIDE_NONE;
}

int tml_decide_run(const int8_t *scores, uint32_t k, uint32_t n_classes, uint32_t smoothing,
                   int32_t threshold, int8_t *labels)
{
    if (n_classes == 0 || n_classes > 127 || smoothing == 0 || smoothing > 65536) {
        return TML_ERROR_CONFIG;
    }
    for (uint32_t i = 0; i < k; i++) {
        labels[i] = TML_DECIDE_NONE;
        if (i + 1 < smoothing) {
            continue;
        }
        int32_t best = threshold * (int32_t)smoothing - 1;
        for (uint32_t c = 0; c < n_classes; c++) {
            int32_t sum = 0;
            for (uint32_t j = i + 1 - smoothing; j <= i; j++) {
                sum += scores[j * n_classes + c];
            }
            if (sum > best) {
                best = sum;
                labels[i] = (int8_t)c;
            }
        }
    }
    return TML_OK;
}
