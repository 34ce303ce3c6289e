/* Where the interpreter keeps its objects; see arenas.c. */
#ifndef TF2EXE_ARENAS_H
#define TF2EXE_ARENAS_H

void use_huge_pages(void);

#endif
