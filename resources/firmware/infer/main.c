#include "infer.h"

int main(void)
{
    tml_infer_init();
    for (;;) {
        tml_infer_step();
    }
}
