/* Reset of the virtual boards: vector table, initial memory, floating-point unit, main(). */
#include <stdint.h>

#include "tml_virtual.h"

extern uint32_t tml_stack_top[];
extern uint32_t tml_data_load[], tml_data_start[], tml_data_end[];
extern uint32_t tml_bss_start[], tml_bss_end[];

int main(void);

/* The exception's number is in IPSR; on the virtual board it stops the core with a report. */
static void tml_unexpected(void)
{
    uint32_t number;
    __asm__ volatile("mrs %0, ipsr" : "=r"(number));
    TML_SYSTEM_FAULT = number;
    for (;;) {
    }
}

void tml_reset(void)
{
#ifdef __ARM_FP
    volatile uint32_t *cpacr = (volatile uint32_t *)0xE000ED88u;
    *cpacr |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
    const uint32_t *from = tml_data_load;
    for (uint32_t *to = tml_data_start; to < tml_data_end; ++to) {
        *to = *from++;
    }
    for (uint32_t *to = tml_bss_start; to < tml_bss_end; ++to) {
        *to = 0u;
    }
    (void)main();
    TML_SYSTEM_FAULT = 0x100u; /* main returned */
    for (;;) {
    }
}

typedef union {
    void (*handler)(void);
    uint32_t *stack;
} tml_vector;

__attribute__((section(".vectors"), used)) const tml_vector tml_vectors[16] = {
    {.stack = tml_stack_top},    {.handler = tml_reset},      {.handler = tml_unexpected},
    {.handler = tml_unexpected}, {.handler = tml_unexpected}, {.handler = tml_unexpected},
    {.handler = tml_unexpected}, {.handler = tml_unexpected}, {.handler = tml_unexpected},
    {.handler = tml_unexpected}, {.handler = tml_unexpected}, {.handler = tml_unexpected},
    {.handler = tml_unexpected}, {.handler = tml_unexpected}, {.handler = tml_unexpected},
    {.handler = tml_unexpected},
};
