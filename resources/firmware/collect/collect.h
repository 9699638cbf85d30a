/* The program `collect`: announces the board and streams its readings to the PC. */
#ifndef TML_COLLECT_H
#define TML_COLLECT_H

void tml_collect_init(void);

/* Once round: commands, then readings, then sleep until there is more to do. */
void tml_collect_step(void);

#endif
