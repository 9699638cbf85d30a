/* Counts instructions and cycles: called by the engine at the start of every basic block, 25 million
 * times a second, so it only looks a block up. Unknown blocks are learnt from Python once. */
#include <stdint.h>

typedef struct {
    uint32_t address;
    uint32_t size; /* 0: empty */
    uint32_t instructions;
    uint32_t cycles;
} block_cost;

typedef struct {
    uint64_t instructions;
    uint64_t cycles;
    block_cost *costs;
    void (*learn)(uint32_t address, uint32_t size);
    uint32_t mask;
    uint32_t taken; /* what a taken branch adds */
    uint32_t next;  /* where the block before ends: starting elsewhere means it branched */
} block_counter;

#if defined(_WIN32)
__declspec(dllexport)
#endif
void block_hook(void *engine, uint64_t address, uint32_t size, void *user)
{
    block_counter *counter = user;
    uint32_t start = (uint32_t)address;
    block_cost *cost = &counter->costs[(start >> 1) & counter->mask];

    (void)engine;
    if (cost->address != start || cost->size != size) {
        counter->learn(start, size);
    }
    counter->instructions += cost->instructions;
    counter->cycles += cost->cycles + (start == counter->next ? 0u : counter->taken);
    counter->next = start + size;
}
