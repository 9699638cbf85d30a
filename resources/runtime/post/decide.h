/* From scores to decisions: the mean of the last `smoothing` score vectors against a threshold.
 * Scores are int8; score q stands for (q + 128) / 256, and the threshold is given in the same
 * numbers. Sums are exact integers. Until `smoothing` vectors have come nothing is decided. */
#ifndef TML_DECIDE_H
#define TML_DECIDE_H

#include "tml_base.h"

enum { TML_DECIDE_NONE = -1 };

typedef struct {
    int8_t *history;                 /* smoothing * n_classes, the caller's */
    int32_t *sums;                   /* n_classes, the caller's */
    uint32_t n_classes;
    uint32_t smoothing;
    int32_t threshold;
    uint32_t filled;
    uint32_t next;
} tml_decide_state;

/* Set the five members above `filled` first. Also forgets what came so far. */
void tml_decide_init(tml_decide_state *state);

/* Add one score vector; returns the class with the highest mean if that mean is at least the
 * threshold (of equals the lowest index), else TML_DECIDE_NONE. */
int tml_decide_step(tml_decide_state *state, const int8_t *scores);

/* The same for k consecutive score vectors (k, n_classes) at once, without state: labels[i] is what
 * the step would return for vector i. At most 127 classes, smoothing 1 to 65536. */
int tml_decide_run(const int8_t *scores, uint32_t k, uint32_t n_classes, uint32_t smoothing,
                   int32_t threshold, int8_t *labels);

#endif
