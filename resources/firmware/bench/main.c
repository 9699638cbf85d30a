/* Runs a model on bytes from the serial port: input in, output out, for ever. `bench_model.h` is
 * generated beside it and names the model's functions. */
#include "bench_layers.h"
#include "bench_model.h"
#include "tml_hal.h"
#include "tml_virtual.h"

__attribute__((noinline)) void tml_bench_mark(uint32_t layer)
{
    tml_virtual_barrier();
    TML_SYSTEM_MARK = layer;
}

int main(void)
{
    tml_hal_init();
    for (;;) {
        uint8_t *input = BENCH_INPUT();
        size_t filled = 0;
        while (filled < BENCH_INPUT_BYTES) {
            size_t count = tml_hal_serial_read(input + filled, BENCH_INPUT_BYTES - filled);
            if (count == 0) {
                tml_hal_idle(0);
            }
            filled += count;
        }
        if (BENCH_INVOKE() != 0) {
            TML_SYSTEM_FAULT = 0x101u; /* the model refused to run */
        }
        tml_hal_serial_write(BENCH_OUTPUT(), BENCH_OUTPUT_BYTES);
    }
}
