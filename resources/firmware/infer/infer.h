/* The program `infer`: runs the trained pipeline on the live sensor, or on windows the PC sends. */
#ifndef TML_INFER_H
#define TML_INFER_H

void tml_infer_init(void);

/* Once round: commands, then readings, a decision when a window is complete, then sleep. */
void tml_infer_step(void);

#endif
