#include "collect.h"

int main(void)
{
    tml_collect_init();
    for (;;) {
        tml_collect_step();
    }
}
