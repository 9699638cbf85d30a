/* TinyML Studio runtime: READ_VARIABLE and ASSIGN_VARIABLE, copies out of and into what a model
 * remembers from one inference to the next. Values of any type. */
#ifndef TML_NN_VARIABLE_H
#define TML_NN_VARIABLE_H

#include "nn_bytes.h"

typedef struct {
    int32_t bytes;
} tml_variable_layer;

TML_NN_KERNEL void tml_variable_copy(const tml_variable_layer *l, const void *from, void *to)
{
    tml_nn_copy_bytes(from, to, l->bytes);
}

#endif
