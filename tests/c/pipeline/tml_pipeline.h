/* A pipeline simple enough to compute by hand: 50 readings of 2 axes, the features are
 * the readings. */
#ifndef TML_PIPELINE_H
#define TML_PIPELINE_H

#include "tml_base.h"

#define TML_PIPELINE_WINDOW_READINGS 50u
#define TML_PIPELINE_STRIDE_READINGS 20u
#define TML_PIPELINE_AXES 2u
#define TML_PIPELINE_DTYPE TML_FLOAT32
#define TML_PIPELINE_RATE_HZ 0x1.9p+6f
#define TML_PIPELINE_FEATURES 100u
#define TML_PIPELINE_CLASSES 3u
#define TML_PIPELINE_SMOOTHING 2u
#define TML_PIPELINE_THRESHOLD (20)
#define TML_PIPELINE_ID "0123abcd"

extern const char *const tml_pipeline_labels[TML_PIPELINE_CLASSES];
void tml_pipeline_init(void);
int tml_pipeline_features(const tml_window *window, float *features);
int tml_pipeline_classify(const float *features, int8_t *scores);

#endif
