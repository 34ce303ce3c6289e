/* Transparent huge pages for Python objects and the heap; see huge_pages.c. */
#ifndef TF2EXE_HUGE_PAGES_H
#define TF2EXE_HUGE_PAGES_H

void use_huge_pages(void);

#endif
