/* Arguments of a compiler as Unix writes them. */

/* The Unix path of a Windows path: absolute or relative, short names (8.3) too; the file need not exist. */
char *unix_path(const char *windows);

/* An argument with the Windows path in it, if there is one: alone, or behind an option (`-IC:\...`), `=`, `,`
   or `@`; the content of a response file is rewritten likewise. */
char *unix_argument(const char *given);
