/* What a generated model calls between its layers when it is measured. A function of its own, so
 * that the counts are taken at the border of basic blocks. */
#ifndef TML_BENCH_LAYERS_H
#define TML_BENCH_LAYERS_H

#include <stdint.h>

void tml_bench_mark(uint32_t layer);

#define TML_LAYER(index) tml_bench_mark((uint32_t)(index))

#endif
