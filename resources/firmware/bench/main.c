/* Runs a model on bytes from the serial port: inputs in, outputs out, for ever. `bench_model.h` is
 * generated beside it and names the model's functions. */
#include "bench_layers.h"
#include "bench_model.h"
#include "tml_hal.h"
#include "tml_virtual.h"

/* Marks around the inference, beyond all numbers of layers. */
#define BENCH_BEGIN 0x10000u
#define BENCH_END 0x10001u

__attribute__((noinline)) void tml_bench_mark(uint32_t layer)
{
    tml_virtual_barrier();
    TML_SYSTEM_MARK = layer;
}

static void take(void *into, size_t count)
{
    uint8_t *bytes = into;
    size_t filled = 0;
    while (filled < count) {
        size_t got = tml_hal_serial_read(bytes + filled, count - filled);
        if (got == 0) {
            tml_hal_idle(0);
        }
        filled += got;
    }
}

int main(void)
{
    tml_hal_init();
    BENCH_INIT();
    for (;;) {
        int status;
        BENCH_TAKE(take);
        tml_bench_mark(BENCH_BEGIN);
        status = BENCH_INVOKE();
        tml_bench_mark(BENCH_END);
        if (status != 0) {
            TML_SYSTEM_FAULT = 0x101u; /* the model refused to run */
        }
        BENCH_GIVE(tml_hal_serial_write);
    }
}
